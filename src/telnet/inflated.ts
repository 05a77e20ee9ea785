/** MCCP2: a stream that is deflated from some byte on, and may be plain again after the end of that. */
import { once } from "node:events";
import { createInflate, type Inflate } from "node:zlib";
import { NcxError } from "../core/errors.ts";

/** Bytes that are inflated at a time: however much a few deflated ones become, no more than that waits. */
const CHUNK = 16_384;

/**
 * What `first` and the chunks after it inflate to; returns what follows the end of the deflated part in the chunk that
 * has it, and undefined where the chunks end before.
 *
 * @throws {NcxError} PROTOCOL for what is not deflated.
 */
export async function* inflated(
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, Uint8Array | undefined> {
  const inflate = createInflate({ chunkSize: CHUNK });
  const feeding = feed(inflate, first, chunks);
  feeding.catch(() => {}); // told by the iteration, too
  try {
    yield* inflate.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new NcxError("PROTOCOL", "Cannot inflate what the server sends: not MCCP2", { cause });
  }
  return await feeding;
}

/** Feeds it to its end; gives what was left of the last chunk, or undefined at the end of the chunks. */
async function feed(
  inflate: Inflate,
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): Promise<Uint8Array | undefined> {
  const ended = once(inflate, "end");
  ended.catch(() => {}); // a failure is told by the write, too
  let fed = 0;
  for (let chunk = first; ;) {
    fed += chunk.length;
    await Promise.race([ended, written(inflate, chunk)]);
    // What it has left is not deflated any more.
    const left = fed - inflate.bytesWritten;
    if (left > 0 || inflate.readableEnded) return chunk.subarray(chunk.length - left);
    const next = await chunks.next();
    if (next.done) {
      inflate.end();
      return undefined;
    }
    chunk = next.value;
  }
}

/** Resolves once the chunk is inflated, and read. */
function written(inflate: Inflate, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    inflate.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
