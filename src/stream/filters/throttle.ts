/** At most so many bytes a second: a token bucket. */
import { Transform } from "node:stream";
import type { Filter } from "../connection.ts";

/** Bytes that may pass at once whatever the rate, though never more than a second's worth. */
const LEAST_BURST = 1024;
/** Milliseconds that a wait takes at least, so that a drizzle of small chunks is not a timer each. */
const LEAST_WAIT = 10;

/**
 * Passes at most `rate` bytes a second, each connection and direction for itself. After a silence a tenth of a second's
 * worth goes at once. A datagram passes whole, and what it takes too much the next one waits for.
 */
export function throttle(rate: number): Filter {
  return ({ framing }) => {
    const bucket = new Bucket(rate);
    const whole = framing === "message";
    let timer: NodeJS.Timeout | undefined;
    return new Transform({
      objectMode: whole,
      transform(chunk: Buffer, _encoding, done) {
        let rest = chunk;
        const pass = (): void => {
          const wait = bucket.waitFor(whole ? 1 : rest.length);
          if (wait > 0) return void (timer = setTimeout(pass, wait));
          const size = whole ? rest.length : Math.min(rest.length, bucket.tokens);
          bucket.take(size);
          this.push(rest.subarray(0, size));
          rest = rest.subarray(size);
          if (rest.length === 0) done();
          else pass();
        };
        pass();
      },
      destroy(error, done) {
        clearTimeout(timer);
        done(error);
      },
    });
  };
}

/** Fills with time, up to its burst. */
class Bucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filled = performance.now();

  constructor(rate: number) {
    this.#rate = rate;
    this.#burst = Math.max(1, Math.min(rate, Math.max(rate / 10, LEAST_BURST)));
    this.#tokens = this.#burst;
  }

  /** Whole bytes that may pass now. */
  get tokens(): number {
    return Math.floor(this.#tokens);
  }

  take(bytes: number): void {
    this.#tokens -= bytes;
  }

  /** Milliseconds until `bytes` may pass, or a burst of them. 0: now. */
  waitFor(bytes: number): number {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) * this.#rate) / 1000);
    this.#filled = now;
    const missing = Math.min(bytes, Math.floor(this.#burst)) - this.#tokens;
    return missing <= 0 ? 0 : Math.max(LEAST_WAIT, Math.ceil((missing * 1000) / this.#rate));
  }
}
