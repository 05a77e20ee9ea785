/**
 * Endpoints: where a connection starts or ends, as plain data, and the text form of each.
 *
 *   8080   host:80   [::1]:80   tcp:host:80   tcp://host:80   udp:5353   unix:/run/a.sock   unix:@name
 *   unix:\\.\pipe\name   unixgram:/run/a.sock   tls:host:443   tls:unix:/run/a.sock   dtls:host:4433
 *   exec:program with\ arguments   sh:a line | for the shell   pty:program   stdio:   -   memory:name
 */
import { isIPv6 } from "node:net";
import { formatCommand, parseCommand } from "./command.ts";
import type { DtlsEndpoint, Endpoint, TlsEndpoint } from "./endpoint-kinds.ts";
import { NcxError, quote } from "./errors.ts";

export type * from "./endpoint-kinds.ts";

export interface ParseEndpointOptions {
  /** The host where the text names only a port. Without it, such a text is an error. */
  host?: string;
  /** The kind where the text names none. @default {"tcp"} */
  kind?: "tcp" | "udp";
  /** Looks a service name up, so that `host:http` works. */
  service?: (name: string, protocol: "tcp" | "udp") => number | undefined;
}

const FORMS = "use host:port, [v6]:port, udp:host:port or unix:/path";
const WEB = "use host:port, or `ncx http URL` for a web address";
const LATER = new Set(["ws", "wss", "socks", "socks4", "socks5", "file"]);
const SERVERNAME = "?servername=";
/** More layers of TLS than this are a mistake, and would be too deep to read. */
const DEEPEST = /^(?:d?tls:(?:\/\/)?){8}/i;

/**
 * Reads the text form of an endpoint.
 *
 * @throws {NcxError} ADDRESS when the text names no place.
 * @example
 * parseEndpoint("example.org:80"); // { kind: "tcp", host: "example.org", port: 80 }
 */
