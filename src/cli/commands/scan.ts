/** `ncx scan TARGET...`: which ports are open, closed or filtered. */
import { writeFile } from "node:fs/promises";
import { quote, wrap } from "../../core/errors.ts";
import { scanInBatches, type ScanResult } from "../../scan/index.ts";
import { loadServiceNames } from "../../platform/service-list.ts";
import type { Args } from "../args.ts";
import { exitCodeOf } from "../exit.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import type { World } from "../world.ts";
import {
  csvHead,
  csvLine,
  formatGreppable,
  formatTable,
  formatXml,
  type Run,
} from "./_scan-formats.ts";
import { Gathered, type HostReport } from "./_scan-gather.ts";
import { changeOf, faultOf, formatChange, readEarlier, type Change } from "./_scan-judge.ts";
import { whatIsAsked, type Asked } from "./_scan-options.ts";
import { showProgress } from "./_scan-progress.ts";

const CHANGED = 3;

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const asked = await whatIsAsked(args, world);
  const earlier = args.diff === undefined ? undefined : await readEarlier(args.diff);
  const started = new Date();
  const gathered = new Gathered(args.open === true);
  const changes: Change[] = [];
  const faults: string[] = [];
  const isJudged = asked.expect !== undefined || asked.expectClosed !== undefined;
  let failed = 0;
  const progress =
    args.progress || (world.isTTY.stderr && !args.quiet && !args.jsonLines)
      ? showProgress(world)
      : undefined;
  const options = {
    ...asked.options,
    onError(error: Error) {
      failed = exitCodeOf(error, PERSONALITIES[args.personality]);
      report.fail(error);
    },
    ...(progress && { onProgress: progress.at }),
  };
  const named = namer();
  const lineOf = earlier ? undefined : lineMaker(args, named);
  let broken: Error | undefined;
  if (args.csv) world.stdout.write(csvHead());
  try {
    for await (const results of scanInBatches(asked.targets, options)) {
      let lines = "";
      for (const result of results) {
        gathered.add(result);
        const change = earlier && changeOf(result, earlier);
        if (change) changes.push({ ...change, result: named(result) });
        const fault = isJudged ? faultOf(result, asked.expect, asked.expectClosed) : undefined;
        if (fault !== undefined) faults.push(fault);
        if (lineOf && (!args.open || result.state === "open")) lines += lineOf(result);
      }
      if (lines !== "") world.stdout.write(lines);
      if (world.stdout.destroyed) break; // nobody reads any more
    }
  } catch (error) {
    broken = wrap("scan", error); // what was found is told all the same
  }
  progress?.end();
  const ended = new Date();
  const reports = gathered.reports(named);
  await print(args, world, asked, reports, { line: lineTyped(world), started, ended });
  for (const change of changes)
    world.stdout.write(args.jsonLines ? jsonOf(change) : `${formatChange(change)}\n`);
  for (const fault of faults) report.say(fault);
  if (broken !== undefined) throw broken;
  if (failed !== 0) return failed;
  if (faults.length > 0) return 1;
  if (earlier) return changes.length > 0 ? CHANGED : 0;
  if (isJudged) return 0;
  if (asked.hostsOnly) return reports.some(({ up }) => up) ? 0 : 1;
  return gathered.open > 0 ? 0 : 1;
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
function lineMaker(
  { jsonLines, csv }: Args,
  named: (result: ScanResult) => ScanResult,
): ((result: ScanResult) => string) | undefined {
  if (jsonLines) return (result) => `${JSON.stringify(named(result))}\n`;
  return csv ? (result) => csvLine(named(result)) : undefined;
}

function jsonOf({ result, was }: Change): string {
  return `${JSON.stringify({ ...result, was: was ?? null })}\n`;
}

/** As it was typed: nothing on it is secret. */
function lineTyped({ argv }: World): string {
  return ["ncx", ...argv].join(" ");
}

async function print(
  args: Args,
  world: World,
  { hostsOnly }: Asked,
  reports: readonly HostReport[],
  run: Run,
): Promise<void> {
  const { greppable, xml, normal, diff, quiet } = args;
  const table = formatTable(reports, { reason: args.reason === true, hostsOnly });
  const wanted: readonly (readonly [string | undefined, () => string])[] = [
    [greppable, () => formatGreppable(reports, run)],
    [xml, () => formatXml(reports, run)],
    [normal, () => table],
  ];
  const taken =
    args.jsonLines || args.csv || diff !== undefined || wanted.some(([file]) => file === "-");
  if (!taken && !quiet) world.stdout.write(table);
  for (const [file, make] of wanted) {
    if (file === "-") world.stdout.write(make());
    else if (file !== undefined)
      await writeFile(file, make()).catch((error: unknown) => {
        throw wrap(`write ${quote(file)}`, error);
      });
  }
}
