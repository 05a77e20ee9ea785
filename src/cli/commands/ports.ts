/** `ncx ports [FILTER]...`: which sockets are open and whose they are, on stdout. */
import { setFlagsFromString } from "node:v8";
import {
  explainProcesses,
  isListeningOnly,
  listPorts,
  watchPorts,
  type Listing,
  type ListingOptions,
  type PortEntry,
  type Why,
} from "../../ports/index.ts";
import type { Args } from "../args.ts";
import { drained } from "../drained.ts";
import type { Reporter } from "../report.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";
import { numberAfterP, refuseUserAfterU } from "./_ports-habits.ts";
import { lsofText } from "./_ports-lsof.ts";
import { netstatText } from "./_ports-netstat.ts";
import { isNarrow, toQuery } from "./_ports-query.ts";
import { ssText } from "./_ports-ss.ts";
import { csvText, inOneLine, jsonText, tableText } from "./_ports-table.ts";
import { whyText } from "./_ports-why.ts";

type Format = NonNullable<Args["format"]>;

/** The longest --watch: what is longer was meant as a port. */
const LONGEST_WATCH = 3_600_000;

/** Runs the mode; gives the exit code: 0 something was found, 1 nothing was. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  refuse(args);
  refuseUserAfterU(world.argv);
  const number = numberAfterP(world.argv);
  if (number !== undefined && args.kill)
    throw cannot(
      `tell what -p ${number} means`,
      "to lsof it is a process, here it would be a port",
      `use --pid ${number} or --port ${number}`,
    );
  const { options: wanted, parts } = await toQuery(args);
  const options = { ...wanted, signal: signalOf(world) };
  if (args.kill && !isNarrow(options))
    throw cannot("end everything that listens", "nothing says what", "ncx ports --kill 3000");
  if (number !== undefined)
    report.say(`-p takes no value: ${number} is a port; for a process use --pid ${number}`);
  if (args.watch !== undefined) return watch(args.watch, options, args, world, report);
  // A listing is over before optimized code pays: of thousands of sockets, making it takes a fifth of the CPU time.
  setFlagsFromString("--no-opt");
  const format = args.jsonEvents ? "json" : (args.format ?? "table");
  const list = (): Promise<Listing> => listPorts({ ...options, ...thoroughness(format, args) });
  if (args.kill) {
    const { killHolders } = await import("./_ports-kill.ts");
    const { protocols = ["tcp", "udp"], signal } = options;
    const every = { protocols, signal, all: !isListeningOnly(options), names: false };
    const listAll = (): Promise<Listing> => listPorts(every);
    return killHolders({ list, listAll, options, parts }, args, world, report);
  }
  const listing = await list();
  await print(listing.entries, format, args, world, report);
  if (listing.entries.length === 0 && format === "table") report.say(nothing(options));
  sayUnseen(listing, report);
  return listing.entries.length > 0 ? 0 : 1;
}

function refuse({ watch: every, kill, why, format, jsonEvents }: Args): void {
  const both = (one: string, other: string): Error =>
    cannot(`use ${one} and ${other}`, "they exclude each other", "leave one of them away");
  if (every !== undefined && kill) throw both("--watch", "--kill");
  if (every !== undefined && why) throw both("--watch", "--why");
  if (kill && why) throw both("--kill", "--why");
  if (jsonEvents && format !== undefined && format !== "json") throw both("--json", "--format");
  if (why && format !== undefined && format !== "table" && format !== "json")
    throw both("--why", `--format ${format}`);
  if (every !== undefined && format !== undefined && format !== "table" && format !== "json")
    throw both("--watch", `--format ${format}`);
  if (every === undefined || (every <= LONGEST_WATCH && every > 0)) return;
  const state = every === 0 ? "the time is 0" : "the time is longer than an hour";
  throw cannot("watch", state, "a TIME is in seconds; for a port use --watch :8080");
}

/** netstat shows one process of a socket: then nobody has to look for the others. It has no names either. */
function thoroughness(format: Format, args: Args): Partial<ListingOptions> {
  const names = format !== "netstat" && format !== "ss" && format !== "lsof" && !args.numeric;
  const everyProcess = format !== "netstat" || args.kill === true;
  const directory = { current: () => process.cwd(), enter: (path: string) => process.chdir(path) };
  return { names, everyProcess, directory };
}

