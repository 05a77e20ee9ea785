/**
 * Set-up of every test file: no socket, server, timer or child outlives it, and a warning of Node's fails it.
 * What is still closing gets a moment; what stays is named in the failure.
 */
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll } from "vitest";

const GRACE_MS = 2000;
const WATCHED =
  /^(TCP|UDP|Pipe|TTY|TLS|Timeout|Process|Message|Worker|HTTP|FSEvent|StatWatcher|SignalWrap)/;

const before = resources();
const childrenBefore = children();
const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

// The first hook to be added is the last to run: after those of the file.
afterAll(async () => {
  const deadline = performance.now() + GRACE_MS;
  while (leaks().length > 0 && performance.now() < deadline)
    await delay(20, undefined, { ref: false });
  const faults = [
    ...leaks().map((leak) => `${leak} outlives this file`),
    ...warnings.map((warning) => `warning: ${warning.stack ?? warning.message}`),
  ];
  if (faults.length > 0) throw new Error(faults.join("\n"));
});

function leaks(): string[] {
  const left = resources();
  for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1);
  const orphans = children().filter((pid) => !childrenBefore.includes(pid));
  return [...left, ...orphans.map((pid) => `child ${pid} (${nameOf(pid)})`)];
}

/** What keeps this process alive, by kind. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => WATCHED.test(name));
}

/** Children of any making, those in a terminal of their own included. Empty where the system has no /proc. */
function children(): string[] {
  if (process.platform !== "linux") return [];
  const tasks = readdirSync("/proc/self/task");
  const pids = tasks.flatMap((task) =>
    readIfThere(`/proc/self/task/${task}/children`).trim().split(" "),
  );
  return pids.filter((pid) => pid !== "" && !isDead(pid));
}

/** Ended, though not yet waited for. */
function isDead(pid: string): boolean {
  return /\) [ZX]/.test(readIfThere(`/proc/${pid}/stat`)) || nameOf(pid) === "";
}

function nameOf(pid: string): string {
  return readIfThere(`/proc/${pid}/comm`).trim();
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It has ended meanwhile.
  }
}
