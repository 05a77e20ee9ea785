/** The sending half of an exchange: head and body, at the pace that the stream takes them. */
import { Readable, type Duplex } from "node:stream";
import { drained } from "./drained.ts";
import { encodeChunkSize, encodeLastChunk } from "./encode.ts";
import { HttpError, wrapHttp } from "./error.ts";
import type { BodyFraming } from "./framing.ts";

export type Body = Uint8Array | Readable | undefined;

const CRLF = "\r\n";

/** @throws {HttpError} PROTOCOL when the headers announce another length than the body has. */
export function checkBody(framing: BodyFraming, body: Body): void {
  if (body instanceof Readable || framing.kind !== "length") return;
  const bytes = body?.length ?? 0;
  if (bytes !== framing.bytes) throw wrongLength(bytes, framing.bytes);
}

/**
 * Writes head and body; returns once the stream has taken all, or has closed.
 *
 * @throws {HttpError} `source`: the body cannot be read, or isn't as long as announced.
 */
export async function sendMessage(
  stream: Duplex,
  head: Buffer,
  framing: BodyFraming,
  body: Body,
): Promise<void> {
  if (body === undefined || (body instanceof Uint8Array && body.length === 0)) {
    const whole = framing.kind === "chunked" ? Buffer.concat([head, encodeLastChunk()]) : head;
    if (!stream.write(whole)) await drained(stream);
    return;
  }
  stream.cork();
  stream.write(head);
  if (body instanceof Readable) {
    stream.uncork();
    return sendReadable(stream, framing, body);
  }
  if (framing.kind === "chunked") writeChunk(stream, body);
  else stream.write(body);
  if (framing.kind === "chunked") stream.write(encodeLastChunk());
  stream.uncork();
}

async function sendReadable(stream: Duplex, framing: BodyFraming, body: Readable): Promise<void> {
  const announced = framing.kind === "length" ? framing.bytes : Infinity;
  let sent = 0;
  for await (const data of chunksOf(body, stream)) {
    sent += data.length;
    if (sent > announced) throw wrongLength(sent, announced);
    if (data.length === 0) continue;
    const taken = framing.kind === "chunked" ? writeChunk(stream, data) : stream.write(data);
    if (!taken) await drained(stream);
    if (stream.destroyed) return;
  }
  if (framing.kind === "chunked") stream.write(encodeLastChunk());
  else if (framing.kind === "length" && sent < announced && !stream.destroyed)
    throw wrongLength(sent, announced);
}

async function* chunksOf(body: Readable, stream: Duplex): AsyncGenerator<Buffer> {
  try {
    // A Readable may be in object mode, or have an encoding: text is sent as UTF-8.
    for await (const chunk of body as AsyncIterable<Buffer | string>) {
      yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    }
  } catch (error) {
    // When the stream is gone, the body was stopped on purpose.
    if (stream.destroyed) return;
    throw wrapHttp("source", "read the body to send", error);
  }
}

/** Whether the stream takes more at once. */
function writeChunk(stream: Duplex, data: Uint8Array): boolean {
  stream.cork();
  stream.write(encodeChunkSize(data.length), "latin1");
  stream.write(data);
  const taken = stream.write(CRLF, "latin1");
  stream.uncork();
  return taken;
}

function wrongLength(bytes: number, announced: number): HttpError {
  const state = `it has ${bytes} bytes where ${announced} were announced`;
  return new HttpError("source", "PROTOCOL", `Cannot send the body: ${state}`, { state });
}
