/** From flags to what dialling and binding take. */
import { isIP } from "node:net";
import { parseHost } from "../core/endpoint.ts";
import { quote } from "../core/errors.ts";
import { parseTos } from "../core/tos.ts";
import { canSetTos, type BindOptions, type DialOptions } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import { protocolOf, runsProgram, toPort } from "./target.ts";
import { cannot } from "./usage.ts";

/** Milliseconds of silence before TCP keepalive probes, where they are asked for and no other figure is. */
const KEEPALIVE = 60_000;

type Shared = Pick<
  DialOptions & BindOptions,
  "family" | "numeric" | "keepAlive" | "tos" | "broadcast" | "ttl" | "recvBuffer" | "sendBuffer"
>;

/** What dialling and binding both take from the flags. */
export function socketOptions(args: Args): Shared {
  const { ttl, recvBuffer, sendBuffer } = args;
  const family = familyOf(args);
  return {
    ...(family && { family }),
    ...(args.numeric && { numeric: true }),
    // A client that was killed has closed properly: only a probe tells that there is nobody any more.
    ...((args.keepalive || runsProgram(args)) && { keepAlive: KEEPALIVE }),
    ...(args.tos !== undefined && { tos: parseTos(args.tos) }),
    ...(args.broadcast && { broadcast: true }),
    ...(ttl !== undefined && { ttl }),
    ...(recvBuffer !== undefined && { recvBuffer }),
    ...(sendBuffer !== undefined && { sendBuffer }),
  };
}

/** The one that -4 or -6 asks for. @throws {NcxError} USAGE for both. */
export function familyOf({ ipv4, ipv6 }: Args): 4 | 6 | undefined {
  if (ipv4 && ipv6)
    throw cannot("use -4 and -6", "they exclude each other", "leave both away for both");
  if (ipv4) return 4;
  return ipv6 ? 6 : undefined;
}

/** A sentence for each flag that this mode, the sockets of this run, or this Node cannot heed. */
export function unheeded(args: Args): string[] {
  const { mode, udp, unix, broadcast, tos, ttl, recvBuffer, sendBuffer } = args;
  const lines: string[] = [];
  const ignored = (flag: string, reason: string): void =>
    void lines.push(`Ignored ${flag}: ${reason}`);
  if (mode === "listen" && (args.connectTimeout ?? waitToConnect(args)) !== undefined)
    ignored("the connect timeout", "a listener makes no connection; --idle-timeout ends silence");
  if (mode === "connect" && !args.zero) {
    if (args.randomPorts) ignored("--random-ports", "it is for the ports of -z");
    if (args.allOpen) ignored("--all-open", "it is for the ports of -z");
  }
  if (args.maxConns !== undefined && !counts(args))
    ignored("--max-conns", "it counts the clients of -l -k");
  if (args.proxy !== undefined && mode === "listen" && args.proxyType === undefined)
    ignored("--proxy", "a listener makes no connection");
  const without =
    mode === "listen"
      ? args.proxyType === undefined && "this is no proxy; add --proxy-type"
      : args.proxy === undefined && "no proxy was given; add -x or --proxy";
  if (without) for (const flag of ofProxies(args)) ignored(flag, without);
  if (args.appendOutput && args.output === undefined && args.hexDump === undefined)
    ignored("--append-output", "nothing is written; add -o or --hex-dump");
  if (tos !== undefined) parseTos(tos); // what makes no sense is not ignored
  if (tos !== undefined && udp) ignored("-T", "Node cannot set the type of service of UDP sockets");
  else if (tos !== undefined && !canSetTos())
    ignored("-T", "this release of Node cannot set the type of service");
  if (udp && unix) {
    if (ttl !== undefined) ignored("--ttl", "a unix socket has no hop limit");
    if (broadcast) ignored("--broadcast", "a unix socket has no broadcast");
  }
  if (udp) return lines;
  if (ttl !== undefined) ignored("--ttl", "Node sets the hop limit of UDP sockets only");
  if (recvBuffer !== undefined)
    ignored("--recv-buffer", "Node sets the buffers of UDP sockets only");
  if (sendBuffer !== undefined)
    ignored("--send-buffer", "Node sets the buffers of UDP sockets only");
  return lines;
}

/** Flags that are for proxies alone. */
function ofProxies(args: Args): string[] {
  const said = {
    "-X": args.proxyType,
    "-P": args.proxyUser,
    "--proxy-auth": args.proxyAuth,
    "--proxy-dns": args.proxyDns,
    "--allow-target": args.allowTarget,
    "--deny-target": args.denyTarget,
    "--open-proxy": args.openProxy,
  };
  return Object.entries(said).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
}

/** Whether --max-conns means anything: 0 lets nobody in, with -k or without. */
function counts(args: Args): boolean {
  if (args.mode === "relay") return true;
  return args.mode === "listen" && (isMany(args) || args.maxConns === 0);
}

/** `-w`, where it is that and no more. */
function waitToConnect({ personality, wait }: Args): number | undefined {
  return PERSONALITIES[personality].waitIsIdle ? undefined : wait || undefined;
}

/** Whether a listener serves more than one client. */
export function isMany({ keepOpen, broker, chat, maxAccepts = 1 }: Args): boolean {
  return keepOpen === true || broker === true || chat === true || maxAccepts > 1;
}

/** What dialling takes from the flags. */
export function dialOptions(args: Args): DialOptions {
  const timeout = args.connectTimeout ?? (args.wait || undefined);
  const source = {
    ...(args.source !== undefined && { host: sourceHost(args.source, args) }),
    ...(args.port !== undefined && { port: toPort(args.port, protocolOf(args)) }),
  };
  return {
    ...socketOptions(args),
    ...(timeout !== undefined && { timeout }),
    ...(Object.keys(source).length > 0 && { source }),
  };
}

/** Node binds the TCP socket of a dial to numeric addresses only. */
function sourceHost(text: string, args: Args): string {
  if (args.udp && args.unix) return text; // the file of our own socket
  const host = parseHost(text);
  if (args.udp || isIP(host.replace(/%.*$/, "")) !== 0) return host;
  const state = "the source address is no numeric address";
  throw cannot(`use -s ${quote(text)}`, state, "give the address itself");
}
