/** Durations and sizes as people write them. Inside ncx, time is milliseconds and size is bytes. */
import { NcxError, quote } from "./errors.ts";

const TIMES: Record<string, number> = {
  "": 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZES: Record<string, number> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
/** setTimeout's own limit: 2^31 - 1 ms, 24.8 days. */
const LONGEST = 2 ** 31 - 1;

/**
 * Reads a duration: a bare number is seconds; ms, s, m, h and d may follow. Returns milliseconds.
 *
 * @throws {NcxError} USAGE when it isn't one, or is longer than 24 days.
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|h|d|)$/i.exec(text);
  const ms = match
    ? Math.round(Number(match[1]) * (TIMES[(match[2] ?? "").toLowerCase()] ?? NaN))
    : NaN;
  if (ms >= 0 && ms <= LONGEST) return ms;
  const state = ms > LONGEST ? "longer than 24 days" : "not a duration";
  throw new NcxError("USAGE", `Cannot parse time ${quote(text)}: ${state}`, {
    hint: "use 10, 1.5s, 500ms, 2m or 1h",
  });
}

/**
 * Reads a size: k, m, g and t are powers of 1024; `kb`, `KiB` and the like mean the same. Returns bytes.
 *
 * @throws {NcxError} USAGE when it isn't one.
 */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*([kmgt]?)(i?b)?$/i.exec(text);
  const bytes = match
    ? Math.round(Number(match[1]) * (SIZES[(match[2] ?? "").toLowerCase()] ?? NaN))
    : NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new NcxError("USAGE", `Cannot parse size ${quote(text)}: not a size`, {
    hint: "use 4096, 64k, 1.5m or 1g",
  });
}

/** `512 B`, `1.2 KiB`, `1023.9 MiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // What would round to 1024.0 is 1.0 of the next unit.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < UNITS.length - 1)
    [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `250 ms`, `1.25 s`, `2 m 5 s`, `3 h 20 m`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const seconds = Number((ms / 1000).toFixed(2));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}
