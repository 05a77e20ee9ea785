/** The header fields of a request: those of its own accord, and those that the caller sets, adds or takes away. */
import type { HeaderList } from "../protocol/http/headers.ts";
import type { PreparedBody } from "./body.ts";
import type { RequestHeaders } from "./options.ts";

/** Names with values; null takes a header away. */
export type OwnHeaders = readonly (readonly [name: string, value: string | null])[];

/** What node:zlib decodes on every Node that is supported. */
const ENCODINGS = "gzip, deflate, br";

export function listHeaders(headers: RequestHeaders = {}): OwnHeaders {
  const pairs =
    Symbol.iterator in headers
      ? [...(headers as Iterable<[string, string | null]>)]
      : Object.entries(headers);
  return pairs.map(([name, value]) => [name, value === null ? null : toOctets(value)]);
}

export interface HeaderParts {
  readonly host: string;
  readonly authorization: string | undefined;
  readonly own: OwnHeaders;
  readonly body: PreparedBody | undefined;
  readonly method: string;
}

/** In curl's order: what names the request, what the caller said, what describes the body. */
export function requestHeaders({
  host,
  authorization,
  own,
  body,
  method,
}: HeaderParts): HeaderList {
  const headers: [string, string][] = [["Host", host]];
  if (authorization !== undefined) headers.push(["Authorization", authorization]);
  headers.push(["User-Agent", "ncx"], ["Accept", "*/*"]);
  // A part of an encoded body could not be decoded by itself.
  if (!sets(own, "range")) headers.push(["Accept-Encoding", ENCODINGS]);
  const kept = headers.filter(([name]) => !sets(own, name));
  for (const [name, value] of own) if (value !== null) kept.push([name, value]);
  if (!sets(own, "content-length") && !sets(own, "transfer-encoding"))
    kept.push(...lengthOf(body, method));
  return kept;
}

/** Whether the caller has decided on this header, be it to take it away. */
export function sets(own: OwnHeaders, name: string): boolean {
  return own.some(([key]) => key.toLowerCase() === name.toLowerCase());
}

// RFC 9110 §8.6: a method that usually has a body says so when it has none.
function lengthOf(body: PreparedBody | undefined, method: string): [string, string][] {
  if (body === undefined)
    return ["POST", "PUT", "PATCH"].includes(method) ? [["Content-Length", "0"]] : [];
  return body.bytes === undefined
    ? [["Transfer-Encoding", "chunked"]]
    : [["Content-Length", String(body.bytes)]];
}

/** The codec takes one character for one octet: what is typed is sent as its UTF-8. */
function toOctets(value: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  return /^[\x00-\x7F]*$/.test(value) ? value : Buffer.from(value).toString("latin1");
}
