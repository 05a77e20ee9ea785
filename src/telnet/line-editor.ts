/**
 * Editing a line where the terminal does not: keys in, lines and other wishes out. What is shown goes to
 * `show`, where a line feed begins a line.
 */
import { StringDecoder } from "node:string_decoder";

export type LineEvent =
  /** Enter, or ^D in the middle of a line (which `ends` says). */
  | { readonly type: "line"; readonly text: string; readonly ends: "enter" | "eof" }
  /** ^D at the beginning. */
  | { readonly type: "eof" }
  | { readonly type: "interrupt" }
  | { readonly type: "quit" }
  | { readonly type: "suspend" };

export interface LineEditorOptions {
  show(text: string): undefined;
  /** Whether what is typed is shown; asked at each key. */
  echoes(): boolean;
  /** Whether ^C, ^\ and ^Z are wishes; else they are characters as others. Asked at each key. */
  signals(): boolean;
  /** Whether a control character is shown as itself, and not as ^A. @default no */
  literally?(): boolean;
}

/** Characters of one line; a bell rings for more. */
const MAX_LINE = 4096;

const CONTROLS: Readonly<Record<string, "interrupt" | "quit" | "suspend">> = {
  "\u0003": "interrupt",
  "\u001C": "quit",
  "\u001A": "suspend",
};

export class LineEditor {
  readonly #options: LineEditorOptions;
  readonly #decoder = new StringDecoder("utf8");
  #line: string[] = [];
  #literal = false;
  #afterCr = false;

  constructor(options: LineEditorOptions) {
    this.#options = options;
  }

  /** Takes one byte of what was typed. */
  key(byte: number): LineEvent | undefined {
    let event: LineEvent | undefined;
    for (const character of this.#decoder.write(Buffer.of(byte)))
      event ??= this.#character(character);
    return event;
  }

  /** Whether nothing is typed yet. */
  get empty(): boolean {
    return this.#line.length === 0;
  }

  /** Shows what is typed so far, where something else was shown in between. */
  redraw(): void {
    this.#echo(this.#line.map(shown).join(""));
  }

  /** What was typed and not sent yet; it is forgotten. */
  take(): string {
    const text = this.#line.join("");
    this.#line = [];
    return text;
  }

  #character(character: string): LineEvent | undefined {
    const follows = this.#afterCr && character === "\n";
    this.#afterCr = character === "\r";
    if (follows) return undefined;
    if (this.#literal) {
      this.#literal = false;
      return this.#insert(character);
    }
    const wish = this.#options.signals() ? CONTROLS[character] : undefined;
    if (wish) return this.#wish(wish, character);
    switch (character) {
      case "\r":
      case "\n":
        this.#echo("\n");
        return { type: "line", text: this.take(), ends: "enter" };
      case "\u0004":
        return this.empty ? { type: "eof" } : { type: "line", text: this.take(), ends: "eof" };
      case "\u007F":
      case "\b":
        return this.#erase(1);
      case "\u0015":
        return this.#erase(this.#line.length);
      case "\u0017":
        return this.#erase(this.#line.length - wordStart(this.#line));
      case "\u0012":
        return this.#echo(`\n${this.#line.map(shown).join("")}`);
      case "\u0016":
        this.#literal = true;
        return undefined;
      default:
        return this.#insert(character);
    }
  }

  #wish(type: "interrupt" | "quit" | "suspend", character: string): LineEvent {
    this.#echo(`${shown(character)}\n`);
    this.#line = [];
    return { type };
  }

  #insert(character: string): undefined {
    if (this.#line.length >= MAX_LINE) return this.#options.show("\u0007");
    this.#line.push(character);
    return this.#echo(this.#options.literally?.() ? character : shown(character));
  }

  #erase(count: number): undefined {
    const gone = this.#line.splice(Math.max(this.#line.length - count, 0));
    const width = gone.reduce((sum, character) => sum + widthOf(character), 0);
    return this.#echo("\b \b".repeat(width));
  }

  #echo(text: string): undefined {
    if (text !== "" && this.#options.echoes()) this.#options.show(text);
    return undefined;
  }
}

function wordStart(line: readonly string[]): number {
  let at = line.length;
  while (at > 0 && line[at - 1] === " ") at -= 1;
  while (at > 0 && line[at - 1] !== " ") at -= 1;
  return at;
}

/** ^A for a control character, as a terminal shows it. */
function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 9) return " ";
  return code < 32 || code === 127 ? `^${String.fromCharCode(code ^ 64)}` : character;
}

/** Columns of a character: two for those of East Asia and for pictures, none for marks. */
function widthOf(character: string): number {
  if (shown(character).startsWith("^")) return shown(character).length;
  if (/\p{Mark}/u.test(character)) return 0;
  return /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1;
}
