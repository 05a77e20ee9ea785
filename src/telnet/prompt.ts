/** `telnet> `: one line, and back to the session. */
import { LineEditor } from "./line-editor.ts";
import type { Terminal } from "./options.ts";

/** What one who has never seen it needs to know. */
export const HINT = "(quit leaves, help lists the commands, Enter goes back)\n";

/** What was typed: a command, or nothing more (^D). */
export type PromptLine =
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "leave" };

export class Prompt {
  readonly #editor: LineEditor;
  #close: () => void = () => {};
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

  close(): void {
    this.#close();
  }
}
