/** The outside as the command line sees it, so that tests can run it in-process with one of their own. */
import type { Readable, Writable } from "node:stream";

export interface World {
  /** The base name that ncx was called by: `ncx`, `nc`, `ncat`. */
  readonly name: string;
  /** The arguments alone. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Width of the terminal that stderr is. */
  readonly columns: number;
  /** Asks to stop: no new connections, let those that are there end. */
  readonly stop: AbortSignal;
  /** Insists. */
  readonly abort: AbortSignal;
}
