/** How far a scan is, on one line of the terminal. */
import { formatDuration } from "../../core/units.ts";
import type { ScanProgress } from "../../scan/index.ts";
import type { World } from "../world.ts";

/** Milliseconds between two lines. */
const PACE = 180;

export interface Progress {
  at(progress: ScanProgress): void;
  /** Takes the line away. */
  end(): void;
}

export function showProgress({ stderr, columns }: World): Progress {
  let began = performance.now();
  let last = began;
  let phase: ScanProgress["phase"] = "ports";
  let percent = 0;
  let shown = false;
  return {
    at(progress) {
      const now = performance.now();
      if (progress.phase !== phase) [phase, began, percent] = [progress.phase, now, 0];
      if (now - last < PACE) return;
      last = now;
      // Back to fewer would be no progress.
      percent = Math.max(percent, percentOf(progress, now - began));
      shown = true;
      stderr.write(`\r\u001b[K${progressLine(progress, percent).slice(0, columns - 1)}`);
    },
    end() {
      if (shown) stderr.write("\r\u001b[K");
    },
  };
}

/** Of the time, not of the ports: it goes on while ports are silent. All is done when nothing is left, not before. */
export function percentOf({ done, total, left }: ScanProgress, elapsed: number): number {
  if (done >= total) return 100;
  return left === undefined ? 0 : Math.min(99, Math.floor((100 * elapsed) / (elapsed + left)));
}

/** `34 %, 22,282 of 65,535 ports, 2 s left`; `banners: 50 %, 3 of 6 ports, 4 s left`. */
export function progressLine({ phase, done, total, left }: ScanProgress, percent: number): string {
  const [some, all] = [done.toLocaleString("en"), total.toLocaleString("en")];
  const count = `${percent} %, ${some} of ${all} ports`;
  return `${phase === "banners" ? "banners: " : ""}${count}${done < total ? `, ${rest(left)}` : ""}`;
}

function rest(left: number | undefined): string {
  if (left === undefined) return "waiting for the silent ones";
  return left < 1000
    ? "less than 1 s left"
    : `${formatDuration(Math.ceil(left / 1000) * 1000)} left`;
}
