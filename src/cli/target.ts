/** From operands and flags to the place that connect or listen is about. */
import { addressBytes } from "../core/address-bytes.ts";
import {
  carrierOf,
  formatEndpoint,
  parseEndpoint,
  parseHost,
  parsePort,
  type Endpoint,
} from "../core/endpoint.ts";
import { quote } from "../core/errors.ts";
import { listPorts, parsePortRanges } from "../core/ranges.ts";
import { servicePort, type Protocol } from "../platform/services.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import { cannot } from "./usage.ts";

/** The one place to connect to. @throws {NcxError} USAGE, ADDRESS. */
export function connectTarget(args: Args): Endpoint {
  return overTls(connectCarrier(args), args);
}

/** `--tls` over a place; `-u` makes it DTLS. A place that is TLS already stays as it is. @throws {NcxError} USAGE */
export function overTls(over: Endpoint, args: Args): Endpoint {
  const { udp, tlsServername } = args;
  if (tlsServername === "") {
    const hint = "give the name that the certificate is for";
    throw cannot('use --tls-servername ""', "the name is empty", hint);
  }
  if (over.kind === "tls" || over.kind === "dtls")
    return tlsServername === undefined ? over : { ...over, servername: tlsServername };
  if (!impliesTls(args)) return over;
  const named = tlsServername === undefined ? {} : { servername: tlsServername };
  return { kind: udp ? "dtls" : "tls", over, ...named };
}

/** As with ncat, flags that only mean something with TLS ask for it: whoever gives one does not want to be in clear. */
function impliesTls(args: Args): boolean {
  const { tls, tlsVerify, tlsRequestCert, tlsCert, tlsKey, tlsServername, tlsAlpn } = args;
  const asked = [tls, tlsVerify, tlsRequestCert, tlsCert, tlsKey, tlsServername, tlsAlpn];
  const { insecure, tlsCa, tlsCiphers } = args;
  // An https proxy is spoken to with these, too, and the destination may be plain.
  if (!namesHttpsProxy(args)) asked.push(insecure, tlsCa, tlsCiphers);
  return asked.some((value) => value !== undefined && value !== false);
}

/** Whether TLS is spoken to a proxy on the way. */
export function namesHttpsProxy({ mode, proxy = [], proxyType }: Args): boolean {
  if (mode !== "listen" && proxyType === "https" && proxy.length > 0) return true;
  return proxy.some((text) => /^https:/i.test(text));
}

function connectCarrier(args: Args): Endpoint {
  const [first, ...rest] = args.operands;
  if (first === undefined)
    throw cannot(
      "connect",
      args.unix ? "the path is missing" : "the host is missing",
      args.unix ? "ncx -U /tmp/a.sock" : "ncx host 80",
    );
  if (args.unix) return unixTarget(args, "connect");
  if (rest.length > 1)
    throw cannot("connect", "more than one port was given", "add -z to see which are open");
  const [port] = rest;
  if (port !== undefined)
    return { kind: protocolOf(args), host: parseHost(first), port: dialPort(port, args) };
  if (/[:/@]/.test(first))
    return outside(
      parseEndpoint(first, { kind: protocolOf(args), service: servicePort }),
      "connect",
    );
  const { connectPort } = PERSONALITIES[args.personality];
  if (connectPort !== undefined)
    return { kind: protocolOf(args), host: parseHost(first), port: connectPort };
  const example = /^\d+$/.test(first) ? `ncx localhost ${first}` : `ncx ${first} 80`;
  throw cannot(
    "connect",
    `${quote(first)} alone names no ${/^\d+$/.test(first) ? "host" : "port"}`,
    example,
  );
}

/** The host and ports of -z. @throws {NcxError} USAGE, ADDRESS. */
export function probeTargets(args: Args): { host: string; ports: number[] } {
  const [host, ...ranges] = args.operands;
  if (host === undefined || ranges.length === 0) {
    throw cannot("probe", "the host or the port is missing", "ncx -z host 20-30 443 http");
  }
  const ports = ranges.flatMap((text) =>
    parsePortRanges(text, (name) => servicePort(name, protocolOf(args))),
  );
  return { host: parseHost(host), ports: listPorts(ports) };
}

/** The place to listen on, from every spelling that a netcat knows. @throws {NcxError} USAGE, ADDRESS. */
export function listenTarget(args: Args): Endpoint {
  refuseClients(args);
  return overTls(listenCarrier(args), args);
}

/** Flags about the certificate of a server, which a listener is itself. ncat takes its own one, and does nothing. */
function refuseClients(args: Args): void {
  const { insecure, tlsServername, personality } = args;
  const hint = "leave it away; --tls-request-cert is about the certificates of clients";
  if (insecure && !namesHttpsProxy(args))
    throw cannot("listen with --insecure", "no server's certificate is verified", hint);
  if (tlsServername !== undefined && PERSONALITIES[personality].longs === undefined)
    throw cannot("listen with --tls-servername", "no server is asked for", hint);
}

