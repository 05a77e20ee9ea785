/** `ncx capture [FILTER]...`: packets off a device or out of a file, printed as tcpdump prints them, or written. */
import { readFile } from "node:fs/promises";
import {
  captureDevices,
  captureInBatches,
  type CaptureCounts,
  type CaptureOptions,
  type CaptureSource,
} from "../../capture/index.ts";
import { NcxError, quote, wrap } from "../../core/errors.ts";
import type { Args } from "../args.ts";
import type { Reporter } from "../report.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";
import { openCaptureFile, type CaptureFile } from "./_capture-file.ts";
import { makePrinter, type Printer } from "./_capture-print.ts";
import { rotationOf } from "./_capture-rotation.ts";

/** What shows a connection from inside, and needs neither libpcap nor a right. */
const WITHOUT = "without it: ncx relay PORT HOST:PORT --tap shows what passes through it";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  refuse(args, world);
  if (args.listInterfaces) return listDevices(world);
  const sinks: Sinks = {};
  const counted: Counted = { captured: 0 };
  try {
    await pass(args, world, report, sinks, counted);
  } catch (error) {
    throw withAlternative(error);
  } finally {
    await sinks.file?.close(counted.counts);
    if (sinks.printer && !world.unread.aborted) await sinks.printer.end();
    sayCounts(args, report, counted);
  }
  return isThere(args, sinks, report) ? 0 : 1;
}

interface Sinks {
  file?: CaptureFile;
  printer?: Printer;
}

interface Counted {
  captured: number;
  counts?: CaptureCounts;
  /** Whether the device, or the file, was opened at all, and what is written as well. */
  began?: true;
}

async function pass(
  args: Args,
  world: World,
  report: Reporter,
  sinks: Sinks,
  counted: Counted,
): Promise<void> {
  const { writeFile, print } = args;
  const rotation = rotationOf(args);
  let source: CaptureSource | undefined;
  const options: CaptureOptions = {
    ...(await toOptions(args, world)),
    onReady: (ready) => {
      source = ready;
      if (writeFile !== undefined) sinks.file = openCaptureFile(writeFile, ready, world, rotation);
      counted.began = true;
      if (ready.interface !== undefined) announce(ready, report);
    },
    onCounts: (counts) => {
      if (counts.dropped > 0 && !counted.counts?.dropped && !world.stop.aborted)
        report.say(`the kernel drops packets: ${counts.dropped} so far; -B has a larger buffer`);
      counted.counts = counts;
    },
  };
  for await (const packets of captureInBatches(options, { lend: true })) {
    if (writeFile === undefined || print)
      sinks.printer ??= makePrinter(args, world, source?.precision() ?? "micro");
    const taken = (await sinks.file?.add(packets)) ?? packets.length;
    const isOver = taken < packets.length;
    await sinks.printer?.add(isOver ? packets.slice(0, taken) : packets);
    counted.captured += taken;
    if (isOver) return report.news(0, `Maximum file limit reached: ${rotation?.count}`);
    // The second signal insists, or nobody reads any more.
    if (world.abort.aborted) return;
  }
}

function refuse(
  { readFile: read, interface: device, writeFile, follow, ...args }: Args,
  world: World,
): void {
  const both = (one: string, other: string): Error =>
    cannot(`use ${one} and ${other}`, "they exclude each other", "leave one of them away");
  if (read !== undefined && device !== undefined) throw both("-r", "-i");
  if (read !== undefined && (args.direction ?? "inout") !== "inout")
    throw cannot(
      "use -Q and -r",
      "a file doesn't tell which way its packets went",
      "use a filter: src host ADDRESS",
    );
  if (follow !== undefined && !/^(all|[1-9]\d{0,8})$/.test(follow))
    throw cannot(
      `use --follow ${quote(follow)}`,
      "it is no number of a conversation",
      "they count from 1 on: --follow 3, or --follow alone for all of them",
    );
  const shapes = [args.ascii, args.hexAscii, args.hexBytes].filter(Boolean).length;
  if (args.jsonLines && shapes > 0) throw both("--json", "-A, -x or -X");
  if (writeFile === "-" && (args.print || world.isTTY.stdout))
    throw cannot("write the packets to stdout", "a terminal reads it", "use -w FILE, or a pipe");
  if (writeFile !== undefined && follow !== undefined && !args.print)
    throw cannot("use --follow with -w", "nothing is printed", "add --print");
}

