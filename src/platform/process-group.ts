/** Signals to other processes, and to a program with all that it has started. */
import { isWindows } from "./limits.ts";

/** Whether a program can be given a group of its own, to be signalled as one. */
export function hasProcessGroups(): boolean {
  return !isWindows();
}

/** Signals every process of a group, or with 0 none; whether there is one left. */
export function signalGroup(leader: number, signal: "SIGHUP" | "SIGKILL" | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false; // all have ended, or belong to somebody else by now
  }
}

/** @throws with Node's code: ESRCH where there is no such process, EPERM where it is another user's. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  process.kill(pid, signal);
}

/** Signals us, and all of our job, as a terminal does for ^C and ^Z. */
export function signalJob(signal: "SIGINT" | "SIGTSTP"): void {
  process.kill(0, signal);
}
