/** Where a scan's results go, and as what: one form on stdout, others into files. */
import { open, writeFile } from "node:fs/promises";
import { quote, wrap } from "../../core/errors.ts";
import type { Args } from "../args.ts";
import { cannot } from "../usage.ts";

export type Form = NonNullable<Args["scanFormat"]>;

export interface Output {
  /** What stdout gets; with --diff only changes, as text or as JSON. */
  readonly form: Form;
  readonly files: readonly (readonly [file: string, form: Form])[];
}

/**
 * What is to be written where.
 *
 * @throws {NcxError} USAGE where stdout would get two things, or what writing to a file throws: before anything is asked.
 */
export async function outputOf(args: Args): Promise<Output> {
  const { greppable, xml, normal, outputAll: base } = args;
  const named: readonly (readonly [letter: string, file: string | undefined, form: Form])[] = [
    ["-oN", normal, "table"],
    ["-oG", greppable, "grep"],
    ["-oX", xml, "xml"],
    ["-oA", base && `${base}.nmap`, "table"],
    ["-oA", base && `${base}.gnmap`, "grep"],
    ["-oA", base && `${base}.xml`, "xml"],
  ];
  const wanted: (readonly [flag: string, form: Form])[] = [];
  if (args.scanFormat !== undefined) wanted.push([`--format ${args.scanFormat}`, args.scanFormat]);
  if (args.jsonLines) wanted.push(["--json", "json"]);
  if (args.csv) wanted.push(["--csv", "csv"]);
  const files: [string, Form][] = [];
  for (const [letter, file, form] of named) {
    if (file === "-") wanted.push([`${letter} -`, form]);
    else if (file !== undefined) files.push([file, form]);
  }
  const [first, ...more] = wanted;
  const other = more.find(([, form]) => form !== first?.[1]);
  if (first && other) throw excluded(first[0], other[0]);
  const form = first?.[1] ?? "table";
  if (first && args.diff !== undefined && form !== "json" && form !== "table")
    throw excluded("--diff", first[0]);
  for (const [file] of files) await checkWritable(file);
  return { form, files };
}

function excluded(one: string, other: string): Error {
  const hint = "leave one of them away, or let -oG, -oX or -oN write to a file";
  return cannot(`use ${one} and ${other}`, "both write to stdout", hint);
}

/** A scan may take hours: that its result cannot be written is to be known before. What is in the file stays until then. */
async function checkWritable(file: string): Promise<void> {
  try {
    await (await open(file, "a")).close();
  } catch (error) {
    throw wrap(`write ${quote(file)}`, error);
  }
}

/** Writes each file. */
export async function writeFiles({ files }: Output, make: (form: Form) => string): Promise<void> {
  for (const [file, form] of files)
    await writeFile(file, make(form)).catch((error: unknown) => {
      throw wrap(`write ${quote(file)}`, error);
    });
}
