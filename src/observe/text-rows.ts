/** Bytes as rows of text that move no cursor: one a line, whatever the chunks. */
import { isUtf8 } from "node:buffer";

const LF = 0x0a;

/** Bytes of a row: a longer line goes on in the next one. At most so much of an unended line is held. */
export const MAX_ROW: number = 4096;

export interface Row {
  /** Of its first byte. */
  readonly offset: number;
  /** Without the line feed. */
  readonly text: string;
}

/** Cuts one direction's bytes into rows. */
export class TextRows {
  #held: Uint8Array = NOTHING;
  /** Of what is held, or else of what comes next. */
  #offset = 0;

  /** Bytes of a line that has not ended yet. */
  get held(): number {
    return this.#held.length;
  }

  /** The rows that have ended with this chunk. */
  push(chunk: Uint8Array): Row[] {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    const rows: Row[] = [];
    let at = 0;
    for (let feed = bytes.indexOf(LF); ; feed = bytes.indexOf(LF, at)) {
      const end = feed < 0 ? bytes.length : feed;
      while (end - at > MAX_ROW) at = this.#take(rows, bytes, at, at + wholeLetters(bytes, at));
      if (feed < 0) break;
      at = this.#take(rows, bytes, at, end) + 1;
      this.#offset += 1;
    }
    // A copy: the chunk is only lent.
    this.#held = at < bytes.length ? Uint8Array.from(bytes.subarray(at)) : NOTHING;
    return rows;
  }

  /** What is held, as a row. */
  flush(): Row[] {
    const rows: Row[] = [];
    if (this.#held.length > 0) this.#take(rows, this.#held, 0, this.#held.length);
    this.#held = NOTHING;
    return rows;
  }

  /** Leaves out what is held, and so many bytes more. */
  skip(bytes: number): void {
    this.#offset += this.#held.length + bytes;
    this.#held = NOTHING;
  }

  #take(rows: Row[], bytes: Uint8Array, from: number, to: number): number {
    rows.push({ offset: this.#offset, text: visible(bytes.subarray(from, to)) });
    this.#offset += to - from;
    return to;
  }
}

const NOTHING = new Uint8Array();

/** How many bytes a full row has, so that it ends with a whole letter of UTF-8. */
function wholeLetters(bytes: Uint8Array, at: number): number {
  const isMiddle = (size: number): boolean => ((bytes[at + size] ?? 0) & 0xc0) === 0x80;
  for (let size = MAX_ROW; size > MAX_ROW - 4; size -= 1) if (!isMiddle(size)) return size;
  return MAX_ROW;
}

/**
 * Text as it is, all else escaped: `\r`, `\t`, `\x1b`, `\u{9b}`; what is no UTF-8, each of its bytes. What turns the
 * direction of writing or cannot be seen is escaped as well. A backslash stays one.
 */
export function visible(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isUtf8(buffer)) return buffer.toString("latin1").replace(/[^ -~]/g, escaped);
  return buffer.toString().replace(UNSEEN, hidden);
}

/** Controls, formats, private and unassigned letters; the separators of lines. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

function hidden(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  return code < 0x80 ? escaped(letter) : `\\u{${code.toString(16)}}`;
}

function escaped(byte: string): string {
  if (byte === "\r") return "\\r";
  if (byte === "\t") return "\\t";
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
