/** A line that is typed key by key, or comes whole: what it is in the end, and what is to be shown of it. */

/** Bytes that a line may have. */
const MAX_LINE = 256;

const KEY = { end: 0x04, interrupt: 0x03, back: 0x08, lf: 0x0a, cr: 0x0d, kill: 0x15, del: 0x7f };

export interface TypedLineOptions {
  /** Whether the other side sees what it types only if we show it; "typed" finds out by how it comes. */
  readonly echo: () => boolean | "typed";
  /** Whether more of it than the end may be shown. */
  readonly shown: boolean;
  /** The line before ended in CR: an LF that comes first belongs to it. */
  readonly afterReturn: boolean;
}

export interface Typed {
  /** For the one who types. */
  readonly show: Buffer;
  /** "left": ^C, or ^D on an empty line. */
  readonly over?: "whole" | "long" | "left";
  /** What came after the line's end. */
  readonly rest: Buffer;
}

const NOTHING = Buffer.alloc(0);

export class TypedLine {
  readonly #options: TypedLineOptions;
  #bytes: number[] = [];
  #swallowsLf: boolean;
  /** Keys came without a line's end: nobody but us shows them. */
  #byKey = false;
  endedInReturn = false;

  constructor(options: TypedLineOptions) {
    this.#options = options;
    this.#swallowsLf = options.afterReturn;
  }

  text(): Buffer {
    return Buffer.from(this.#bytes);
  }

  push(chunk: Buffer): Typed {
    const { echo, shown } = this.#options;
    this.#byKey ||= !chunk.includes(KEY.lf) && chunk.length > 0;
    const asked = echo();
    const echoes = asked === "typed" ? this.#byKey : asked;
    const show: number[] = [];
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      const swallowed = this.#swallowsLf && byte === KEY.lf;
      this.#swallowsLf = false;
      if (swallowed) continue;
      const over = this.#key(byte, show);
      if (!over) continue;
      this.endedInReturn = byte === KEY.cr;
      let next = at + 1;
      // Here already: it needn't be waited for.
      if (this.endedInReturn && chunk[next] === KEY.lf) {
        this.endedInReturn = false;
        next += 1;
      }
      const seen = echoes && shown ? show : [];
      const end = echoes ? [KEY.cr, KEY.lf] : [];
      return { show: Buffer.from([...seen, ...end]), over, rest: chunk.subarray(next) };
    }
    return { show: echoes && shown ? Buffer.from(show) : NOTHING, rest: NOTHING };
  }

  #key(byte: number, show: number[]): Typed["over"] {
    switch (byte) {
      case KEY.cr:
      case KEY.lf:
        return "whole";
      case KEY.interrupt:
        return "left";
      case KEY.end:
        return this.#bytes.length === 0 ? "left" : undefined;
      case KEY.back:
      case KEY.del:
        if (this.#rubOut()) show.push(0x08, 0x20, 0x08);
        return undefined;
      case KEY.kill:
        while (this.#rubOut()) show.push(0x08, 0x20, 0x08);
        return undefined;
    }
    if (byte < 0x20) return undefined;
    if (this.#bytes.length === MAX_LINE) return "long";
    this.#bytes.push(byte);
    show.push(byte);
    return undefined;
  }

  /** One letter, of however many bytes in UTF-8. */
  #rubOut(): boolean {
    const had = this.#bytes.length > 0;
    let byte = this.#bytes.pop();
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#bytes.pop();
    return had;
  }
}
