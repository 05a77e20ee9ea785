/** The pause that a full stream asks of whoever writes to it. */
import type { Writable } from "node:stream";

/** Resolves once the stream takes more, or never will. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    function done(): void {
      stream.off("drain", done).off("close", done);
      resolve();
    }
    stream.on("drain", done).on("close", done);
  });
}
