/** Descriptors: what they are of, and writing to them at once. */
import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from "node:fs";

/** The descriptor of a stream over a regular file. */
export function regularFile(stream: object): number | undefined {
  if (!("fd" in stream) || typeof stream.fd !== "number") return undefined;
  try {
    return fstatSync(stream.fd).isFile() ? stream.fd : undefined;
  } catch {
    return undefined; // a closed descriptor: the stream will say so itself
  }
}

/**
 * Opens a file, made for its owner alone where it isn't there: "w" from its start, "a" at its end.
 *
 * @throws with the system's code; ENXIO for a fifo that nobody reads, which would hold up the whole process.
 */
export function openForWriting(path: string, how: "w" | "a"): number {
  const fifo = statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  const reader = fifo ? openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined;
  try {
    return openSync(path, how, 0o600);
  } finally {
    if (reader !== undefined) closeSync(reader);
  }
}

/** Writes all of a chunk: write(2) may take a part. */
export function writeAllSync(fd: number, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.length;) written += writeSync(fd, chunk, written);
}
