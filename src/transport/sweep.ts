/** A sweep on as many threads as it is worth, told in batches. */
import * as net from "node:net";
import { getSystemErrorName } from "node:util";
import { availableParallelism } from "node:os";
import { onAbort } from "../core/abort.ts";
import { wrap } from "../core/errors.ts";
import { sweeper, type Outcomes, type Sweep, type Sweeper } from "./probe.ts";

/** One answer: the probe's number, and what became of it. */
export interface ProbeAnswer {
  readonly index: number;
  /** "open", "silent", "self" (a connection to itself), "skipped" (its host's time was up), or the system's error: ECONNREFUSED. */
  readonly outcome: string;
}

export interface SweepOptions extends Omit<Sweep, "next" | "raw" | "hostTimeout"> {
  readonly hostTimeout?: number;
  /** @default {true} */
  readonly raw?: boolean;
  readonly signal?: AbortSignal;
  /** Called at the beginning, with what counts the places that were silent the first time, and are asked again. */
  readonly onStart?: (silent: () => number) => void;
}

/** Probes from which a second thread, which takes 30 ms to start, is worth it. */
const WORTH_A_THREAD = 8192;

/** Asks every place; gives the answers in batches, in the order of their coming. Leaving the loop ends it. */
export async function* sweepPlaces(
  options: SweepOptions,
): AsyncGenerator<readonly ProbeAnswer[], void> {
  const { signal, raw = true, hostTimeout = Infinity, onStart, ...rest } = options;
  signal?.throwIfAborted();
  const total = rest.addresses.length * rest.ports.length;
  const threads =
    total >= WORTH_A_THREAD && rest.gap === 0 && rest.most > 1 && availableParallelism() > 1
      ? 2
      : 1;
  const next = new Int32Array(new SharedArrayBuffer(8));
  onStart?.(() => Atomics.load(next, 1));
  const share = (count: number): number => Math.max(1, Math.floor(count / threads));
  const sweep: Sweep = {
    ...rest,
    raw,
    hostTimeout,
    next,
    start: share(rest.start),
    most: share(rest.most),
  };
  const queue: Outcomes[] = [];
  let wake: (() => void) | undefined;
  let running = threads;
  let failure: Error | undefined;
  const stir = (): void => wake?.();
  const emit = (outcomes: Outcomes): void => {
    queue.push(outcomes);
    stir();
  };
  const done = (): void => {
    running -= 1;
    stir();
  };
  const names = new Map<number, string>([
    [0, "open"],
    [1, "silent"],
    [2, "self"],
    [3, "skipped"],
  ]);
  const sweepers: Sweeper[] = [];
  const forget = onAbort(signal, stir);
  try {
    if (threads > 1)
      sweepers.push(
        await beside(sweep, emit, done, (error) => ((failure = wrap("scan", error)), stir())),
      );
    sweepers.push(
      sweeper(sweep, { net, nameOf: getSystemErrorName, isIPv6: net.isIPv6 }, emit, done),
    );
    while (running > 0 || queue.length > 0) {
      if (queue.length === 0 && !signal?.aborted)
        await new Promise<void>((resolve) => (wake = resolve));
      if (signal?.aborted) {
        // What is known by now is told all the same.
        for (const one of sweepers) one.stop();
        for (const batch of queue.splice(0)) yield answersOf(batch, names);
        throw signal.reason;
      }
      if (failure !== undefined) throw failure;
      const batch = queue.shift();
      if (batch) yield answersOf(batch, names);
    }
  } finally {
    forget();
    for (const one of sweepers) one.stop();
  }
}

function answersOf(outcomes: Outcomes, names: Map<number, string>): ProbeAnswer[] {
  const answers: ProbeAnswer[] = [];
  for (let at = 0; at < outcomes.length; at += 2) {
    const status = outcomes[at + 1] ?? 0;
    let outcome = names.get(status);
    if (outcome === undefined) names.set(status, (outcome = getSystemErrorName(status)));
    answers.push({ index: outcomes[at] ?? 0, outcome });
  }
  return answers;
}

/** The same on a thread of its own, made of the function's text: there is no file to be found at run time. */
async function beside(
  sweep: Sweep,
  emit: (outcomes: Outcomes) => void,
  done: () => void,
  failed: (error: unknown) => void,
): Promise<Sweeper> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
    const net = require("node:net");
    const means = { net, nameOf: require("node:util").getSystemErrorName, isIPv6: net.isIPv6 };
    const told = (outcomes) => parentPort.postMessage(outcomes);
    const it = (${sweeper.toString()})(workerData, means, told, () => { parentPort.postMessage("done"); parentPort.close(); });
    parentPort.on("message", () => it.stop());`,
    // Nothing of our own command line or environment is its business.
    { eval: true, workerData: sweep, execArgv: [], argv: [] },
  );
  worker.on("message", (told: Outcomes | "done") => (told === "done" ? done() : emit(told)));
  worker.on("error", failed);
  return { stop: () => void worker.terminate() };
}
