/** `-o`, `--hex` and `--hex-dump`: what passes, on stderr or in files. */
import { closeSync, fchmodSync, fstatSync } from "node:fs";
import { errnoOf, quote, wrap, type NcxError } from "../core/errors.ts";
import { HEX_FORMATS, hexdump } from "../observe/hexdump.ts";
import { raw } from "../observe/raw.ts";
import { openForWriting, writeAllSync } from "../platform/files.ts";
import type { Observer } from "../stream/connection.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import type { World } from "./world.ts";

/** The dumps that were asked for, and how to close their files. */
export interface Dumps extends Disposable {
  readonly observers: readonly Observer[];
  /** Whether a file could not be written to its end. */
  readonly broken: boolean;
}

/**
 * Opens `-o`, `--hex` and `--hex-dump`. A file that can be written no more is told once, by `onError`, and left: what
 * passes goes on.
 *
 * @throws {NcxError} when a file cannot be opened.
 */
export function openDumps(args: Args, world: World, onError: (error: NcxError) => void): Dumps {
  const files: OutputFile[] = [];
  const open = (path: string): OutputFile => {
    const file = new OutputFile(path, args.appendOutput ? "a" : "w", onError);
    files.push(file);
    return file;
  };
  const observers: Observer[] = [];
  const format = HEX_FORMATS[PERSONALITIES[args.personality].hexFormat];
  if (args.output !== undefined) {
    const file = open(args.output);
    observers.push(raw((chunk) => file.write(chunk)));
  }
  if (args.hexDump !== undefined) {
    const file = open(args.hexDump);
    observers.push(hexdump((text) => file.write(Buffer.from(text)), format));
  }
  if (args.hex) observers.push(hexdump((text) => void world.stderr.write(text), format));
  return {
    observers,
    get broken() {
      return files.some((file) => file.broken);
    },
    [Symbol.dispose]: () => files.forEach((file) => file.close()),
  };
}

/** A file that is written as things happen. */
export class OutputFile {
  readonly #act: string;
  readonly #fd: number;
  readonly #onError: (error: NcxError) => void;
  broken = false;

  constructor(path: string, flags: "a" | "w", onError: (error: NcxError) => void) {
    this.#act = `write to ${quote(path)}`;
    this.#onError = onError;
    try {
      this.#fd = openForWriting(path, flags);
    } catch (error) {
      const hint = errnoOf(error) === "ENXIO" && "let something read this fifo first";
      throw wrap(this.#act, error, { ...(hint && { hint }) });
    }
  }

  /** Nobody else may read it from now on, also where it was there before, and open to all. A device stays as it is. */
  keepPrivate(): void {
    try {
      if (fstatSync(this.#fd).isFile()) fchmodSync(this.#fd, 0o600);
    } catch {
      // Somebody else's: its owner has decided who reads it.
    }
  }

  write(chunk: Uint8Array): void {
    if (this.broken) return;
    try {
      writeAllSync(this.#fd, chunk);
    } catch (error) {
      this.broken = true;
      this.#onError(wrap(this.#act, error));
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
