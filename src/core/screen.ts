/** What a session leaves behind on a terminal's screen: modes that a program has switched on, a line that is not over. */

/** Bytes at a chunk's end that may be the beginning of a sequence. */
const MAX_TAIL = 64;
/** The other screen, mouse and focus reports, pasted text in brackets, application keys. */
const MODES: ReadonlySet<number> = new Set([
  1, 9, 47, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1049, 2004,
]);
const CURSOR = 25;

// oxlint-disable no-control-regex -- control characters are what is looked for
export class Screen {
  readonly #on = new Set<number>();
  #cursorHidden = false;
  #tail = "";
  #atLineStart = true;

  /** This was shown. */
  push(shown: Uint8Array | string): void {
    const chunk =
      typeof shown === "string"
        ? shown
        : Buffer.from(shown.buffer, shown.byteOffset, shown.length).toString("latin1");
    const text = this.#tail + chunk;
    for (const [, numbers = "", end] of text.matchAll(/\u001B\[\?([\d;]+)([hl])/g))
      for (const number of numbers.split(";")) this.#set(Number(number), end === "h");
    this.#tail = /\u001B(\[[\d;?]*)?$/.exec(text.slice(-MAX_TAIL))?.[0] ?? "";
    const printed = text.slice(-MAX_TAIL).replaceAll(/\u001B(\[[\d;?]*[a-zA-Z]?|[=>78]|$)|\r/g, "");
    if (printed !== "") this.#atLineStart = printed.endsWith("\n");
  }

  /** What puts the screen back as it was, and begins a line if the cursor is in the middle of one. */
  restore(): string {
    const modes = [...this.#on].map((mode) => `\u001B[?${mode}l`);
    const screen = [1049, 1047, 47].some((mode) => this.#on.has(mode));
    const keys = this.#on.has(1) ? ["\u001B>"] : [];
    const cursor = this.#cursorHidden ? ["\u001B[?25h"] : [];
    const plain = screen ? ["\u001B[m"] : [];
    const line = this.#atLineStart || screen ? [] : ["\r\n"];
    this.#on.clear();
    this.#cursorHidden = false;
    this.#atLineStart = true;
    return [...plain, ...modes, ...keys, ...cursor, ...line].join("");
  }

  #set(mode: number, on: boolean): void {
    if (mode === CURSOR) this.#cursorHidden = !on;
    else if (!on) this.#on.delete(mode);
    else if (MODES.has(mode)) this.#on.add(mode);
  }
}
