/** An explanation as text of at most 80 columns, a block for each flag. */
import { wrapText } from "../help.ts";
import type { Entry, ExplainedFlag, Explanation } from "./explain.ts";

const WIDTH = 80;
/** A program's name and the flag as it writes it have this much room, else the text begins on the next line. */
const NAME = 13;
const FLAG = 13;

/** Ends with a newline. */
export function printExplanation(explanation: Explanation): string {
  const { program, why, flags, operands, command, compat, remarks } = explanation;
  const lines = [
    ...wrapText(`Read as ${program}${why === undefined ? "" : `: ${why}`}.`, WIDTH),
    ...flags.flatMap((flag) => ["", ...block(flag)]),
    ...(operands.length > 0 ? ["", `Operands: ${operands.join(" ")}`] : []),
    "",
    "In ncx:",
    `  ${command}`,
    ...(compat === undefined ? [] : ["Or with everything as it is there:", `  ${compat}`]),
    ...(remarks.length > 0 ? ["", ...remarks.flatMap((remark) => bullet(remark))] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function block({ spelling, value, programs, ncx }: ExplainedFlag): string[] {
  const title = value === undefined ? spelling : `${spelling} ${value}`;
  return [
    title,
    ...programs.flatMap(row),
    ...hang(`${" ".repeat(2)}${"in ncx".padEnd(NAME)}`, ncx),
  ];
}

function row({ program, spelling = "-", does = "" }: Entry): string[] {
  return hang(`  ${program.padEnd(NAME)}${spelling.padEnd(FLAG)} `, does);
}

function bullet(text: string): string[] {
  return hang("- ", text);
}

/** A text that goes on below where it began. */
function hang(start: string, text: string): string[] {
  const wrapped = wrapText(text, WIDTH - start.length);
  return wrapped.map((line, at) =>
    `${at === 0 ? start : " ".repeat(start.length)}${line}`.trimEnd(),
  );
}
