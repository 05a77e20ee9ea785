/** The lines that the fast parser leaves alone, by yargs: what is wrong with them, and flags with a value (`--udp=false`). */
import type { Options as YargsOption } from "yargs";
import { NcxError, quote } from "../core/errors.ts";
import type { Args, Mode } from "./args.ts";
import { canonical } from "./classic.ts";
import type { Line, OptionToken } from "./classic.ts";
import { classicOptionNamed, optionNamed, OPTIONS, takesValue } from "./options/index.ts";
import type { Option } from "./options/index.ts";
import { Parsed } from "./parsed.ts";
import type { Personality } from "./personality.ts";
import { strayDelay } from "./stray-delay.ts";
import { nearest } from "./suggest.ts";
import { usage } from "./usage.ts";

/**
 * Reads a line with yargs.
 *
 * @throws {NcxError} USAGE, UNSUPPORTED as `parse` does.
 */
export async function parseSlowly(line: Line, personality: Personality): Promise<Args> {
  explain(line, personality);
  const found = await readByYargs(line);
  const parsed = new Parsed(line.mode, personality);
  parsed.operands.push(...found._.map(String));
  for (const row of rowsOf(line.mode)) {
    const spelling = spellingOf(row, line);
    for (const value of valuesOf(row, found[row.name])) {
      if (value === false) continue;
      if (row.short) parsed.take(target(row, line.mode), row.short[1], spelling);
      else parsed.take(row, String(value), spelling);
    }
  }
  return parsed.args();
}

/** What to take, in turn, a later value over an earlier one: all, because each has to be a good one. */
function valuesOf(row: Option, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (row.type === "count") return Array.from({ length: Number(value) });
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return row.type === "flag" ? values.slice(-1) : values;
}

type Found = { _: readonly (string | number)[] } & Readonly<Record<string, unknown>>;

async function readByYargs({ mode, tokens }: Line): Promise<Found> {
  const { default: yargs } = await import("yargs");
  const parser = yargs()
    .locale("en")
    .exitProcess(false)
    .help(false)
    .version(false)
    .strictOptions()
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "duplicate-arguments-array": true,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "short-option-groups": false,
    })
    .fail((message, error) => {
      throw error ?? new NcxError("USAGE", `Cannot read the command line: ${message}`);
    });
  for (const row of rowsOf(mode)) parser.option(row.name, yargsOption(row));
  return parser.parseSync(canonical(tokens));
}

function yargsOption({ type, aliases = [] }: Option): YargsOption {
  switch (type) {
    case "flag":
      return { type: "boolean", alias: aliases };
    case "count":
      return { type: "count", alias: aliases };
    default:
      // A string each, and an array when repeated: units, ranges and choices are coerce.ts's to read.
      return { type: "string", alias: aliases, requiresArg: true };
  }
}

/** Throws what is wrong with the options, the first of them first; returns when it is nothing of this. */
function explain(line: Line, personality: Personality): void {
  for (const [at, token] of line.tokens.entries()) {
    if (token.kind === "operand") continue;
    if (token.kind === "unknown") {
      const before = line.tokens[at - 1];
      const delay =
        /^-\d$/.test(token.spelling) && before?.kind === "option" && before.spelling === "-d";
      throw unknown(
        token.spelling,
        line.mode,
        delay ? `--delay ${token.spelling.slice(1)}` : undefined,
      );
    }
    explainOption(token, line.mode);
  }
  const delay = strayDelay(line, personality);
  if (delay === undefined) return;
  throw usage(`Cannot use -d "${delay}": -d takes no value`, `did you mean --delay ${delay}?`);
}

