/** Trying again, with a growing wait. */
import { sleep } from "../core/sleep.ts";

export interface RetryOptions {
  /** Attempts after the first. @default {0} */
  retries?: number;
  /** Milliseconds before the second attempt; doubles after each, up to ten seconds. @default {200} */
  delay?: number;
  signal?: AbortSignal;
}

const LONGEST_DELAY = 10_000;

/** Acts until it succeeds, or the attempts are used up: then the last failure is thrown. */
export function retry<T>(act: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  return options.retries ? persist(act, options) : act();
}

async function persist<T>(act: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { retries = 0, delay = 200, signal } = options;
  for (let left = retries, wait = delay; ; left -= 1, wait = Math.min(wait * 2, LONGEST_DELAY)) {
    try {
      return await act();
    } catch (error) {
      if (left <= 0 || signal?.aborted) throw error;
    }
    await sleep(wait, signal);
  }
}
