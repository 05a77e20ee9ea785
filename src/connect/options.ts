import type { DialOptions } from "../transport/index.ts";

export interface ConnectOptions extends DialOptions {
  /** Attempts after the first one failed. @default {0} */
  retries?: number;
  /** Milliseconds before the second attempt; doubles after each. @default {200} */
  retryDelay?: number;
}
