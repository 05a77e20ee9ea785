/** How far a scan is, on one line of the terminal. */
import { formatDuration } from "../../core/units.ts";
import type { World } from "../world.ts";

/** Milliseconds between two looks. */
const PACE = 200;

export interface Progress {
  at(done: number, total: number): void;
  /** Takes the line away. */
  end(): void;
}

export function showProgress({ stderr, columns }: World): Progress {
  const started = performance.now();
  let last = started;
  let shown = false;
  return {
    at(done, total) {
      const now = performance.now();
      if (now - last < PACE || done === 0) return;
      last = now;
      shown = true;
      stderr.write(`\r\u001b[K${progressLine(done, total, now - started).slice(0, columns - 1)}`);
    },
    end() {
      if (shown) stderr.write("\r\u001b[K");
    },
  };
}

/** `34 %, 22,282 of 65,535 ports, 1.2 s left`. */
export function progressLine(done: number, total: number, elapsed: number): string {
  const left = (elapsed / done) * (total - done);
  const [some, all] = [done.toLocaleString("en"), total.toLocaleString("en")];
  return `${Math.floor((100 * done) / total)} %, ${some} of ${all} ports, ${formatDuration(left)} left`;
}