export function parseEndpoint(text: string, options: ParseEndpointOptions = {}): Endpoint {
  if (text === "-") return { kind: "stdio" };
  if (isPath(text)) return parseUnix(text, text, "unix");
  const scheme = /^([a-z][a-z0-9]*):/i.exec(text);
  const kind = scheme?.[1]?.toLowerCase() ?? "";
  const rest = scheme ? text.slice(scheme[0].length) : text;
  switch (kind) {
    case "tcp":
    case "udp":
      return parseHostPort(kind, rest.replace(/^\/\//, ""), text, options);
    case "unix":
    case "unixgram":
      return parseUnix(rest.replace(/^\/\/(?=\/)/, ""), text, kind);
    case "tls":
      return parseTls(kind, rest.replace(/^\/\//, ""), options);
    case "dtls":
      return parseTls(kind, rest.replace(/^\/\//, ""), { ...options, kind: "udp" });
    case "exec":
    case "pty":
      return { kind, command: parseCommand(rest) };
    case "sh":
      if (rest.trim() === "") throw bad(text, "the command is missing", "use sh:COMMAND");
      return { kind, command: rest };
    case "stdio":
      if (rest !== "") throw bad(text, "stdio takes nothing after it", "use stdio: or -");
      return { kind: "stdio" };
    case "memory":
      if (rest === "") throw bad(text, "a memory endpoint needs a name", "use memory:name");
      return { kind: "memory", name: rest };
    default:
      if (LATER.has(kind) && rest !== "" && !isPort(rest, options.kind ?? "tcp", options)) {
        throw new NcxError(
          "UNSUPPORTED",
          `Cannot parse address ${quote(masked(text))}: ${kind}: is not yet there`,
        );
      }
      return parseHostPort(options.kind ?? "tcp", text, text, options);
  }
}

/** The text form of an endpoint: `parseEndpoint(formatEndpoint(e))` equals `e`. */
export function formatEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case "tcp":
    case "udp":
      return `${endpoint.kind}:${formatHostPort(endpoint.host, endpoint.port)}`;
    case "unix":
    case "unixgram": {
      // The "//" of a URL is taken off again; without it a path's own would be.
      const slashes = endpoint.path.startsWith("///") ? "//" : "";
      return `${endpoint.kind}:${slashes}${endpoint.path}`;
    }
    case "tls":
    case "dtls": {
      const over = `${endpoint.kind}:${formatEndpoint(endpoint.over)}`;
      if (endpoint.servername === undefined && !over.includes(SERVERNAME)) return over;
      return `${over}${SERVERNAME}${endpoint.servername ?? ""}`;
    }
    case "exec":
    case "pty":
      return `${endpoint.kind}:${formatCommand(endpoint.command)}`;
    case "sh":
      return `sh:${endpoint.command}`;
    case "stdio":
      return "stdio:";
    case "memory":
      return `memory:${endpoint.name}`;
  }
}

/** What is beneath all TLS: the place that bytes really go to. */
export function carrierOf(endpoint: Endpoint): Exclude<Endpoint, TlsEndpoint | DtlsEndpoint> {
  return endpoint.kind === "tls" || endpoint.kind === "dtls" ? carrierOf(endpoint.over) : endpoint;
}

/** `host:port`, with a numeric v6 host in brackets. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads a port number.
 *
 * @throws {NcxError} ADDRESS when it isn't a whole number from 0 to 65535.
 */
export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  const number = /^[-+]?\d+$/.test(text);
  const state = number ? "out of range" : "not a number or a known service";
  throw new NcxError("ADDRESS", `Cannot parse port ${quote(text)}: ${state}`, {
    hint: number ? "a port is 0-65535" : "a port is 0-65535, or a name that ncx services lists",
  });
}

/**
 * Checks a host name or numeric address; returns it without the brackets of `[v6]`.
 *
 * @throws {NcxError} ADDRESS when it can be neither.
 */
export function parseHost(text: string): string {
  const host = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  if (host === "") throw bad(text, "the host is empty", FORMS);
  if (text !== host && !isIPv6(host)) throw bad(text, "only a v6 address goes in brackets", FORMS);
  if (host.includes(":") && !isIPv6(host)) throw bad(text, "not a v6 address", FORMS);
  if (host.includes("\uFFFD")) throw bad(text, "it is not valid UTF-8", FORMS);
  // RFC 1035 §2.3.4: a name is at most 255 octets, 253 characters as text.
  if (host.length > 253) throw bad(text, "the host is longer than 253 characters", FORMS);
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  const stray = /[\u0000-\u0020\u007F/\\?#@[\]<>"]/.exec(host);
  if (stray) throw bad(text, `the host has a stray ${JSON.stringify(stray[0])}`, FORMS);
  return host;
}

function parseHostPort(
  kind: "tcp" | "udp",
  place: string,
  text: string,
  options: ParseEndpointOptions,
): Endpoint {
  if (place === "") throw bad(text, "it is empty", FORMS);
  if (isPort(place, kind, options)) {
    if (options.host === undefined) throw bad(text, "the host is missing", FORMS);
    return { kind, host: options.host, port: portOf(place, kind, text, options) };
  }
  const match = /^(\[[^\]]*\]|[^:]*):([^:]*)$/.exec(place);
  if (!match || match[2]?.startsWith("//")) throw bad(text, whyNoPlace(place), FORMS);
  const [, host = "", port = ""] = match;
  if (host === "" && options.host === undefined) throw bad(text, "the host is missing", FORMS);
  return {
    kind,
    host: host === "" ? (options.host ?? "") : host === "*" ? host : parseHost(host),
    port: portOf(port, kind, text, options),
  };
}

function whyNoPlace(place: string): string {
  if (/^-?\d+$/.test(place)) return "port must be 0-65535";
  if (place.startsWith("["))
    return place.includes("]") ? "the port is missing" : 'a "]" is missing';
  if (!place.includes(":")) return "the port is missing";
  if (/^[\da-f:.]+(%\w+)?$/i.test(place)) return "a v6 address needs brackets before a port";
  const [kind = ""] = place.split(":", 1);
  return /^[a-z][\w+.-]{0,15}$/i.test(kind)
    ? `"${kind}:" is no kind of address`
    : "it has too many colons";
}

function isPort(place: string, kind: "tcp" | "udp", options: ParseEndpointOptions): boolean {
  if (/^\d+$/.test(place)) return true;
  if (options.host === undefined || !/^[a-z][\w.+-]*$/i.test(place)) return false;
  return options.service?.(place, kind) !== undefined;
}

function portOf(
  port: string,
  kind: "tcp" | "udp",
  text: string,
  options: ParseEndpointOptions,
): number {
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65535) return Number(port);
  if (port === "") throw bad(text, "the port is missing", FORMS);
  const known = /^\D/.test(port) ? options.service?.(port, kind) : undefined;
  if (known !== undefined) return known;
  throw bad(text, "port must be 0-65535", FORMS);
}

function isPath(text: string): boolean {
  return /^(\.{0,2}\/|\\\\[.?]\\pipe\\|@)/.test(text);
}

function parseUnix(path: string, text: string, kind: "unix" | "unixgram"): Endpoint {
  if (path === "" || path === "@")
    throw bad(text, "the path is empty", "use unix:/path or unix:@name");
  if (path.includes("\0")) throw bad(text, "the path has a NUL", "use unix:/path");
  if (path.includes("\uFFFD"))
    throw bad(text, "it is not valid UTF-8", "use unix:/path or unix:@name");
  return { kind, path };
}

function parseTls(kind: "tls" | "dtls", rest: string, options: ParseEndpointOptions): Endpoint {
  if (DEEPEST.test(rest))
    throw bad(`${kind}:${rest}`, "it has more than 8 layers of TLS", `use ${kind}:host:port`);
  const at = rest.lastIndexOf(SERVERNAME);
  const over = parseEndpoint(at < 0 ? rest : rest.slice(0, at), options);
  const servername = at < 0 ? "" : rest.slice(at + SERVERNAME.length);
  return servername === "" ? { kind, over } : { kind, over, servername };
}

function bad(text: string, state: string, hint: string): NcxError {
  return new NcxError("ADDRESS", `Cannot parse address ${quote(masked(text))}: ${state}`, {
    hint: /^https?:\/\//i.test(text) ? WEB : hint,
  });
}

/** `http://joe:…@host`: a password that was typed into an address is not shown. */
function masked(text: string): string {
  const at = text.lastIndexOf("@");
  const user = /^(?:(?:[a-z][\w+.-]*:)?\/\/|(?:tcp|udp|tls):)*[^:/]*:(?=.)/is.exec(
    text.slice(0, Math.max(at, 0)),
  );
  return user ? `${user[0]}…${text.slice(at)}` : text;
}
