/** Where the reply goes: stdout, or the file of -o, which is made only when there is something for it. */
import { closeSync, createWriteStream, fstatSync, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { describe } from "../../core/errors.ts";
import type { Reply } from "../../http/index.ts";
import { writeAllSync } from "../../platform/files.ts";
import { CurlError } from "./_http-exit.ts";

const WRITE_ERROR = 23;

/** Called with the number of bytes that were written. */
export type Count = (bytes: number) => void;

export interface StreamOptions {
  /** Refuse a body whose first chunk has a NUL, as curl does for a terminal. @default {false} */
  textOnly?: boolean;
}

/**
 * Writes a head, which may be empty, and the reply's body.
 *
 * @throws {CurlError} 23 when it cannot be written.
 */
export async function writeToStream(
  stream: Writable,
  head: Buffer,
  reply: Reply | undefined,
  count: Count,
  { textOnly = false }: StreamOptions = {},
): Promise<void> {
  stream.on("error", () => {}); // each write is told by itself
  if (head.length > 0) await write(stream, head);
  let isFirst = true;
  for await (const chunk of (reply?.body ?? []) as AsyncIterable<Buffer>) {
    if (textOnly && isFirst && chunk.includes(0)) throw binary();
    isFirst = false;
    await write(stream, chunk);
    count(chunk.length);
  }
}

/** As {@link writeToStream}. A regular file takes every chunk at once, so the body goes past all queues. */
export async function writeToFile(
  path: string,
  head: Buffer,
  reply: Reply | undefined,
  count: Count,
): Promise<void> {
  const file = attempt(() => openSync(path, "w"));
  if (!attempt(() => fstatSync(file).isFile()))
    return writeToDevice(path, file, head, reply, count);
  try {
    attempt(() => writeAllSync(file, head));
    await reply?.consume((chunk) => {
      attempt(() => writeAllSync(file, chunk));
      count(chunk.length);
    });
  } finally {
    closeSync(file);
  }
}

/** A pipe or a device may keep us waiting, and must not stop timers and signals meanwhile. */
async function writeToDevice(
  path: string,
  fd: number,
  head: Buffer,
  reply: Reply | undefined,
  count: Count,
): Promise<void> {
  const stream = createWriteStream(path, { fd });
  try {
    await writeToStream(stream, head, reply, count);
    await finished(stream.end());
  } finally {
    stream.destroy();
  }
}

function binary(): CurlError {
  const state = "binary output can mess up your terminal";
  const hint = "use -o FILE, or -o - to have it anyway";
  const message = `Failure writing output to destination: ${state}`;
  return new CurlError(WRITE_ERROR, "UNSUPPORTED", message, { state, hint });
}

function write(stream: Writable, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(unwritten(error)) : resolve()));
  });
}

function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw unwritten(error);
  }
}

function unwritten(error: unknown): CurlError {
  const [code, state] = describe(error);
  return new CurlError(WRITE_ERROR, code, `Failure writing output to destination: ${state}`, {
    cause: error,
  });
}
