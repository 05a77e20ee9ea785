/** A terminal's echo, taken out of what it shows, for a client that shows what is typed itself (RFC 857). */

/** Bytes of typing that are looked for; more than a terminal takes for a line. */
const MAX_TYPED = 4096;
const CR = 13;

/**
 * The terminal goes on to echo: shells turn that on again for each line. So what was typed last is left out of what is
 * shown next, where that begins with it; nothing else is.
 */
export class EchoFilter {
  #typed: number[] = [];
  #matched = 0;

  /** The client has sent this. */
  typed(bytes: Uint8Array): void {
    for (const byte of bytes) this.#typed.push(...echoOf(byte));
    if (this.#typed.length > MAX_TYPED) this.#forget();
  }

  /** What the client gets of what the terminal shows. What might still be an echo comes with what is shown next. */
  shown(bytes: Uint8Array): Uint8Array {
    for (const [at, byte] of bytes.entries()) {
      if (this.#typed.length === 0) return bytes.subarray(at);
      if (byte !== this.#typed[this.#matched])
        return Buffer.concat([this.#forget(), bytes.subarray(at)]);
      this.#matched += 1;
      if (this.#matched === this.#typed.length) this.#forget();
    }
    return new Uint8Array(0);
  }

  /** Gives what was left out so far. */
  #forget(): Uint8Array {
    const left = Buffer.from(this.#typed.slice(0, this.#matched));
    this.#typed = [];
    this.#matched = 0;
    return left;
  }
}

/** As a terminal has it: CR LF for Enter, and ^C. */
function echoOf(byte: number): number[] {
  if (byte === CR) return [CR, 10];
  return byte < 32 || byte === 127 ? [0x5e, byte ^ 0x40] : [byte];
}
