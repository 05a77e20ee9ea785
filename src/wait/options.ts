/** What waiting takes, and what it does without. */
import { checkOptions } from "../core/arguments.ts";
import type { NcxError } from "../core/errors.ts";
import type { TlsDialOptions } from "../transport/index.ts";
import type { StatusRange } from "./target.ts";

export interface WaitOptions {
  /** Milliseconds to wait in all; 0 is without limit. @default {60000} */
  timeout?: number;
  /** Milliseconds between two attempts at a target. @default {500} */
  interval?: number;
  /** Milliseconds that one attempt may take. @default {5000} */
  connectTimeout?: number;
  /** Wait until they are no longer there. @default {false} */
  gone?: boolean;
  /** One of several targets is enough. @default {false} */
  any?: boolean;
  /** What the target says first, or the body of its HTTP answer, must match; 64 KiB of it are looked at. */
  banner?: RegExp;
  /** HTTP statuses that count as there. @default {[{ first: 200, last: 399 }]} */
  status?: readonly StatusRange[];
  /** Sent to a target that isn't HTTP once it is connected. UDP: @default {a question that the port's service answers} */
  send?: string | Uint8Array;
  family?: 4 | 6;
  /** Numeric addresses only: no name is looked up. @default {false} */
  numeric?: boolean;
  tls?: TlsDialOptions;
  /** A target is there, or with `gone` no longer: after so many milliseconds. */
  onReady?: (target: string, duration: number) => void;
  /**
   * An attempt has failed; the next one follows. With `gone` there is no error where it is still there, and one where
   * that could not be found out.
   */
  onAttempt?: (target: string, error: NcxError | undefined) => void;
  signal?: AbortSignal;
}

/** Milliseconds to wait in all. */
export const DEFAULT_TIMEOUT = 60_000;

type Defaulted = "timeout" | "interval" | "connectTimeout" | "status";

export type Waiting = WaitOptions & Required<Pick<WaitOptions, Defaulted>>;

const DEFAULTS: Required<Pick<WaitOptions, Defaulted>> = {
  timeout: DEFAULT_TIMEOUT,
  interval: 500,
  connectTimeout: 5000,
  status: [{ first: 200, last: 399 }],
};

/** @throws {RangeError} for a time that is none. */
export function completeWait(options: WaitOptions): Waiting {
  checkOptions(options);
  const { interval = DEFAULTS.interval } = options;
  if (!Number.isFinite(interval) || interval < 0)
    throw new RangeError(`interval must be 0 or more milliseconds, not ${interval}`);
  // A pattern with g or y would remember where it was.
  const banner =
    options.banner && new RegExp(options.banner.source, options.banner.flags.replace(/[gy]/g, ""));
  return { ...DEFAULTS, ...options, ...(banner && { banner }) };
}
