/** Where an HTTP request to a proxy wants to go. RFC 9112 §3.2, RFC 9110 §4.2. */
import { parseHost, parsePort, type TcpEndpoint } from "../../core/endpoint.ts";
import { Rejection } from "./http-answers.ts";

export interface PlainTarget {
  readonly to: TcpEndpoint;
  /** As it was written: what `Host` is to say. */
  readonly authority: string;
  /** What the origin server is asked for. */
  readonly path: string;
}

/** Of CONNECT: `host:port`. @throws {Rejection} 400 */
export function parseAuthority(text: string): TcpEndpoint {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(text) ?? [];
  return placeOf(host, port);
}

/** Of every other method: a whole http URI. @throws {Rejection} 400 */
export function parseAbsolute(method: string, text: string): PlainTarget {
  const [, scheme, authority = "", rest = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(text) ?? [];
  if (scheme === undefined) throw bad("a proxy is asked for a whole URI");
  if (scheme.toLowerCase() !== "http") throw bad("the scheme is not http: use CONNECT");
  // RFC 9110 §4.2.4: where it stands, something is wrong; and it may be a secret.
  if (authority.includes("@")) throw bad("the URI has a user name in it");
  if (rest.includes("#")) throw bad("the URI has a fragment");
  const [, host = "", port = ""] = /^(.*?)(?::(\d*))?$/.exec(authority) ?? [];
  // RFC 9112 §3.2.4: OPTIONS for a whole server.
  if (method === "OPTIONS" && rest === "")
    return { to: placeOf(host, port || "80"), authority, path: "*" };
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { to: placeOf(host, port || "80"), authority, path };
}

function placeOf(host: string, port: string): TcpEndpoint {
  try {
    return { kind: "tcp", host: parseHost(host), port: parsePort(port) };
  } catch (cause) {
    throw bad("the host or port is malformed", cause);
  }
}

function bad(state: string, cause?: unknown): Rejection {
  return new Rejection(400, state, { cause });
}
