/** --kill: says whom, asks, and ends them. */
import { createInterface } from "node:readline";
import {
  endProcess,
  killTargets,
  type KillOutcome,
  type KillTarget,
  type PortEntry,
} from "../../ports/index.ts";
import { signalProcess } from "../../platform/process-group.ts";
import type { Args } from "../args.ts";
import type { Reporter } from "../report.ts";
import { printable } from "../table.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";
import { localPlace } from "./_ports-table.ts";

const SPARED: Readonly<Record<NonNullable<KillTarget["spared"]>, string>> = {
  init: "it is the first process of the system",
  self: "it is ncx itself",
  ancestor: "ncx was started by it",
};
const OUTCOMES: Readonly<Record<KillOutcome, string>> = {
  ended: "ended",
  killed: "killed: it did not end by itself",
  gone: "was gone already",
  reused: "left alone: its number is another process's by now",
  denied: "left alone: this user may not end it",
  stays: "is still there, killed as it is",
};

/**
 * Ends the processes that hold these sockets. 0 when all of them have ended, else 1.
 *
 * @throws {NcxError} USAGE where there is nobody to ask.
 */
export async function killHolders(
  entries: readonly PortEntry[],
  args: Args,
  world: World,
  report: Reporter,
): Promise<number> {
  const targets = await killTargets(entries, process.pid);
  const spared = targets.filter((target) => target.spared !== undefined);
  for (const target of spared)
    report.say(`${named(target)} is spared: ${SPARED[target.spared ?? "self"]}`);
  const wanted = targets.filter((target) => target.spared === undefined);
  if (wanted.length === 0) {
    if (targets.length === 0) report.say("no process is seen that holds it; nothing was ended");
    return 1;
  }
  if (!args.yes && !(await confirms(wanted, world))) {
    report.say("nothing was ended");
    return 1;
  }
  const signal = AbortSignal.any([world.stop, world.abort]);
  const outcomes = await Promise.all(
    wanted.map(async (target) => {
      const grace = args.grace === undefined ? {} : { grace: args.grace };
      const outcome = await endProcess(target.process, { send: signalProcess, signal, ...grace });
      world.stdout.write(line(target, outcome, args));
      return outcome;
    }),
  );
  const over = outcomes.every((outcome) => ["ended", "killed", "gone"].includes(outcome));
  return over && spared.length === 0 ? 0 : 1;
}

function line(target: KillTarget, outcome: KillOutcome, { jsonEvents }: Args): string {
  const { pid, program } = target.process;
  return jsonEvents
    ? `${JSON.stringify({ pid, program, outcome })}\n`
    : `${named(target)} ${OUTCOMES[outcome]}\n`;
}

function named({ process: { program, pid } }: KillTarget): string {
  return printable(`${program} (pid ${pid})`);
}

/** Asks on the terminal. */
async function confirms(targets: readonly KillTarget[], world: World): Promise<boolean> {
  if (!world.isTTY.stdin)
    throw cannot("end a process unasked", "stdin is no terminal to ask on", "add --yes");
  for (const target of targets) {
    const [first, ...more] = target.entries.map(localPlace);
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    const { command = "", user = "?" } = target.process;
    world.stderr.write(
      printable(`${named(target)}, user ${user}, at ${first}${others}: ${command}`.trimEnd()) +
        "\n",
    );
  }
  world.stderr.write(targets.length === 1 ? "End it? [y/N] " : `End all ${targets.length}? [y/N] `);
  const signal = AbortSignal.any([world.stop, world.abort]);
  return /^\s*(y|yes)\s*$/i.test(await readLine(world, signal));
}

/** One line of stdin; empty at its end, or when asked to stop. */
function readLine({ stdin }: World, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, signal });
    let answer = "";
    lines.once("line", (text) => {
      answer = text;
      lines.close();
    });
    lines.once("close", () => resolve(answer));
  });
}