async function print(
  entries: readonly PortEntry[],
  format: Format,
  args: Args,
  world: World,
  report: Reporter,
): Promise<void> {
  const reasons = args.why ? await explainProcesses(pidsOf(entries), signalOf(world)) : undefined;
  if (format !== "table" || reasons)
    return void world.stdout.write(textOf(entries, format, args, reasons));
  if (entries.length === 0) return;
  const width = world.isTTY.stdout && !args.wide ? world.columns : undefined;
  const { text, dropped } = tableText(sorted(entries), { ...args, width });
  world.stdout.write(text);
  if (dropped.length > 0) report.say(`too narrow for ${dropped.join(", ")}: -W shows all`);
}

function textOf(
  entries: readonly PortEntry[],
  format: Format,
  args: Args,
  reasons: ReadonlyMap<number, Why> | undefined,
): string {
  switch (format) {
    case "netstat":
      return netstatText(entries, args);
    case "ss":
      return ssText(entries, args);
    case "lsof":
      return lsofText(entries, args);
    case "json":
      return jsonText(sorted(entries), reasons);
    case "csv":
      return csvText(sorted(entries), args);
    case "table":
      return reasons && entries.length > 0 ? whyText(sorted(entries), reasons) : "";
  }
}

function pidsOf(entries: readonly PortEntry[]): number[] {
  return [...new Set(entries.flatMap(({ processes }) => processes.map(({ pid }) => pid)))];
}

/** By protocol, then by port, v4 before v6. */
function sorted(entries: readonly PortEntry[]): PortEntry[] {
  return entries.toSorted(
    (a, b) =>
      compare(a.protocol, b.protocol) ||
      a.port - b.port ||
      (a.family ?? 0) - (b.family ?? 0) ||
      compare(a.address, b.address) ||
      a.remotePort - b.remotePort,
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function nothing({ all, states, remotes }: ListingOptions): string {
  if (all || states || remotes) return "nothing was found";
  return "nothing that listens was found; -a looks at connections too";
}

/** Whatever the format: a row without a program isn't a socket without one. */
function sayUnseen({ entries, unseen }: Listing, report: Reporter): void {
  if (unseen === 0) return;
  const root = process.geteuid?.() === 0;
  const why = root
    ? "they have closed meanwhile, or are the kernel's or another container's"
    : "they belong to other users; sudo shows them";
  report.say(`the programs of ${unseen} of ${entries.length} sockets cannot be seen: ${why}`);
}

/** Lines until it is stopped: `+` what opened, `-` what closed; with --json an object each. */
async function watch(
  every: number,
  options: ListingOptions,
  args: Args,
  world: World,
  report: Reporter,
): Promise<number> {
  const json = args.jsonEvents === true || args.format === "json";
  const onReady = (listing: Listing): void => {
    const sockets = listing.entries.length;
    const ready = { time: new Date().toISOString(), change: "watching", sockets };
    if (json) world.stdout.write(`${JSON.stringify(ready)}\n`);
    report.say(`watching ${sockets} ${sockets === 1 ? "socket" : "sockets"}, every ${every} ms`);
    sayUnseen(listing, report);
  };
  const directory = { current: () => process.cwd(), enter: (path: string) => process.chdir(path) };
  for await (const { change, entry } of watchPorts({ ...options, every, onReady, directory })) {
    const time = new Date().toISOString();
    const line = json
      ? JSON.stringify({ time, change, ...entry })
      : `${change === "opened" ? "+" : "-"} ${time.slice(11, 19)}  ${inOneLine(entry)}`;
    if (!world.stdout.write(`${line}\n`)) await drained(world.stdout);
  }
  return 0;
}

function signalOf({ stop, abort }: World): AbortSignal {
  return AbortSignal.any([stop, abort]);
}
