/** How two connections are linked. */
import type { Filter, Observer } from "./connection.ts";

/**
 * What the end of a side's input does: end the other side's output, end the whole link, or nothing. "half-close-if-any"
 * is "keep" for an input that ended without a byte, and "half-close" otherwise.
 */
export type Eof = "half-close" | "half-close-if-any" | "close" | "keep";

export interface LinkOptions {
  forward?: readonly Filter[];
  backward?: readonly Filter[];
  observers?: readonly Observer[];
  /** @default {"half-close"} for both */
  eof?: { left?: Eof; right?: Eof };
  /**
   * Once the right side has ended with "close": milliseconds that the left side's input may stay silent before the
   * link ends. Infinity waits for its end. @default {0}
   */
  settle?: number;
  /**
   * Milliseconds to wait for the right side once the left one has ended; for messages, since the last one that came.
   * Default: without limit.
   */
  linger?: number;
  /** Milliseconds without a byte either way after which the link ends. Default: without limit. */
  idle?: number;
  /**
   * `idle` counts only once the left side has ended, and it is this many such silences, in all, that end the link.
   * Default: it counts from the start, and the first one does.
   */
  idleAfterEnd?: number;
  signal?: AbortSignal;
}
