/** The bar of -o on a terminal: one line on stderr that is written over. */
import type { Writable } from "node:stream";
import { formatBytes, formatDuration } from "../../core/units.ts";

/** Milliseconds between two looks. */
const INTERVAL = 200;

export interface Meter {
  /** Bytes of the body so far. */
  readonly received: number;
  /** Bytes in all; undefined where the server doesn't say. */
  readonly announced: number | undefined;
}

/** Draws until the returned function is called, which draws once more and ends the line. */
export function showProgress(stderr: Writable, columns: number, meter: () => Meter): () => void {
  const started = performance.now();
  const draw = (): void => {
    stderr.write(`\r${progressLine(meter(), performance.now() - started, columns - 1)}`);
  };
  const timer = setInterval(draw, INTERVAL);
  return () => {
    clearInterval(timer);
    draw();
    stderr.write("\n");
  };
}

/** `[=====>     ]  50%  512.0 MiB of 1.0 GiB  350.1 MiB/s  1.5 s left`, exactly `width` wide where it fits. */
export function progressLine(
  { received, announced }: Meter,
  elapsed: number,
  width: number,
): string {
  const speed = elapsed > 0 ? received / (elapsed / 1000) : 0;
  const rate = `${formatBytes(Math.round(speed))}/s`;
  if (!announced)
    return `${formatBytes(received)}  ${rate}  ${formatDuration(elapsed)}`
      .padEnd(width)
      .slice(0, width);
  const share = Math.min(received / announced, 1);
  const left =
    speed > 0 ? formatDuration(Math.ceil(((announced - received) / speed) * 10) * 100) : "?";
  const rest = share === 1 ? formatDuration(elapsed) : `${left} left`;
  const facts = `${`${Math.floor(share * 100)}%`.padStart(4)}  ${formatBytes(received)} of ${formatBytes(announced)}  ${rate}  ${rest}`;
  return `${bar(share, width - facts.length - 3)}${facts}`.padEnd(width).slice(0, width);
}

function bar(share: number, width: number): string {
  if (width < 10) return "";
  const done = Math.round(share * (width - 1));
  return `[${"=".repeat(done)}>${" ".repeat(width - 1 - done)}] `;
}
