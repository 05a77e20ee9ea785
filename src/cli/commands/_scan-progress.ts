/** How far a scan is, on one line of the terminal. */
import { formatDuration } from "../../core/units.ts";
import type { ScanProgress } from "../../scan/index.ts";
import type { World } from "../world.ts";

/** Milliseconds between two looks. */
const PACE = 200;
/** Milliseconds without any answer after which what is left counts as silent. */
const SILENCE = 500;

export interface Progress {
  at(progress: ScanProgress): void;
  /** Takes the line away. */
  end(): void;
}

/** Written again and again, whether there are answers or not: silent ports take time as well. */
export function showProgress({ stderr, columns }: World): Progress {
  let began = performance.now();
  let heard = began;
  let now: ScanProgress | undefined;
  let percent = 0;
  let shown = false;
  function draw(): void {
    if (!now) return;
    const time = performance.now();
    const left = timeLeft(now, time - began, time - heard);
    // Back to fewer would be no progress.
    percent = Math.max(percent, percentOf(now, time - began, left));
    shown = true;
    stderr.write(`\r\u001b[K${progressLine(now, percent, left).slice(0, columns - 1)}`);
  }
  const timer = setInterval(draw, PACE);
  return {
    at(progress) {
      heard = performance.now();
      if (progress.phase !== now?.phase) [began, percent] = [heard, 0];
      now = progress;
    },
    end() {
      clearInterval(timer);
      if (shown) stderr.write("\r\u001b[K");
    },
  };
}

/**
 * Milliseconds that the rest takes: as what has been done did, or, once nothing is heard any more, as long as silent
 * ports are waited for. Undefined where it takes longer than that: what gets lost is asked again.
 */
export function timeLeft(
  { done, total, atMost }: ScanProgress,
  elapsed: number,
  unheard: number,
): number | undefined {
  const silent = atMost - unheard;
  const pace = done === 0 ? Infinity : (elapsed / done) * (total - done) - unheard;
  const steady = pace > 0 && unheard < Math.max(SILENCE, (2 * elapsed) / done);
  const left = steady ? Math.min(pace, silent) : silent;
  return left > 0 ? left : undefined;
}

/** Of the time, not of the ports: it goes on while ports are silent. All is done when nothing is left, not before. */
export function percentOf(
  { done, total }: ScanProgress,
  elapsed: number,
  left: number | undefined,
): number {
  if (done >= total) return 100;
  return left === undefined ? 0 : Math.min(99, Math.floor((100 * elapsed) / (elapsed + left)));
}

/** `34 %, 22,282 of 65,535 ports, 2 s left`; `banners: 50 %, 3 of 6 ports, 4 s left`. */
export function progressLine(
  { phase, done, total }: ScanProgress,
  percent: number,
  left: number | undefined,
): string {
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
