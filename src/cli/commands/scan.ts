/** `ncx scan TARGET...`: which ports are open, closed or filtered. */
import { wrap } from "../../core/errors.ts";
import { scanInBatches, type ScanProgress, type ScanResult } from "../../scan/index.ts";
import { loadServiceNames } from "../../platform/service-list.ts";
import type { Args } from "../args.ts";
import { exitCodeOf } from "../exit.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import type { World } from "../world.ts";
import { csvHead, csvLine, formatGreppable, formatTable, type Run } from "./_scan-formats.ts";
import { Gathered, type HostReport } from "./_scan-gather.ts";
import { changeOf, faultOf, formatChange, readEarlier, type Change } from "./_scan-judge.ts";
import { whatIsAsked, type Asked } from "./_scan-options.ts";
import { outputOf, writeFiles, type Form, type Output } from "./_scan-output.ts";
import { showProgress } from "./_scan-progress.ts";
import { formatXml } from "./_scan-xml.ts";

const CHANGED = 3;

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const asked = await whatIsAsked(args, world);
  const earlier = args.diff === undefined ? undefined : await readEarlier(args.diff);
  const output = await outputOf(args);
  const started = new Date();
  const gathered = new Gathered(args.open === true);
  const changes: Change[] = [];
  const faults: string[] = [];
  const isJudged = asked.expect !== undefined || asked.expectClosed !== undefined;
  let failed = 0;
  const onError = (error: Error): void => {
    failed = exitCodeOf(error, PERSONALITIES[args.personality]);
    report.fail(error);
  };
  for (const error of asked.bad) onError(error);
  const progress =
    args.progress || (world.isTTY.stderr && !args.quiet && output.form !== "json")
      ? showProgress(world)
      : undefined;
  let reached: ScanProgress | undefined;
  const onProgress = (now: ScanProgress): void => {
    if (reached === undefined && output.form === "csv") world.stdout.write(csvHead());
    reached = now;
    progress?.at(now);
  };
  const named = namer();
  const options = { ...asked.options, onError, onProgress };
  let broken: Error | undefined;
  try {
    for await (const results of scanInBatches(asked.targets, options)) {
      let lines = "";
      for (const result of results) {
        gathered.add(result);
        const change = earlier && changeOf(result, earlier);
        if (change) changes.push({ ...change, result: named(result) });
        const fault = isJudged ? faultOf(result, asked.expect, asked.expectClosed) : undefined;
        if (fault !== undefined) faults.push(fault);
        if (!earlier && (!args.open || result.state === "open"))
          lines += lineOf(result, output.form, named);
      }
      if (lines !== "") world.stdout.write(lines);
    }
  } catch (error) {
    broken = wrap("scan", error); // what was found is told all the same
  } finally {
    progress?.end();
  }
  if (broken && reached === undefined) throw broken; // nothing was asked
  const reports = gathered.reports(named);
  const cut = broken && reached ? whatIsCut(broken, reached, world) : undefined;
  const line = lineTyped(world);
  const { ports } = asked;
  const all: Run = { line, started, ended: new Date(), ports, ...(cut !== undefined && { cut }) };
  await print(args, world, asked, reports, output, all);
  for (const change of changes)
    world.stdout.write(output.form === "json" ? jsonOf(change) : `${formatChange(change)}\n`);
  const isToSay = (output.form !== "table" || earlier) && !world.unread.aborted;
  if (cut !== undefined && isToSay) report.say(`cut short: ${cut}`);
  for (const fault of faults) report.say(fault);
  if (broken !== undefined) throw broken;
  if (failed !== 0) return failed;
  if (faults.length > 0) return 1;
  if (earlier) return changes.length > 0 ? CHANGED : 0;
  if (isJudged) return 0;
  if (asked.hostsOnly) return reports.some(({ up }) => up) ? 0 : 1;
  return gathered.open > 0 ? 0 : 1;
}

/** Why a scan is not complete, and what is missing: `interrupted, 31 of 62 ports were not answered yet`. */
function whatIsCut(
  broken: Error,
  { phase, done, total }: ScanProgress,
  { stop, abort }: World,
): string {
  const why = stop.aborted || abort.aborted ? "interrupted" : broken.message;
  const left = (total - done).toLocaleString("en");
  const what = phase === "ports" ? "were not answered yet" : "were not asked who they are";
  return `${why}, ${left} of ${total.toLocaleString("en")} ports ${what}`;
}

/** Adds the service to what has none yet: what is closed. */
function namer(): (result: ScanResult) => ScanResult {
  const nameOf = loadServiceNames();
  return (result) => {
    const { category, ...rest } = result;
    const service = rest.service ?? nameOf(rest.port, rest.protocol);
    return service === undefined ? result : { ...rest, service, category };
  };
}

/** A program that reads wants each port that was asked for, whatever its state, and as much of each. */
function lineOf(result: ScanResult, form: Form, named: (result: ScanResult) => ScanResult): string {
  if (form === "json") return `${JSON.stringify(named(result))}\n`;
  return form === "csv" ? csvLine(named(result)) : "";
}

function jsonOf({ result, was }: Change): string {
  return `${JSON.stringify({ ...result, was: was ?? null })}\n`;
}

/** As it was typed: nothing on it is secret. */
function lineTyped({ argv }: World): string {
  return ["ncx", ...argv].join(" ");
}

/** What is told at the end. Lines of JSON and CSV have been, as they came. */
async function print(
  args: Args,
  world: World,
  { hostsOnly }: Asked,
  reports: readonly HostReport[],
  output: Output,
  run: Run,
): Promise<void> {
  const look = { reason: args.reason === true, hostsOnly, cut: run.cut };
  const make = (form: Form, width?: number): string =>
    form === "xml"
      ? formatXml(reports, run)
      : form === "grep"
        ? formatGreppable(reports, run)
        : formatTable(reports, { ...look, width });
  const { form } = output;
  const isTold = form === "json" || form === "csv" || args.diff !== undefined;
  const width = world.isTTY.stdout && !args.wide ? world.columns : undefined;
  if (!isTold) world.stdout.write(make(form, width));
  await writeFiles(output, make);
}
