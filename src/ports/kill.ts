/** Ending the processes that hold a port: asked first, then made to. */
import { errnoOf } from "../core/errors.ts";
import { sleep } from "../core/sleep.ts";
import { readProcesses } from "../platform/sockets.ts";
import type { PortEntry, PortProcess } from "./options.ts";
import { byIdentity, identityOf } from "./watch.ts";
import { ancestorsOf } from "./why.ts";

/** A process that may be ended, or why it must not be. */
export interface KillTarget {
  readonly process: PortProcess;
  /** The sockets that brought it here. */
  readonly entries: readonly PortEntry[];
  readonly spared?: "init" | "self" | "ancestor";
}

export type KillOutcome =
  /** It ended when asked. */
  | "ended"
  /** It did not, and was killed. */
  | "killed"
  /** It was gone before it was asked. */
  | "gone"
  /** Its number is another process's by now, which is left alone. */
  | "reused"
  /** It has let go of the sockets that brought it here, and is left alone. */
  | "released"
  /** When it was started cannot be told, so neither who has its number now: it is left alone. */
  | "unsure"
  /** This user may not. */
  | "denied"
  /** It is still there, killed as it is: it waits for the kernel. */
  | "stays";

export interface KillOptions {
  /** Sends a signal, as process.kill does; throws where it cannot. */
  send(pid: number, signal: "SIGTERM" | "SIGKILL"): void;
  /** Whether it has its sockets still: without them it is left alone. @default {true} */
  holds?: boolean;
  /** Milliseconds to end by itself, and once more after it was killed. @default {5000} */
  grace?: number;
  signal?: AbortSignal;
}

/** Milliseconds that a process has to end by itself. */
const KILL_GRACE = 5000;
/** Milliseconds before the first look whether it has; twice as many before each further one, up to the longest. */
const FIRST_LOOK = 25;
const LONGEST_LOOK = 200;

/** The processes that hold these sockets, each once. Pid 1, `self` and the processes that started it are spared. */
export async function killTargets(
  entries: readonly PortEntry[],
  self: number,
): Promise<KillTarget[]> {
  const ancestors = new Set(ancestorsOf(self, await readProcesses()).map(({ pid }) => pid));
  const targets = new Map<number, KillTarget & { entries: PortEntry[] }>();
  for (const entry of entries)
    for (const process of entry.processes) {
      const known = targets.get(process.pid);
      if (known) {
        known.entries.push(entry);
        continue;
      }
      const { pid } = process;
      const spared =
        pid <= 1 ? "init" : pid === self ? "self" : ancestors.has(pid) ? "ancestor" : undefined;
      targets.set(pid, { process, entries: [entry], ...(spared && { spared }) });
    }
  return [...targets.values()];
}

/**
 * Whether a later listing has the process at one of its sockets still. A start alone does not tell: it was read a
 * moment after the sockets were, and its number may have been given away between.
 */
export function holdsStill(
  { process: { pid, started }, entries }: KillTarget,
  later: readonly PortEntry[],
): boolean {
  const now = byIdentity(later);
  return entries.some((entry) =>
    now
      .get(identityOf(entry))
      ?.processes.some((holder) => holder.pid === pid && holder.started === started),
  );
}

/** Ends one process: SIGTERM, and after the grace SIGKILL. It has to be the one that was listed, by its start. */
export async function endProcess(
  process: PortProcess,
  { send, holds = true, grace = KILL_GRACE, signal }: KillOptions,
): Promise<KillOutcome> {
  const before = await lookAt(process, signal);
  if (before !== "there") return before;
  if (!holds) return "released";
  const asked = trySend(send, process.pid, "SIGTERM");
  if (asked) return asked;
  if (await endsWithin(grace, process, signal)) return "ended";
  // The grace is long enough for the number to be given away.
  if ((await lookAt(process, signal)) !== "there") return "ended";
  const killed = trySend(send, process.pid, "SIGKILL");
  if (killed) return killed === "gone" ? "ended" : killed;
  return (await endsWithin(Math.max(grace, 1000), process, signal)) ? "killed" : "stays";
}

async function endsWithin(
  ms: number,
  process: PortProcess,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const deadline = performance.now() + ms;
  for (let pause = FIRST_LOOK; (await lookAt(process, signal)) === "there"; pause *= 2) {
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(pause, LONGEST_LOOK, left), signal);
  }
  return true;
}

async function lookAt(
  { pid, started }: PortProcess,
  signal: AbortSignal | undefined,
): Promise<"there" | "gone" | "reused" | "unsure"> {
  const facts = (await readProcesses({ ...(signal && { signal }) })).facts(pid);
  // On Linux what is a zombie has ended, too: nothing is open in it, and no signal does anything to it.
  if (!facts) return "gone";
  if (started === undefined || facts.started === undefined) return "unsure";
  return facts.started === started ? "there" : "reused";
}

function trySend(
  send: KillOptions["send"],
  pid: number,
  signal: "SIGTERM" | "SIGKILL",
): "gone" | "denied" | undefined {
  try {
    send(pid, signal);
    return undefined;
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return "gone";
    if (errnoOf(error) === "EPERM" || errnoOf(error) === "EACCES") return "denied";
    throw error;
  }
}
