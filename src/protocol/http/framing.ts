/** How long a message's body is, and whether its connection can carry another. RFC 9112 §6.3, §9.3. */
import { quote } from "../../core/errors.ts";
import { HttpError } from "./error.ts";
import { headerOf, membersOf, type HeaderList } from "./headers.ts";

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** The minor version: 1 is HTTP/1.1. @default {1} */
  readonly minor?: number;
  readonly headers: HeaderList;
}

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** @default {1} */
  readonly minor?: number;
  readonly headers: HeaderList;
}

export type BodyFraming =
  /** `bytes` 0 means that there is no body. */
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** All that comes until the peer closes. */
  | { readonly kind: "close" }
  /** No longer HTTP: after 101, or a successful CONNECT. */
  | { readonly kind: "tunnel" };

const EMPTY: BodyFraming = { kind: "length", bytes: 0 };

/** @throws {HttpError} PROTOCOL when the length is ambiguous, which is how requests are smuggled. */
export function requestFraming(head: RequestHead): BodyFraming {
  const { codings, length } = lengthFields(head.headers);
  if (codings.length > 0) {
    // RFC 9112 §6.1 and §6.3: without a final "chunked", or in HTTP/1.0, the length cannot be known.
    if (codings.at(-1) !== "chunked") throw bad("the last Transfer-Encoding is not chunked");
    if (head.minor === 0) throw bad("HTTP/1.0 has no Transfer-Encoding");
    return { kind: "chunked" };
  }
  return length ?? EMPTY;
}

/**
 * `method` is that of the request which is answered.
 *
 * @throws {HttpError} PROTOCOL when the length is ambiguous.
 */
export function responseFraming(head: ResponseHead, method: string): BodyFraming {
  const { status } = head;
  // Checked even where they mean nothing: a wrong one shows that the two sides do not agree.
  const { codings, length } = lengthFields(head.headers);
  if (status === 101 || (method === "CONNECT" && status >= 200 && status < 300))
    return { kind: "tunnel" };
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return EMPTY;
  if (codings.length > 0)
    return codings.at(-1) === "chunked" ? { kind: "chunked" } : { kind: "close" };
  return length ?? { kind: "close" };
}

/** Whether this side of the exchange leaves the connection open for the next one. */
export function persists(head: RequestHead | ResponseHead): boolean {
  const options = membersOf(head.headers, "connection");
  if (options.includes("close")) return false;
  if (head.minor !== 0) return true;
  // RFC 9112 §6.1: Transfer-Encoding in HTTP/1.0 means faulty framing; nothing may follow.
  return (
    options.includes("keep-alive") && headerOf(head.headers, "transfer-encoding") === undefined
  );
}

function lengthFields(headers: HeaderList): { codings: string[]; length: BodyFraming | undefined } {
  let codings: string[] | undefined;
  let length: BodyFraming | undefined;
  for (const [name, value] of headers) {
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (length) throw bad("Content-Length is there twice");
      length = parseLength(value);
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      codings ??= membersOf(headers, name);
    }
  }
  if (codings === undefined) return { codings: [], length };
  if (codings.length === 0) throw bad("Transfer-Encoding is empty");
  if (codings.indexOf("chunked") < codings.lastIndexOf("chunked"))
    throw bad("chunked is applied twice");
  // RFC 9112 §6.1: both together are how requests are smuggled, and responses split.
  if (length) throw bad("there are both Content-Length and Transfer-Encoding");
  return { codings, length };
}

function parseLength(value: string): BodyFraming {
  const bytes = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(bytes)) throw bad(`Content-Length is ${quote(value)}`);
  return { kind: "length", bytes };
}

function bad(state: string): HttpError {
  return new HttpError("head", "PROTOCOL", `Cannot tell where the HTTP body ends: ${state}`, {
    state,
  });
}
