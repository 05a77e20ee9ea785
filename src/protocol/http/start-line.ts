/** The first lines of requests and responses. RFC 9112 §3, §4. */
import { HttpError } from "./error.ts";

const VERSION = "HTTP/1.";

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
}

export interface StatusLine {
  readonly status: number;
  readonly statusText: string;
  readonly minor: number;
}

/** @throws {HttpError} PROTOCOL, or UNSUPPORTED for another version of HTTP. */
export function parseRequestLine(line: string): RequestLine {
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7E\x80-\xFF]+) HTTP\/(\d)\.(\d)$/.exec(
    line,
  );
  const [, method = "", target = "", major, minor] = match ?? [];
  if (!match) throw bad("PROTOCOL", "request", "the request line is malformed");
  if (major !== "1") throw bad("UNSUPPORTED", "request", `the version is HTTP/${major}.${minor}`);
  // RFC 9112 §3.2: a path, a whole URL, or an asterisk; for CONNECT a host and port.
  const known =
    method === "CONNECT" ? /^[^/?#@]+:\d+$/ : /^(?:\/|\*$|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/;
  if (!known.test(target)) throw bad("PROTOCOL", "request", "the target is malformed");
  return { method, target, minor: Number(minor) };
}

/** @throws {HttpError} PROTOCOL */
export function parseStatusLine(line: string): StatusLine {
  // RFC 9112 §4 has a space even before an empty reason; many servers leave it out.
  const match = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: ([\t\x20-\x7E\x80-\xFF]*))?$/.exec(line);
  if (!match) throw bad("PROTOCOL", "response", "the status line is malformed");
  const [, minor, status, statusText = ""] = match;
  return { status: Number(status), statusText, minor: Number(minor) };
}

/**
 * Checks the beginning of a response, however few bytes of it there are: what isn't HTTP/1 may never send a line end.
 *
 * @throws {HttpError} UNSUPPORTED
 */
export function checkStatusStart(start: Buffer): void {
  const text = start.toString("latin1", 0, VERSION.length);
  if (!VERSION.startsWith(text)) throw bad("UNSUPPORTED", "response", "it is not HTTP/1");
}

function bad(code: "PROTOCOL" | "UNSUPPORTED", what: string, state: string): HttpError {
  return new HttpError("head", code, `Cannot read the HTTP ${what}: ${state}`, { state });
}
