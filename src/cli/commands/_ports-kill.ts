/** --kill: says whom, asks, and ends them. */
import { createInterface } from "node:readline";
import {
  endProcess,
  holdsStill,
  isListeningOnly,
  killTargets,
  unmetFilters,
  withThoseMeant,
  type KillOutcome,
  type KillTarget,
  type Listing,
  type PortEntry,
  type PortsOptions,
} from "../../ports/index.ts";
import { signalProcess } from "../../platform/process-group.ts";
import type { Args } from "../args.ts";
import type { Reporter } from "../report.ts";
import { printable } from "../table.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";
import type { Part } from "./_ports-query.ts";
import { placesInOneLine } from "./_ports-table.ts";

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
  released: "left alone: it has let go of what was asked for",
  unsure: "left alone: when it was started cannot be told",
  denied: "left alone: this user may not end it, sudo may",
  stays: "is still there, killed as it is",
};

/** Sockets shown of a process that is to be ended; of what is beyond, how many there are. */
const SHOWN = 10;

export interface KillRequest {
  /** Lists what is meant: once to say what it is, and again before anything is ended. */
  list(): Promise<Listing>;
  /** What is meant. */
  readonly options: PortsOptions;
  /** Each of these has to be there, or nothing is ended. */
  readonly parts: readonly Part[];
  /** Lists every socket of these kinds, to tell what is not there. */
  listAll(): Promise<Listing>;
}

/**
 * Ends the processes that hold these sockets. 0 when all of them have ended, else 1.
 *
 * @throws {NcxError} USAGE where there is nobody to ask.
 */
export async function killHolders(
  { list, listAll, options, parts }: KillRequest,
  args: Args,
  world: World,
  report: Reporter,
): Promise<number> {
  const { entries, unseen } = await list();
  const refuse = (why: string): number => {
    const message = `nothing was ended: ${why}`;
    report.say(message);
    report.event({ type: "error", code: "USAGE", message });
    return 1;
  };
  const [missing] = unmetFilters(parts, entries.length > 0 ? entries : (await listAll()).entries);
  const nobody = isListeningOnly(options) ? "nobody that listens" : "nobody";
  if (missing) return refuse(`${nobody} has ${missing.text}`);
  if (entries.length === 0) return refuse(`${nobody} has all of what was asked for`);
  const meant = withThoseMeant(entries, options);
  const [hidden] = unmetFilters(parts, meant);
  if (hidden) return refuse(`no process is seen that has ${hidden.text}${sudo()}`);
  const targets = await killTargets(meant, process.pid);
  if (targets.length === 0) return refuse(`no process is seen that holds it${sudo()}`);
  if (unseen > 0) report.say(`of ${unseen} of the sockets no process is seen${sudo()}`);
  const spared = targets.filter((target) => target.spared !== undefined);
  for (const target of spared)
    report.say(`${named(target)} is spared: ${SPARED[target.spared ?? "self"]}`);
  const wanted = targets.filter((target) => target.spared === undefined);
  if (wanted.length === 0) return 1;
  if (!args.yes && !(await confirms(wanted, args, world))) {
    report.say("nothing was ended");
    return 1;
  }
  const outcomes = await endAll(wanted, (await list()).entries, args, world, report);
  const over = outcomes.every((outcome) => ["ended", "killed", "gone"].includes(outcome));
  return over && spared.length === 0 && unseen === 0 ? 0 : 1;
}

/** All at the same time, each told of when it is over, or when we are asked to stop before it is. */
async function endAll(
  targets: readonly KillTarget[],
  later: readonly PortEntry[],
  args: Args,
  world: World,
  report: Reporter,
): Promise<KillOutcome[]> {
  const signal = AbortSignal.any([world.stop, world.abort]);
  const grace = args.grace === undefined ? {} : { grace: args.grace };
  const left = new Set<KillTarget>(targets);
  const asked = new Set<number>();
  const send = (pid: number, name: "SIGTERM" | "SIGKILL"): void => {
    signalProcess(pid, name);
    asked.add(pid);
  };
  const acts = targets.map(async (target) => {
    const holds = holdsStill(target, later);
    const outcome = await endProcess(target.process, { send, holds, signal, ...grace });
    left.delete(target);
    world.stdout.write(line(target, outcome, args));
    return outcome;
  });
  try {
    return await Promise.all(acts);
  } catch (error) {
    if (signal.aborted) {
      for (const target of left)
        if (asked.has(target.process.pid))
          report.say(`${named(target)} was asked to end, and is still there`);
    }
    throw error;
  }
}

/** Why it may not be seen, to be said after the fact. */
function sudo(): string {
  return process.geteuid?.() === 0 ? "" : "; it may be another user's: sudo shows it";
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
async function confirms(
  targets: readonly KillTarget[],
  args: Args,
  world: World,
): Promise<boolean> {
  const asks = world.isTTY.stdin;
  // Who it would be, even so; but not among events.
  if (asks || !(args.jsonEvents || args.quiet))
    for (const target of targets) world.stderr.write(description(target));
  if (!asks) throw cannot("end a process unasked", "stdin is no terminal to ask on", "add --yes");
  world.stderr.write(targets.length === 1 ? "End it? [y/N] " : `End all ${targets.length}? [y/N] `);
  const signal = AbortSignal.any([world.stop, world.abort]);
  const answer = await readLine(world, signal);
  // Whoever types Enter begins a line, and so does ^C; ^D doesn't.
  if (answer === undefined && !signal.aborted) world.stderr.write("\n");
  return /^\s*(y|yes)\s*$/i.test(answer ?? "");
}

/** Who it is, and at which of the sockets that were asked for, a line each. */
function description({
  process: { program, pid, user = "?", command = "" },
  entries,
}: KillTarget): string {
  const who = `${program} (pid ${pid}), user ${user}: ${command}`.trimEnd();
  const places = [...new Set(entries.map(placesInOneLine))];
  const beyond = places.length - SHOWN;
  const lines = [who, ...places.slice(0, SHOWN).map((place) => `  ${place}`)];
  if (beyond > 0) lines.push(`  and ${beyond} more`);
  return lines.map((text) => `${printable(text)}\n`).join("");
}

/** One line of stdin; undefined at its end, or when asked to stop. */
function readLine({ stdin }: World, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, signal });
    let answer: string | undefined;
    lines.once("line", (text) => {
      answer = text;
      lines.close();
    });
    lines.once("close", () => resolve(answer));
  });
}
