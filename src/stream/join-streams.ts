/** One Duplex of the two streams of a program: what it writes is read, what is written it reads. */
import { Duplex, type Readable, type Writable } from "node:stream";

export interface Halves {
  readonly readable: Readable;
  readonly writable: Writable;
  /** Resolves when whoever is behind both has ended. */
  readonly over: Promise<unknown>;
}

/**
 * Joins two streams. Each half ends when its stream does; but the second of the two ends only when whoever is behind
 * them has ended, who may still have something to do. Whoever does not read what is written loses nothing else by it:
 * it is thrown away. Destroying it destroys both.
 */
export function joinStreams(halves: Halves): Duplex {
  return new JoinedStreams(halves);
}

class JoinedStreams extends Duplex {
  readonly #readable: Readable;
  readonly #writable: Writable;
  #readableEnded = false;
  #writableEnded = false;
  #pushedEnd = false;
  #over = false;
  /** Lets our writable side finish. */
  #finish: (() => void) | undefined;

  constructor({ readable, writable, over }: Halves) {
    super({ allowHalfOpen: true });
    this.#readable = readable;
    this.#writable = writable;
    // Listened to from the start: what a program leaves behind is thrown away by Node where nobody does.
    readable.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onEnd);
    readable.on("error", (error) => this.destroy(error)).pause();
    // EPIPE and its like: it reads no more.
    writable.on("error", () => {});
    void over.then(this.#onOver);
    this.once("end", () => this.#closeIfOver());
  }

  /** As a socket's: a link passes a reset on at once, and does not wait for a program that may never read. */
  resetAndDestroy(): void {
    this.destroy();
  }

  override _read(): void {
    this.#readable.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#writable.destroyed) return done();
    this.#writable.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    const ended = (): void => {
      this.#writableEnded = true;
      this.#finish = done;
      this.#settle();
    };
    if (this.#writable.destroyed) ended();
    else this.#writable.end(() => ended());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#readable.destroy();
    this.#writable.destroy();
    done(error);
  }

  /** Passes on the ends that are due. */
  #settle(): void {
    if (this.#finish && (this.#over || !this.#readableEnded)) {
      const finish = this.#finish;
      this.#finish = undefined;
      finish();
    }
    if (this.#readableEnded && !this.#pushedEnd && (this.#over || !this.#writableEnded)) {
      this.#pushedEnd = true;
      this.push(null);
    }
    this.#closeIfOver();
  }

  /** Nobody is left to write to, and all has been read. */
  #closeIfOver(): void {
    if (this.#over && this.readableEnded) this.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#readable.pause();
  };

  readonly #onEnd = (): void => {
    this.#readableEnded = true;
    this.#settle();
  };

  readonly #onOver = (): void => {
    this.#over = true;
    this.#settle();
  };
}
