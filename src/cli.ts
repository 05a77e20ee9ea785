#!/usr/bin/env node
/** The command: a world from the process, the run, and the way out once all output is written. */
import { flushed, outputFailure, processWorld } from "./cli/process-world.ts";
import { run } from "./cli/run.ts";
import { listenToSignals } from "./cli/signals.ts";

const signals = listenToSignals();

// Should nothing be left to wait for before the run has ended, that is a bug of ours, and not a success.
process.once("beforeExit", () => {
  process.stderr.write("ncx: this is a bug in ncx, please report it: it waits for nothing\n");
  process.exit(70);
});

void run(processWorld(signals)).then(async (code) => {
  await flushed();
  // Explicitly: a natural end waits for handles such as an idle stdin, and costs time.
  process.exit(signals.exitCode() ?? (code === 0 ? afterOutput() : code));
});

/** A success is none if what it printed is lost: a full disk. */
function afterOutput(): number {
  const failure = outputFailure();
  if (failure === undefined) return 0;
  process.stderr.write(`ncx: ${failure}\n`);
  return 2;
}
