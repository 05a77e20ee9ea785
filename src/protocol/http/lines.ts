/** Lines and byte runs out of chunks that may be cut anywhere. */

const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

/** `push` what came, then take lines and bytes until there are none. Pushed bytes must stay as they are until then. */
export class LineReader {
  #input: Buffer = NOTHING;
  #at = 0;
  /** The beginning of a line whose end has not come: copies, in pieces, so that tiny reads cost no more than large ones. */
  #pieces: Buffer[] = [];
  #held = 0;

  /** Whether there are bytes that were not taken yet. */
  get pending(): boolean {
    return this.#held > 0 || this.#at < this.#input.length;
  }

  push(chunk: Buffer): void {
    const rest = this.#input.subarray(this.#at);
    this.#input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#at = 0;
  }

  /** At most `size` bytes, as many as there are; undefined for none. */
  take(size: number): Buffer | undefined {
    if (this.#at === this.#input.length) return undefined;
    const chunk = this.#input.subarray(this.#at, this.#at + size);
    this.#at += chunk.length;
    return chunk;
  }

  /** The next line with its LF; "long" once it has more than `bound` bytes; undefined until it is complete. */
  line(bound: number): Buffer | "long" | undefined {
    const lf = this.#input.indexOf(LF, this.#at);
    const end = lf < 0 ? this.#input.length : lf + 1;
    if (this.#held + end - this.#at > bound) return "long";
    const piece = this.#input.subarray(this.#at, end);
    this.#at = end;
    if (lf >= 0 && this.#held === 0) return piece;
    if (piece.length > 0) this.#hold(piece);
    return lf < 0 ? undefined : this.#release();
  }

  /** The first `size` bytes of what was not taken yet, or as many as there are. */
  peek(size: number): Buffer {
    const fresh = this.#input.subarray(this.#at, this.#at + size);
    if (this.#held === 0) return fresh;
    return Buffer.concat([...this.#pieces.slice(0, size), fresh]).subarray(0, size);
  }

  #hold(piece: Buffer): void {
    this.#pieces.push(Buffer.from(piece));
    this.#held += piece.length;
  }

  #release(): Buffer {
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    return line;
  }
}
