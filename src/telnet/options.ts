/** What a session needs of its terminal, and may be told. */
import type { Readable, Writable } from "node:stream";
import type { Choices } from "./choices.ts";
import type { WindowSize } from "../protocol/telnet/terminal.ts";

/**
 * "off": as the user's shell had it. "line": every key arrives at once and nothing is echoed, but a line feed on the
 * screen begins a line. "character": nor does that; the server draws.
 */
export type TerminalMode = "off" | "line" | "character";

/** The user's side. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  /** Whether keys are typed, one at a time. */
  readonly typed: boolean;
  /** Whether the output is a screen; else it is a file's or a program's, and lines end as they do there. */
  readonly screen: boolean;
  size(): WindowSize | undefined;
  /** Calls back after each change of the size, until the returned function is called. */
  onResize(listener: () => void): () => void;
  setMode(mode: TerminalMode): void;
  /** Gives the terminal back to the shell that started us; resolves once we are in the foreground again. */
  suspend?(): Promise<void>;
  /** Runs a line of shell in the terminal; an empty one is a shell to type in. */
  shell?(line: string): Promise<void>;
}

/** The characters that the other end uses. */
export type Charset = "utf-8" | "cp437" | "latin1";

export interface SessionOptions {
  /** Name of the terminal, as TERM has it. @default {"unknown"} */
  terminalType?: string;
  /** Whether the terminal shows 24-bit colours. @default {false} */
  trueColor?: boolean;
  /** USER of NEW-ENVIRON. Default: nothing is told. */
  user?: string;
  /** The byte of the key that opens the prompt; undefined: none does. */
  escape?: number | undefined;
  /** Asks for BINARY: "both" directions or what is sent alone. */
  binary?: "both" | "out";
  charset?: Charset;
  /** Opens the negotiation, as to a telnetd. Else proposals are only answered. @default {false} */
  negotiates?: boolean;
  /** Where the other end is, in words: for `status`. */
  place?: string;
  /** A further line of `status`: what TLS has agreed on. */
  secured?: string;
  /** Why nobody can go where `open` is told to, before the connection that there is is given up. Default: all is tried. */
  objection?(open: readonly string[]): string | undefined;
  /** What is said to the user beside the session: the prompt's answers, a line at a time. */
  say(text: string): void;
  /** The negotiation in words: `< DO NAWS`. */
  trace?(line: string): void;
  /** A GMCP message of a MUD's. */
  onGmcp?(name: string, value: unknown): void;
  /** What was chosen at the prompt, and is; it goes before `user`, `escape` and `binary`. Default: nothing yet. */
  choices?: Choices;
  /** Is told of the end, before the terminal is given back. */
  onClose?(counts: Counts): void;
  signal?: AbortSignal;
}

/** How a session ended. */
export type Ending =
  /** The user has left. `open` is where to go instead, as it was typed. */
  | { readonly reason: "quit"; readonly open?: readonly string[] }
  /** The other end has closed, or the connection broke. */
  | {
      readonly reason: "closed";
      readonly error?: unknown;
      /** It closed after our own input had ended, and so in answer to that. */
      readonly answered?: boolean;
    }
  | { readonly reason: "aborted" };

/** Bytes each way, as they crossed the network, and milliseconds. */
export interface Counts {
  readonly sent: number;
  readonly received: number;
  readonly duration: number;
}
