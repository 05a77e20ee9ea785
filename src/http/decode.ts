/** Content-Encoding: gzip, deflate, br. RFC 9110 §8.4. Loaded only for a body that has one. */
import { Readable } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
} from "node:zlib";
import type { BrotliDecompress, Gunzip, Inflate, InflateRaw } from "node:zlib";
import { drained } from "../protocol/http/drained.ts";
import { HttpError } from "../protocol/http/error.ts";

type Decoder = Gunzip | Inflate | InflateRaw | BrotliDecompress;

/** Encodings laid over each other that are undone; more are a trick. As in curl. */
const MAX_LAYERS = 5;

/** Undoes `encodings`, listed in the order in which they were applied; undefined where one of them is unknown. */
export function decoderOf(
  encodings: readonly string[],
): ((body: Readable) => Readable) | undefined {
  const layers = encodings.filter((name) => name !== "identity").map((name) => DECODERS.get(name));
  if (layers.length > MAX_LAYERS) throw bad(`there are more than ${MAX_LAYERS} encodings`);
  if (layers.length === 0 || layers.includes(undefined)) return undefined;
  return (body) => layers.reduceRight((inner, make) => (make ? decode(inner, make) : inner), body);
}

const DECODERS = new Map<string, (first: Buffer) => Decoder>([
  ["gzip", () => createGunzip()],
  ["x-gzip", () => createGunzip()],
  ["br", () => createBrotliDecompress()],
  // RFC 9110 §8.4.1.2 means zlib's format; some servers send bare deflate. Zlib's first nibble is 8, its method.
  ["deflate", (first) => ((first[0] ?? 0) % 16 === 8 ? createInflate() : createInflateRaw())],
]);

function decode(body: Readable, make: (first: Buffer) => Decoder): Readable {
  return Readable.from(decoded(body, make), { objectMode: false });
}

async function* decoded(body: Readable, make: (first: Buffer) => Decoder): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>; // a body gives Buffers
  const first = await chunks.next();
  if (first.done) return; // an empty body is not even an empty gzip file
  const decoder = make(first.value);
  const fed = feed(first.value, chunks, decoder);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    body.destroy();
  }
  const failure = await fed;
  if (failure !== undefined) throw failure;
}

/** Passes the body on; resolves to what broke it, after all that had come was decoded as far as it goes. */
async function feed(
  first: Buffer,
  rest: AsyncIterator<Buffer>,
  decoder: Decoder,
): Promise<Error | undefined> {
  try {
    for (let chunk = first, done: boolean | undefined; !done && !decoder.destroyed;) {
      if (!decoder.write(chunk)) await drained(decoder);
      ({ value: chunk, done } = await rest.next());
    }
    decoder.end();
    return undefined;
  } catch (failure) {
    decoder.flush(constants.Z_SYNC_FLUSH, () => decoder.push(null));
    return failure as Error; // what a stream broke with
  }
}

function bad(state: string, cause?: unknown): HttpError {
  return new HttpError("encoding", "PROTOCOL", `Cannot decode the body: ${state}`, {
    cause,
    state,
  });
}
