/** What a client sends, pulled chunk by chunk. */
import type { Duplex } from "node:stream";
import { NcxError, wrap } from "../../core/errors.ts";

/** Reads a stream on demand. What the client does to the connection meanwhile is known even if nobody pulls. */
export class Intake {
  /** Aborts once the connection is closed, by whomever. */
  readonly gone: AbortSignal;
  readonly #stream: Duplex;
  readonly #gone = new AbortController();
  #wake: () => void = () => {};
  #failure: unknown;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.gone = this.#gone.signal;
    stream.on("readable", this.#onReadable);
    stream.on("end", this.#onEnd);
    stream.on("error", this.#onError);
    stream.on("close", this.#onClose);
    if (stream.closed) this.#onClose();
  }

  /** Whether the client has said that it sends no more. */
  get ended(): boolean {
    return this.#stream.readableEnded;
  }

  /**
   * The next bytes; undefined at the end.
   *
   * @throws {NcxError} RESET or the like when the connection breaks; TIMEOUT at `until`, of performance.now().
   */
  async pull(until: number = Infinity): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null; // in byte mode
      if (chunk) return chunk;
      if (this.#stream.readableEnded) return undefined;
      if (this.gone.aborted) throw this.#broken();
      await this.#woken(until);
    }
  }

  /** Gives bytes back: they come first in the next pull, or to whoever reads the stream after `release`. */
  putBack(rest: Buffer): void {
    if (rest.length > 0) this.#stream.unshift(rest);
  }

  /** Lets go of the stream. */
  release(): void {
    this.#stream.off("readable", this.#onReadable);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("close", this.#onClose);
  }

  async #woken(until: number): Promise<void> {
    const left = until - performance.now();
    if (left <= 0) throw tooLate();
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(tooLate());
      const timer = Number.isFinite(left) ? setTimeout(late, left) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #broken(): NcxError {
    const closed = new NcxError("RESET", "Cannot read from the client: connection closed");
    return this.#failure === undefined ? closed : wrap("read from the client", this.#failure);
  }

  readonly #onReadable = (): void => {
    // Without bytes it is the end, which is told once it is read.
    if (this.#stream.readableLength === 0) this.#stream.read();
    this.#wake();
  };

  readonly #onEnd = (): void => this.#wake();

  readonly #onError = (error: unknown): void => {
    this.#failure ??= error;
  };

  readonly #onClose = (): void => {
    this.#gone.abort();
    this.#wake();
  };
}

function tooLate(): NcxError {
  const state = "the client took too long to say what it wants";
  return new NcxError("TIMEOUT", `Cannot serve the client: ${state}`, { state });
}