async function toOptions(args: Args, world: World): Promise<CaptureOptions> {
  const { interface: device, readFile: read, snaplen, bufferSize, count, ownOnly } = args;
  return {
    filter: await filterOf(args),
    signal: AbortSignal.any([world.stop, world.abort]),
    ...(device !== undefined && { interface: device }),
    ...(read !== undefined && { read: read === "-" ? world.stdin : read }),
    ...(count !== undefined && { count }),
    // tcpdump's -s 0 is the most there is; what a file has, it leaves whole.
    ...(snaplen && read === undefined && { snaplen }),
    ...(bufferSize !== undefined && { buffer: bufferSize * 1024 }),
    ...(ownOnly && { promiscuous: false }),
    ...(read === undefined && { direction: directionOf(args) }),
  };
}

/** The table lets in nothing else. */
function directionOf({ direction }: Args): "in" | "out" | "inout" {
  return direction === "in" || direction === "out" ? direction : "inout";
}

async function filterOf({ filterFile, operands }: Args): Promise<string> {
  if (filterFile === undefined) return operands.join(" ");
  if (operands.length > 0)
    throw cannot("use -F and a filter", "they exclude each other", "leave one of them away");
  return readFile(filterFile, "utf8").catch((error: unknown) => {
    throw wrap(`read ${quote(filterFile)}`, error);
  });
}

function announce({ interface: device, snaplen, warning }: CaptureSource, report: Reporter): void {
  if (warning !== undefined) report.say(warning);
  report.say(`listening on ${device}, snapshot length ${snaplen} bytes`);
}

/** Whether the one conversation that is asked for was among them. */
function isThere({ follow }: Args, { printer }: Sinks, report: Reporter): boolean {
  const wanted = Number(follow ?? "all");
  const count = printer?.conversations() ?? 0;
  if (Number.isNaN(wanted) || wanted <= count) return true;
  const there =
    count === 0 ? "there was none" : count === 1 ? "there was 1" : `there were ${count}`;
  report.say(`no conversation ${wanted}: ${there}`);
  return false;
}

/** tcpdump's own lines, so that whoever reads those reads ours. */
function sayCounts(
  { readFile: read, writeFile }: Args,
  report: Reporter,
  { captured, counts, began }: Counted,
): void {
  if (!began || (read !== undefined && writeFile === undefined)) return;
  const lines = [line(captured, "captured")];
  if (counts)
    lines.push(
      line(counts.received, "received by filter"),
      line(counts.dropped, "dropped by kernel"),
    );
  for (const text of lines) report.news(0, text);
}

function line(count: number, what: string): string {
  return `${count} packet${count === 1 ? "" : "s"} ${what}`;
}

async function listDevices(world: World): Promise<number> {
  const devices = await captureDevices().catch((error: unknown) => {
    throw withAlternative(error);
  });
  for (const [at, { name, description, up, running, loopback }] of devices.entries()) {
    const states = [up && "Up", running && "Running", loopback && "Loopback"].filter(Boolean);
    const about = description === undefined ? "" : ` (${description})`;
    world.stdout.write(
      `${at + 1}.${name}${about}${states.length > 0 ? ` [${states.join(", ")}]` : ""}\n`,
    );
  }
  return devices.length > 0 ? 0 : 1;
}

/** What is missing, how it is had, and what does without it, in one line. */
function withAlternative(error: unknown): unknown {
  if (!(error instanceof NcxError)) return error;
  const { code, message, hint, cause, state } = error;
  const isMissing = code === "UNSUPPORTED" && hint !== undefined;
  if (!isMissing && !(code === "DENIED" && message.startsWith("Cannot capture"))) return error;
  const way = hint === undefined ? "" : `: ${hint}`;
  return new NcxError(code, `${message}${way}; ${WITHOUT}`, {
    cause,
    ...(state !== undefined && { state }),
  });
}
