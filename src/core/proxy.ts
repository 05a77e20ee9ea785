/** A proxy to dial through, as plain data, and its text form. */
import { isIPv6 } from "node:net";
import { formatHostPort, parseHost } from "./endpoint.ts";
import { NcxError, quote } from "./errors.ts";

export type ProxyProtocol = "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h";

/**
 * Who looks up the name that a proxy is asked for. "local": we do; "remote": the proxy does; "both": we try, and leave
 * it to the proxy where we don't know it; "none": nobody, only numeric addresses go.
 */
export type ProxyDns = "local" | "remote" | "both" | "none";

export interface Proxy {
  /**
   * http and https: CONNECT (RFC 9110 §9.3.6), the latter over TLS to the proxy. socks4 and socks5 are given numeric
   * addresses, looked up here; socks4a and socks5h, as http, the name itself.
   */
  readonly protocol: ProxyProtocol;
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  /** Never in a message, an event or a dump. */
  readonly password?: string;
  /** Default: as the protocol says. */
  readonly dns?: ProxyDns;
}

const PORTS: Readonly<Record<ProxyProtocol, number>> = {
  http: 3128,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
};

const SCHEMES: Readonly<Record<string, ProxyProtocol>> = {
  http: "http",
  https: "https",
  connect: "http",
  socks: "socks5h",
  socks4: "socks4",
  socks4a: "socks4a",
  socks5: "socks5",
  socks5h: "socks5h",
};

const FORMS = "use socks5://host:1080, http://user:password@host:3128 or the like";

/**
 * Reads `[scheme://][user[:password]@]host[:port]`; user and password are percent-decoded. Ports that aren't given are
 * 1080 for SOCKS, 3128 for http, 443 for https.
 *
 * @param fallback what is spoken where the text has no scheme.
 * @throws {NcxError} ADDRESS; the message has neither user nor password.
 * @example
 * parseProxy("socks5://joe:secret@[::1]:1080"); // { protocol: "socks5", host: "::1", port: 1080, user: "joe", password: "secret" }
 */
export function parseProxy(text: string, fallback: ProxyProtocol = "socks5"): Proxy {
  const scheme = /^([^:/@]*):\/\//.exec(text);
  const name = scheme?.[1]?.toLowerCase() ?? fallback;
  const rest = scheme ? text.slice(scheme[0].length) : text;
  const at = rest.lastIndexOf("@");
  const place = rest.slice(at + 1).replace(/\/$/, "");
  const bad = (state: string): NcxError => {
    const shown = `${scheme?.[0] ?? ""}${at < 0 ? "" : "…@"}${place.replace(/:[^:\]]*$/, ":…")}`;
    const message = `Cannot parse proxy ${quote(shown)}: ${state}`;
    return new NcxError("ADDRESS", message, { hint: FORMS, state });
  };
  const protocol = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (!protocol) throw bad("no proxy is spoken to like this");
  const bare = isIPv6(place) ? [place] : undefined;
  const [host = "", port] = bare ?? /^(\[.*\]|[^:]*)(?::(.*))?$/s.exec(place)?.slice(1) ?? [];
  if (host === "") throw bad("the host is missing");
  if (port !== undefined && !isPort(port)) throw bad("the port must be 1-65535");
  return {
    protocol,
    host: hostOf(host, bad),
    port: port === undefined ? PORTS[protocol] : Number(port),
    ...(at >= 0 && parseLogin(rest.slice(0, at), bad)),
  };
}

/** `socks5://host:1080`: what may be shown of a proxy. User and password may not. */
export function formatProxy({ protocol, host, port }: Proxy): string {
  return `${protocol}://${formatHostPort(host, port)}`;
}

/** Whether it is one of the SOCKS protocols. */
export function isSocks({ protocol }: Proxy): boolean {
  return protocol.startsWith("socks");
}

function parseLogin(
  text: string,
  bad: (state: string) => NcxError,
): { readonly user: string; readonly password?: string } {
  const colon = text.indexOf(":");
  try {
    const user = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    return colon < 0 ? { user } : { user, password: decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    // What exactly is wrong is in the secret.
    throw bad("user and password have a percent sign that is not written as %25");
  }
}

function hostOf(text: string, bad: (state: string) => NcxError): string {
  try {
    return parseHost(text);
  } catch {
    // parseHost quotes what it was given, and a mistyped URL may have the password here.
    throw bad("the host is neither a name nor a numeric address");
  }
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}
