/** Ends a plain HTTP request that has been silent for too long. */
import type { Readable } from "node:stream";

/**
 * Fires `idle` ms after the last `wake`. Once the client has ended its side nothing tells whether it is still there:
 * then it fires after `orphaned` ms in any case.
 */
export class Watchdog {
  readonly signal: AbortSignal;
  readonly #bark = new AbortController();
  readonly #client: Readable;
  readonly #idle: number | undefined;
  readonly #orphaned: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Readable, idle: number | undefined, orphaned: number) {
    this.#client = client;
    this.#idle = idle;
    this.#orphaned = orphaned;
    this.signal = this.#bark.signal;
    client.on("end", this.wake);
    if (client.readableEnded) this.wake();
  }

  /** Something has moved. */
  readonly wake = (): void => {
    clearTimeout(this.#timer);
    const left = this.#client.readableEnded
      ? Math.min(this.#idle ?? Infinity, this.#orphaned)
      : this.#idle;
    if (left !== undefined) this.#timer = setTimeout(this.#late, left);
  };

  stop(): void {
    clearTimeout(this.#timer);
    this.#client.off("end", this.wake);
  }

  readonly #late = (): void => {
    this.#bark.abort(new DOMException("The connection was silent for too long", "TimeoutError"));
  };
}
