/** From operands and flags to the place that connect or listen is about. */
import {
  formatEndpoint,
  parseEndpoint,
  parseHost,
  parsePort,
  type Endpoint,
} from "../core/endpoint.ts";
import { NcxError, quote } from "../core/errors.ts";
import { listPorts, parsePortRanges } from "../core/ranges.ts";
import { servicePort, type Protocol } from "../platform/services.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import { cannot } from "./usage.ts";

/** The one place to connect to. @throws {NcxError} USAGE, ADDRESS. */
export function connectTarget(args: Args): Endpoint {
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
  const { operands, port, source } = args;
  if (args.unix) {
    const flag = port !== undefined ? "-p" : source !== undefined ? "-s" : undefined;
    if (flag) throw cannot("listen", `${flag} has no meaning with -U`, "ncx -lU /tmp/a.sock");
    return unixTarget(args, "listen");
  }
  const personality = PERSONALITIES[args.personality];
  if (operands.length > 2) throw cannot("listen", "more than one port was given", "ncx -l 8080");
  if (operands.length > 0 && personality.listenOperands === "peer") {
    throw new NcxError("UNSUPPORTED", "Cannot listen for one peer only: not yet there", {
      hint: "give the port with -p",
    });
  }
  if (source !== undefined && !personality.listenSource)
    throw cannot("listen", "-l and -s are incompatible", "ncx -l host 8080");
  const named = readListenOperands(operands, port, args);
  if (named.endpoint) return named.endpoint;
  const host =
    agree("addresses", named.host, source) ??
    (personality.listenFamily === "ipv4" && !args.ipv6 ? "0.0.0.0" : "*");
  const wanted = agreePorts(args, named.port, port) ?? personality.listenPort;
  if (wanted === undefined)
    throw cannot("listen", "the port is missing", "ncx -l 8080, or -l 0 for any free port");
  return { kind: protocolOf(args), host: host === "*" ? host : parseHost(host), port: wanted };
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
  if (args.udp) {
    throw new NcxError("UNSUPPORTED", "Cannot use -u with -U: Node has no unix datagram sockets", {
      hint: "use -U alone",
    });
  }
  return parseEndpoint(path.startsWith("unix:") ? path : `unix:${path}`);
}

/**
 * The endpoint, if it is one that two processes can meet at.
 *
 * @throws {NcxError} USAGE for memory:name, which is known within its process only.
 */
export function outside(endpoint: Endpoint, act: string): Endpoint {
  let carrier = endpoint;
  while (carrier.kind === "tls") carrier = carrier.over;
  if (carrier.kind !== "memory") return endpoint;
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
