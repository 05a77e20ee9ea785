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
  /** The terminal that stdin is, for those who take it over; absent where stdin is none. */
  readonly terminal?: WorldTerminal | undefined;
  /** Asks to stop: no new connections, let those that are there end. */
  readonly stop: AbortSignal;
  /** Insists. */
  readonly abort: AbortSignal;
  /** Nobody reads stdout any more, or it cannot be written. */
  readonly unread: AbortSignal;
}

export interface WorldTerminal {
  /**
   * "off": as the shell had it, which is also how it is left whatever happens. "line": no echo, every key at once, ^C
   * among them; a line feed on the screen begins a line. "character": nor does that.
   */
  setMode(mode: "off" | "line" | "character"): void;
  /** In characters; undefined where stdout is no terminal. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /** Calls back after each change of the size, until the returned function is called. */
  onResize(listener: () => void): () => void;
  /** Stops us as ^Z would, mode "off" meanwhile; resolves when we go on. */
  suspend(): Promise<void>;
  /** Runs a line of shell, or a shell, in the terminal, mode "off" meanwhile. */
  shell(line: string): Promise<void>;
}
