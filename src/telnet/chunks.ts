/** A stream's chunks, one at a time, each valid until the next is asked for: it may be read into one buffer again and again. */
import type { Readable } from "node:stream";

/** Rejects when the stream breaks, once; it ends with the stream. Nobody else listens to its data. */
export function chunksOf(stream: Readable): AsyncIterator<Uint8Array> {
  let wake = (): void => {};
  let chunk: Uint8Array | undefined;
  const onData = (bytes: Buffer): void => {
    stream.pause();
    chunk = bytes;
    wake();
  };
  for (const event of ["end", "close", "error"]) stream.on(event, () => wake());
  stream.on("data", onData).pause();
  return {
    async next() {
      while (!chunk && !stream.readableEnded && !stream.destroyed) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        stream.resume();
        await woken;
      }
      if (!chunk && stream.errored) throw stream.errored;
      const value = chunk;
      chunk = undefined;
      return value ? { value } : { done: true, value: undefined };
    },
  };
}
