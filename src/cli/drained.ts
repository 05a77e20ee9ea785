/** Waiting for whoever reads stdout. */
import type { Writable } from "node:stream";

/** Resolves once there is room for more, or nobody reads any more. */
export function drained(stdout: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of EVENTS) stdout.off(event, done);
      resolve();
    };
    for (const event of EVENTS) stdout.once(event, done);
  });
}

const EVENTS = ["drain", "close", "error"] as const;
