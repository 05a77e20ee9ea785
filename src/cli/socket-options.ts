/** From flags to what dialling and binding take. */
import { isIP } from "node:net";
import { parseHost } from "../core/endpoint.ts";
import { quote } from "../core/errors.ts";
import { parseTos } from "../core/tos.ts";
import { canSetTos, type BindOptions, type DialOptions } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import { protocolOf, toPort } from "./target.ts";
import { cannot } from "./usage.ts";

/** Milliseconds between TCP keepalive probes, where they are asked for and no other figure is. */
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
    ...(args.keepalive && { keepAlive: KEEPALIVE }),
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
  const { mode, udp, tos, ttl, recvBuffer, sendBuffer } = args;
  const lines: string[] = [];
  const ignored = (flag: string, reason: string): void =>
    void lines.push(`Ignored ${flag}: ${reason}`);
  if (mode === "listen" && (args.connectTimeout ?? waitToConnect(args)) !== undefined)
    ignored("the connect timeout", "a listener makes no connection; --idle-timeout ends silence");
  if (mode === "connect" && !args.zero) {
    if (args.randomPorts) ignored("--random-ports", "it is for the ports of -z");
    if (args.allOpen) ignored("--all-open", "it is for the ports of -z");
  }
  if (args.maxConns !== undefined && mode !== "relay" && !(mode === "listen" && isMany(args)))
    ignored("--max-conns", "it counts the clients of -l -k");
  if (tos !== undefined) parseTos(tos); // what makes no sense is not ignored
  if (tos !== undefined && udp) ignored("-T", "Node cannot set the type of service of UDP sockets");
  else if (tos !== undefined && !canSetTos())
    ignored("-T", "this release of Node cannot set the type of service");
  if (udp) return lines;
  if (ttl !== undefined) ignored("--ttl", "Node sets the hop limit of UDP sockets only");
  if (recvBuffer !== undefined)
    ignored("--recv-buffer", "Node sets the buffers of UDP sockets only");
  if (sendBuffer !== undefined)
    ignored("--send-buffer", "Node sets the buffers of UDP sockets only");
  return lines;
}

/** `-w`, where it is that and no more. */
function waitToConnect({ personality, wait }: Args): number | undefined {
  return PERSONALITIES[personality].waitIsIdle ? undefined : wait || undefined;
}

/** Whether a listener serves more than one client. */
export function isMany({ keepOpen, maxAccepts = 1 }: Args): boolean {
  return keepOpen === true || maxAccepts > 1;
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
  const host = parseHost(text);
  if (args.udp || isIP(host.replace(/%.*$/, "")) !== 0) return host;
  const state = "the source address is no numeric address";
  throw cannot(`use -s ${quote(text)}`, state, "give the address itself");
}
