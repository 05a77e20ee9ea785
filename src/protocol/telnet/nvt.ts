/** Line ends on the network virtual terminal. RFC 854 p. 11: CR is followed by LF (a new line) or NUL (a bare CR). */

const CR = 13;
const LF = 10;
const NUL = 0;

/**
 * What a received CR LF becomes. "\r\n": stays, for a raw terminal. "\r": the key Enter, for a pty. "\n": a line's end in
 * a file; a CR at the end of a chunk is then kept until it is known what follows.
 */
export type ReceivedNewline = "\r\n" | "\r" | "\n";

/** Turns what was received into text: CR NUL becomes CR, CR LF as said, and a CR without either stays. */
export class NvtDecoder {
  readonly #newline: ReceivedNewline;
  /** The last byte was a CR, and what comes of it is open. */
  #afterCr = false;

  constructor(newline: ReceivedNewline) {
    this.#newline = newline;
  }

  /** The text of these bytes; a view of them where nothing is to be changed. */
  decode(bytes: Uint8Array): Uint8Array {
    if (!this.#afterCr && bytes.indexOf(CR) < 0) return bytes;
    const out = Buffer.allocUnsafe(bytes.length + 1);
    let length = 0;
    for (const byte of bytes) {
      const held = this.#afterCr && this.#newline === "\n";
      const ends = this.#afterCr && (byte === LF || byte === NUL);
      if (held && byte !== LF) out[length++] = CR;
      this.#afterCr = byte === CR;
      if (byte === CR ? this.#newline === "\n" : ends && this.#swallows(byte)) continue;
      out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  /** A CR that was kept, at the end of the stream or where BINARY begins. */
  flush(): Uint8Array {
    const held = this.#afterCr && this.#newline === "\n";
    this.#afterCr = false;
    return held ? Uint8Array.of(CR) : new Uint8Array(0);
  }

  /** Whether the byte after a CR says no more than what the CR was. */
  #swallows(byte: number): boolean {
    return byte === NUL || this.#newline === "\r";
  }
}

export interface SentNewlines {
  /** What a CR that no LF follows becomes. @default {"\r\0"} */
  readonly cr?: "\r\0" | "\r\n";
  /** What an LF that no CR precedes becomes. @default {"\n"} */
  readonly lf?: "\n" | "\r\n";
}

/** Text as the NVT has it; CR LF stays. The same bytes where nothing is to be changed. A 255 is not doubled. */
export function encodeNvt(
  bytes: Uint8Array,
  { cr = "\r\0", lf = "\n" }: SentNewlines = {},
): Uint8Array {
  const plain = bytes.indexOf(CR) < 0 && (lf === "\n" || bytes.indexOf(LF) < 0);
  if (plain) return bytes;
  const out = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF && lf === "\r\n" && bytes[at - 1] !== CR) out[length++] = CR;
    out[length++] = byte;
    if (byte === CR && bytes[at + 1] !== LF) out[length++] = cr === "\r\0" ? NUL : LF;
  }
  return out.subarray(0, length);
}