function explainOption({ name, value, spelling }: OptionToken, mode: Mode): void {
  const row = optionNamed(name, mode);
  if (!row) throw misplaced(name, spelling, mode);
  if (row.later) throw new NcxError("UNSUPPORTED", `Cannot use ${spelling}: not yet there`);
  if (row.refused !== undefined)
    throw new NcxError("UNSUPPORTED", `Cannot use ${spelling}: ${row.refused}`);
  if (takesValue(row) && value === undefined) {
    throw usage(
      `Cannot use ${spelling}: it needs a value`,
      `use ${spelling} ${row.placeholder ?? "VALUE"}`,
    );
  }
  if (takesValue(row) || value === undefined) return;
  if (row.type === "flag" && /^(true|false)$/.test(value)) return;
  throw usage(`Cannot use ${spelling} ${quote(value)}: it takes no value`, `use ${spelling} alone`);
}

function unknown(spelling: string, mode: Mode, instead?: string): NcxError {
  const message = `unknown option ${quote(spelling)}`;
  if (mode === "ports" && spelling === "-c")
    return usage(message, "use --program NAME for lsof's, --watch for netstat's");
  if (mode === "ports" && /^-\d$/.test(spelling))
    return usage(message, "for a process use --pid N, for a port the number alone");
  if (mode === "relay" && /^--(tls|ssl)$/.test(spelling))
    return usage(message, "write it into the address: tls:8443, tls:host:443");
  const whole = begun(spelling, rowsOf(mode)) === undefined ? begun(spelling, OPTIONS) : undefined;
  const own = instead ?? (whole ? undefined : suggestion(spelling, rowsOf(mode)));
  if (own !== undefined) return usage(message, `did you mean ${own}?`);
  const elsewhere = /^-[^-]$/.test(spelling)
    ? OPTIONS.find((row) => row.letter === spelling.slice(1))
    : (whole ?? named(suggestion(spelling, OPTIONS)?.slice(2)));
  // A letter that another netcat has not: the option itself is there.
  if (elsewhere?.modes.includes(mode)) return usage(message, `did you mean --${elsewhere.name}?`);
  if (elsewhere) {
    const shown = spelling.startsWith("--") ? `--${elsewhere.name}` : spelling;
    return usage(message, `${shown} is an option of ncx ${elsewhere.modes.join(", ")}`);
  }
  return usage(message, `ncx ${mode === "connect" ? "" : `${mode} `}--help lists the options`);
}

function suggestion(spelling: string, rows: readonly Option[]): string | undefined {
  if (!spelling.startsWith("--")) return undefined;
  const names = rows.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
  // -l makes the mode, so a misspelt --listen is never read in it.
  const name = nearest(spelling.slice(2).toLowerCase(), ["listen", ...names]);
  return name === undefined ? undefined : `--${name}`;
}

/** The option whose name begins so: what is meant, wherever it is an option. */
function begun(spelling: string, rows: readonly Option[]): Option | undefined {
  const word = spelling.slice(2).toLowerCase();
  if (!spelling.startsWith("--") || word.length < 3) return undefined;
  return rows.find((row) =>
    [row.name, ...(row.aliases ?? [])].some((name) => name.startsWith(word)),
  );
}

function misplaced(name: string, spelling: string, mode: Mode): NcxError {
  const row = classicOptionNamed(name) ?? OPTIONS.find((other) => other.name === name);
  const hint = row
    ? `${spelling} is an option of ncx ${row.modes.join(", ")}`
    : `ncx ${mode} --help lists the options`;
  return usage(`Cannot use ${spelling} in ${mode} mode: it has no meaning there`, hint);
}

function named(name: string | undefined): Option | undefined {
  return OPTIONS.find(
    (row) => name !== undefined && (row.name === name || row.aliases?.includes(name)),
  );
}

function rowsOf(mode: Mode): readonly Option[] {
  return OPTIONS.filter((row) => row.modes.includes(mode));
}

/** The row that this one is short for. */
function target(row: Option, mode: Mode): Option {
  return optionNamed(row.short?.[0] ?? row.name, mode) ?? row;
}

/** How the option was typed last. */
function spellingOf(row: Option, { mode, tokens }: Line): string {
  const typed = tokens.findLast(
    (token) => token.kind === "option" && optionNamed(token.name, mode) === row,
  );
  return typed?.kind === "option" ? typed.spelling : `--${row.name}`;
}
