/** Datagrams as a stream: one Buffer a datagram, both ways, never merged and never cut. */
import { Duplex } from "node:stream";
import { formatEndpoint, type Endpoint } from "../core/endpoint.ts";
import { NcxError, wrap } from "../core/errors.ts";
import { MAX_DATAGRAM } from "../stream/filters/datagrams.ts";

/** Bytes that may wait for the reader, as in Linux's own net.core.rmem_default; what comes beyond is dropped. */
export const RECEIVE_QUEUE = 212_992;

/** What each waiting datagram counts on top of its bytes, so that empty ones are bounded as well. */
const DATAGRAM_COST = 256;

/** Datagrams that may be under way before write() says to wait, and before a relay drops. */
const SEND_QUEUE = 64;

/** The way out to the one peer. */
export interface Outlet {
  /** Calls back once the datagram may be forgotten. */
  send(datagram: Uint8Array, sent: (error: Error | null) => void): void;
  /** The stream is gone. Calls back once what it held is free. */
  close(closed: () => void): void;
  /** Where the sender can be held back, instead of dropping: the reader is slow, and later it isn't any more. */
  pause?(): void;
  resume?(): void;
}

/**
 * The two ways of one peer. Datagrams have no end of input, so the readable side ends only when its owner says so; the
 * end of the writable side merely stops the sending. A slow reader loses the newest datagrams, as in the kernel.
 */
export class DatagramStream extends Duplex {
  readonly #peer: Endpoint;
  readonly #outlet: Outlet;
  readonly #largest: number;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #wanted = false;
  #ending = false;
  #dropped = 0;
  #paused = false;

  /** `largest`: the bytes that one datagram holds. */
  constructor(peer: Endpoint, outlet: Outlet, largest: number = MAX_DATAGRAM) {
    super({ objectMode: true, allowHalfOpen: true, writableHighWaterMark: SEND_QUEUE });
    this.#peer = peer;
    this.#outlet = outlet;
    this.#largest = largest;
    // An ICMP error may come while nobody listens; whoever uses the stream next finds it destroyed, with `errored`.
    this.on("error", () => {});
  }

  /** Datagrams that found no place, either way. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A datagram has come from the peer. */
  receive(datagram: Buffer): void {
    if (this.#ending || this.destroyed) return;
    if (this.#wanted) this.#wanted = this.push(datagram);
    else if (this.#outlet.pause) this.#holdBack(datagram);
    else if (this.#waitingBytes + costOf(datagram) > RECEIVE_QUEUE) this.#dropped += 1;
    else this.#keep(datagram);
  }

  /** One datagram may find the queue nearly full, and it is the last. */
  #holdBack(datagram: Buffer): void {
    this.#keep(datagram);
    if (this.#paused || this.#waitingBytes < RECEIVE_QUEUE) return;
    this.#paused = true;
    this.#outlet.pause?.();
  }

  #keep(datagram: Buffer): void {
    this.#waiting.push(datagram);
    this.#waitingBytes += costOf(datagram);
  }

  /** Nothing more will come: the readable side ends after what waits there. */
  endReceiving(): void {
    if (this.#ending || this.destroyed) return;
    this.#ending = true;
    if (this.#wanted) this.push(null);
  }

  /** The socket has reported an error of this peer. */
  fail(error: unknown): void {
    this.destroy(wrap(`reach ${formatEndpoint(this.#peer)}`, error, { endpoint: this.#peer }));
  }

  override _read(): void {
    for (;;) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#waitingBytes -= costOf(next);
      if (!this.push(next)) return void (this.#wanted = false);
    }
    this.#wanted = true;
    if (this.#ending) this.push(null);
    if (!this.#paused) return;
    this.#paused = false;
    this.#outlet.resume?.();
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error) => void): void {
    const datagram = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    if (!(datagram instanceof Uint8Array)) {
      return done(new TypeError("a datagram must be a string or a Uint8Array"));
    }
    if (datagram.length > this.#largest)
      return done(tooLong(this.#peer, datagram.length, this.#largest));
    this.#outlet.send(datagram, (error) => {
      if (error) this.fail(error);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting.length = 0;
    this.#outlet.close(() => done(error));
  }
}

function costOf(datagram: Buffer): number {
  return datagram.length + DATAGRAM_COST;
}

function tooLong(endpoint: Endpoint, length: number, largest: number): NcxError {
  const state = `${length} bytes are more than a datagram holds`;
  const hint = `a datagram is at most ${largest} bytes`;
  return new NcxError("LIMIT", `Cannot send to ${formatEndpoint(endpoint)}: ${state}`, {
    endpoint,
    state,
    hint,
  });
}
