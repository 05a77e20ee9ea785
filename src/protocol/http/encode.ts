/** Values to bytes: heads, chunks and trailers. RFC 9112 §3, §4, §7.1. */
import { NcxError, quote } from "../../core/errors.ts";
import type { RequestHead, ResponseHead } from "./framing.ts";
import { isFieldValue, isToken, type HeaderList } from "./headers.ts";

/** @throws {NcxError} USAGE when a part would break out of its place. */
export function encodeRequestHead(head: RequestHead): Buffer {
  const { method, target, minor = 1, headers } = head;
  if (!isToken(method))
    throw new NcxError("USAGE", `Cannot send method ${quote(method)}: it is not a token`);
  if (!/^[\x21-\x7E\x80-\xFF]+$/.test(target)) {
    throw new NcxError(
      "USAGE",
      `Cannot send target ${quote(target)}: it is empty, or has a space or control`,
    );
  }
  return encodeHead(`${method} ${target} HTTP/1.${minor}`, headers);
}

/** @throws {NcxError} USAGE when a part would break out of its place. */
export function encodeResponseHead(head: ResponseHead): Buffer {
  const { status, statusText, minor = 1, headers } = head;
  if (!isFieldValue(statusText)) {
    throw new NcxError(
      "USAGE",
      `Cannot send reason ${quote(statusText)}: it has a control character`,
    );
  }
  return encodeHead(`HTTP/1.${minor} ${status} ${statusText}`, headers);
}

/** What goes before a chunk of `size` bytes, which must not be 0; `CRLF` follows the chunk. */
export function encodeChunkSize(size: number): string {
  return `${size.toString(16)}\r\n`;
}

/** @throws {NcxError} USAGE when a trailer would break out of its place. */
export function encodeLastChunk(trailers: HeaderList = []): Buffer {
  return encodeHead("0", trailers);
}

function encodeHead(first: string, headers: HeaderList): Buffer {
  let text = `${first}\r\n`;
  for (const [name, value] of headers) {
    if (!isToken(name))
      throw new NcxError("USAGE", `Cannot send header ${quote(name)}: it is no header name`);
    if (!isFieldValue(value)) {
      // The value may be a secret: it isn't quoted.
      throw new NcxError(
        "USAGE",
        `Cannot send header "${name}": its value has a control or non-latin1 character`,
      );
    }
    text += value === "" ? `${name}:\r\n` : `${name}: ${value}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, "latin1");
}
