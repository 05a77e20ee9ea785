/** `--record FILE.cast`: one file for each session in a terminal. */
import { accessSync, constants } from "node:fs";
import { dirname, extname } from "node:path";
import { quote, wrap, type NcxError } from "../core/errors.ts";
import { cast, type Cast, type CastOptions } from "../observe/cast.ts";
import type { Args } from "./args.ts";
import { OutputFile } from "./dumps.ts";
import { isMany } from "./socket-options.ts";

export interface Recording extends Cast, Disposable {}

/** Starts the recording of a session. */
export type Record = (options: Omit<CastOptions, "timestamp">) => Recording;

/**
 * What records sessions; undefined without --record. A file that can be written no more is told once, by `onError`, and
 * left.
 *
 * @throws {NcxError} now, when no file can be made there.
 */
export function recordings(args: Args, onError: (error: NcxError) => void): Record | undefined {
  const { record: path } = args;
  if (path === undefined) return undefined;
  const numbered = args.mode === "listen" && isMany(args);
  const only = numbered ? undefined : openFile(path, onError);
  if (numbered) checkFolder(path);
  let number = 0;
  return (options) => {
    const file = only ?? openFile(numberedPath(path, (number += 1)), onError);
    const write = (line: string): void => file.write(Buffer.from(line));
    const recording = cast(write, { ...options, timestamp: Math.floor(Date.now() / 1000) });
    return { ...recording, [Symbol.dispose]: () => file.close() };
  };
}

/** `a.cast` is `a-1.cast`, `a-2.cast`. */
function numberedPath(path: string, number: number): string {
  const end = extname(path);
  return `${path.slice(0, path.length - end.length)}-${number}${end}`;
}

/** What a terminal shows is nobody else's. */
function openFile(path: string, onError: (error: NcxError) => void): OutputFile {
  const file = new OutputFile(path, "w", onError);
  file.keepPrivate();
  return file;
}

function checkFolder(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw wrap(`write to ${quote(path)}`, error);
  }
}
