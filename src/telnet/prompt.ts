/** `telnet> `: one line, and back to the session. */
import { LineEditor } from "./line-editor.ts";
import type { Terminal } from "./options.ts";

/** What one who has never seen it needs to know. */
export const HINT = "(quit leaves, help lists the commands, Enter goes back)\n";
/** Where there is nothing to go back to. */
export const IDLE_HINT = "(open HOST connects, quit leaves, help lists the commands)\n";

const ESC = 0x1b;

/** What was typed: a command, or nothing more (^D). */
export type PromptLine =
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "leave" };

export class Prompt {
  readonly #editor: LineEditor;
  #close: () => void = () => {};
  #sequence: "begins" | "keys" | undefined;
  /** Resolves once the session goes on. */
  readonly closed: Promise<void>;

  /** Shows it after `before`, which ends the line that the cursor is in. */
  constructor({ output }: Terminal, before: string) {
    this.closed = new Promise((resolve) => (this.#close = resolve));
    const show = (text: string): undefined => void output.write(text);
    this.#editor = new LineEditor({ show, echoes: () => true, signals: () => true });
    show(`${before}telnet> `);
  }

  /** Takes a key; gives the line once there is one. ^C, ^\ and ^Z are an empty one. */
  key(byte: number): PromptLine | undefined {
    if (this.#isSequence(byte)) return undefined;
    const event = this.#editor.key(byte);
    switch (event?.type) {
      case undefined:
        return undefined;
      case "line":
        return { type: "line", text: event.text };
      case "eof":
        return { type: "leave" };
      case "interrupt":
      case "quit":
      case "suspend":
        return { type: "line", text: "" };
    }
  }

  /** An arrow key and its like are several bytes: there is nothing here that they could do. */
  #isSequence(byte: number): boolean {
    const within = this.#sequence;
    const ends = byte < 0x20 || (within === "keys" && byte >= 0x40);
    if (byte === ESC) this.#sequence = "begins";
    else if (within === "begins" && (byte === 0x5b || byte === 0x4f)) this.#sequence = "keys";
    else if (ends || within === "begins") this.#sequence = undefined;
    return byte === ESC || (within !== undefined && byte >= 0x20);
  }

  close(): void {
    this.#close();
  }
}
