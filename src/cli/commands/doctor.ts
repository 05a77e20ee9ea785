/** `ncx doctor 'nc -lvp 8080'`: what another netcat's command line means, on stdout. Nothing of it is run. */
import type { Args } from "../args.ts";
import { explain } from "../doctor/explain.ts";
import { printExplanation } from "../doctor/print.ts";
import type { Reporter } from "../report.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(
  { operands, jsonEvents }: Args,
  world: World,
  report: Reporter,
): Promise<number> {
  const explanations = explain(operands);
  const print = (each: (typeof explanations)[number]): string =>
    jsonEvents ? `${JSON.stringify(each)}\n` : printExplanation(each);
  world.stdout.write(explanations.map(print).join(jsonEvents ? "" : "\n"));
  for (const { program, unknown = [] } of explanations)
    if (unknown.length > 0)
      report.say(`Cannot explain ${unknown.join(" ")}: ${program} has no such flag`);
  return explanations.some(({ unknown }) => unknown) ? 2 : 0;
}
