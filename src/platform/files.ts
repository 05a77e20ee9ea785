/** Writing to descriptors at once. */
import { writeSync } from "node:fs";

/** Writes all of a chunk: write(2) may take a part. */
export function writeAllSync(fd: number, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.length;) written += writeSync(fd, chunk, written);
}