function listenCarrier(args: Args): Endpoint {
  const { operands, port, source } = args;
  if (args.unix) {
    const flag = port !== undefined ? "-p" : source !== undefined ? "-s" : undefined;
    if (flag) throw cannot("listen", `${flag} has no meaning with -U`, "ncx -lU /tmp/a.sock");
    return unixTarget(args, "listen");
  }
  const personality = PERSONALITIES[args.personality];
  if (operands.length > 2) throw cannot("listen", "more than one port was given", "ncx -l 8080");
  if (source !== undefined && !personality.listenSource)
    throw cannot("listen", "-l and -s are incompatible", "ncx -l host 8080");
  const named = readListenOperands(namesPeer(args) ? [] : operands, port, args);
  if (named.endpoint) return named.endpoint;
  const host = agree("addresses", named.host, source) ?? listenHost(args);
  const wanted = agreePorts(args, named.port, port) ?? personality.listenPort;
  if (wanted === undefined)
    throw cannot("listen", "the port is missing", "ncx -l 8080, or -l 0 for any free port");
  return { kind: protocolOf(args), host: host === "*" ? host : parseHost(host), port: wanted };
}

/** Whether the operands are who alone may connect, rather than where to listen. */
export function namesPeer({ operands, unix, personality }: Args): boolean {
  return operands.length > 0 && !unix && PERSONALITIES[personality].listenOperands === "peer";
}

/** Where a listener binds to which no address was given: what runs a program stays at home. */
function listenHost(args: Args): string {
  const { listenFamily, programsOnLoopback } = PERSONALITIES[args.personality];
  if (programsOnLoopback && !args.public && (runsProgram(args) || args.proxyType !== undefined))
    return "localhost";
  return listenFamily === "ipv4" && !args.ipv6 ? "0.0.0.0" : "*";
}

/** Whether only this machine can reach a place that is listened on. */
export function isAtHome(place: Endpoint): boolean {
  const at = carrierOf(place);
  if (!("host" in at) || /^localhost\.?$/i.test(at.host)) return true;
  const bytes = addressBytes(at.host) ?? [];
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.length === 16 && bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

/** Whether a program takes the terminal's place. */
export function runsProgram({ exec, shExec, luaExec, pty }: Args): boolean {
  return exec !== undefined || shExec !== undefined || luaExec !== undefined || pty === true;
}

interface Named {
  readonly host?: string;
  readonly port?: string;
  readonly endpoint?: Endpoint;
}

function readListenOperands(
  operands: readonly string[],
  port: string | undefined,
  args: Args,
): Named {
  const [first, second] = operands;
  if (first === undefined) return {};
  if (second !== undefined && /^\d+$/.test(first) && /^\d+$/.test(second))
    throw cannot("listen", `two ports were given, ${first} and ${second}`, "give one of them");
  if (second !== undefined) return { host: first, port: second };
  if (/^([a-z]+:|\[|.*\/|@)/i.test(first) || /^[^:]*:[^:]*$/.test(first)) {
    const options = { kind: protocolOf(args), host: "*", service: servicePort };
    const endpoint = outside(parseEndpoint(first, options), "listen");
    if (port === undefined && args.source === undefined) return { endpoint };
    if (!("host" in endpoint))
      throw cannot("listen", `${formatEndpoint(endpoint)} and a port were both given`, "give one");
    return { host: endpoint.host, port: String(endpoint.port) };
  }
  const isPort =
    /^[-+]?\d+$/.test(first) ||
    (port === undefined && servicePort(first, protocolOf(args)) !== undefined);
  if (isPort) return { port: first };
  if (port === undefined && !first.includes(":")) return { port: first }; // and parsePort() says what is wrong with it
  return { host: first };
}

function agree(
  what: string,
  one: string | undefined,
  other: string | undefined,
): string | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  throw cannot("listen", `two ${what} were given, ${one} and ${other}`, "give one of them");
}

function agreePorts(
  args: Args,
  one: string | undefined,
  other: string | undefined,
): number | undefined {
  const [first, second] = [one, other].map((port) =>
    port === undefined ? undefined : toPort(port, protocolOf(args)),
  );
  if (first === undefined || second === undefined || first === second) return first ?? second;
  throw cannot("listen", `two ports were given, ${first} and ${second}`, "give one of them");
}

function unixTarget(args: Args, act: string): Endpoint {
  const [path, extra] = args.operands;
  if (path === undefined) throw cannot(act, "the path is missing", "ncx -U /tmp/a.sock");
  if (extra !== undefined)
    throw cannot(act, `${quote(extra)} is too much: -U takes one path`, "ncx -U /tmp/a.sock");
  const kind = args.udp ? "unixgram" : "unix";
  return parseEndpoint(path.startsWith(`${kind}:`) ? path : `${kind}:${path}`);
}

/**
 * The endpoint, if it is one that two processes can meet at.
 *
 * @throws {NcxError} USAGE for memory:name, which is known within its process only.
 */
export function outside(endpoint: Endpoint, act: string): Endpoint {
  if (carrierOf(endpoint).kind !== "memory") return endpoint;
  const state = `${formatEndpoint(endpoint)} is for the library`;
  throw cannot(act, state, "use host:port or unix:/path");
}

/** A port that can be dialled: a number from 1, or a service. */
function dialPort(text: string, args: Args): number {
  const [first, ...more] = listPorts(
    parsePortRanges(text, (name) => servicePort(name, protocolOf(args))),
  );
  if (first === undefined || more.length > 0)
    throw cannot("connect", "more than one port was given", "add -z to see which are open");
  return first;
}

/** A number from 0, or a service. */
export function toPort(text: string, protocol: Protocol): number {
  return (/^\D/.test(text) ? servicePort(text, protocol) : undefined) ?? parsePort(text);
}

export function protocolOf(args: Args): Protocol {
  return args.udp ? "udp" : "tcp";
}
