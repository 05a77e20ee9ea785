/** What doctor has to say about a line: whose it is, what each flag is in every netcat, and the line in ncx. */
import { NcxError } from "../../core/errors.ts";
import { classicOptionNamed } from "../options/index.ts";
import type { Option } from "../options/index.ts";
import { baseName, findNetcats } from "./find.ts";
import { COMPARED, describeIn, meaningOf, NCX, PROGRAMS, rowOf, valueOf } from "./programs.ts";
import type { Meaning, Program } from "./programs.ts";
import { isComplete, means, readAs, understands } from "./reading.ts";
import type { Flag, Reading } from "./reading.ts";
import { remarksOn } from "./remarks.ts";
import { HIDDEN, maskWords, withoutLogin } from "./secrets.ts";
import { shellQuote } from "./shell-words.ts";
import { translate } from "./translate.ts";

/** A flag in one program. */
export interface Entry {
  /** The program, in short. */
  readonly program: string;
  /** `-w TIME`; undefined where the program has no such flag. */
  readonly spelling?: string;
  readonly does?: string;
}

export interface ExplainedFlag {
  readonly spelling: string;
  readonly value?: string;
  readonly programs: readonly Entry[];
  /** The same in ncx: `--idle-timeout TIME`, or why there is none. */
  readonly ncx: string;
}

export interface Explanation {
  /** Whose line it was read as. */
  readonly program: string;
  /** Why, where the name alone does not tell. */
  readonly why?: string;
  readonly flags: readonly ExplainedFlag[];
  readonly operands: readonly string[];
  /** The line in ncx. */
  readonly command: string;
  /** The line as it was, for ncx to be that program. */
  readonly compat?: string;
  /** Its flags that the program has not. */
  readonly unknown?: readonly string[];
  readonly remarks: readonly string[];
}

/**
 * Explains each netcat in a command line: one text as typed into a shell, or its words. Passwords are masked.
 *
 * @throws {NcxError} USAGE when there is none to explain, or a shell could not read the line.
 */
export function explain(given: readonly string[]): Explanation[] {
  return findNetcats(given).map(({ words, ignored }) => explainOne(maskWords(words), ignored));
}

function explainOne(words: readonly string[], ignored: readonly string[]): Explanation {
  const { candidates, rest, name } = whose(words);
  const reading = choose(candidates, rest);
  const { program } = reading;
  const why = reasonFor(reading, name, candidates);
  const { command, dropped, login } = translate(reading);
  const isReady = program.compat !== undefined && program.compat !== "ncx";
  const unknown = reading.flags.filter(({ meaning }) => meaning === undefined);
  const variable = login ? `NCX_PROXY_AUTH=${HIDDEN} ` : "";
  const as = ["ncx", "--compat", program.compat ?? "", ...withoutLogin(rest)];
  return {
    program: program.title,
    ...(why !== undefined && { why }),
    flags: distinct(reading.flags).map((flag) => explainFlag(flag, program)),
    operands: reading.operands,
    command: `${variable}${line(["ncx", ...command])}`,
    ...(isReady && { compat: `${means(reading, "proxy-auth") ? variable : ""}${line(as)}` }),
    ...(unknown.length > 0 && { unknown: distinct(unknown).map(({ spelling }) => spelling) }),
    remarks: [
      ...ignored.map((text) => `Left to the shell: ${text}`),
      ...dropped,
      ...remarksOn(reading),
      ...(login
        ? [`${HIDDEN} is USER:PASSWORD, which others can see among the words of a command`]
        : []),
    ],
  };
}

interface Whose {
  readonly candidates: readonly Program[];
  readonly rest: readonly string[];
  readonly name: string | undefined;
}

/** The programs that a line may be for, from its first words: `nc`, `/usr/bin/ncat`, `busybox nc`. */
function whose(words: readonly string[]): Whose {
  const name = baseName(words[0] ?? "");
  if (name === "busybox")
    return {
      candidates: PROGRAMS.filter((program) => program.name === "busybox"),
      rest: words.slice(2),
      name,
    };
  const candidates = PROGRAMS.filter(({ called }) => called.includes(name));
  return candidates.length > 0
    ? { candidates, rest: words.slice(1), name }
    : { candidates: PROGRAMS, rest: words, name: undefined };
}

/** Of the programs, the first that understands the line as a whole one, else the first that a name may be. */
function choose(candidates: readonly Program[], words: readonly string[]): Reading {
  const readings = candidates.map((program) => readAs(program, words));
  const understood = readings.filter(understands);
  const reading = understood.find(isComplete) ?? understood[0] ?? readings[0];
  if (!reading) throw new NcxError("INTERNAL", "Cannot explain a line: no program is known");
  return reading;
}

function reasonFor(
  reading: Reading,
  name: string | undefined,
  candidates: readonly Program[],
): string | undefined {
  const { program } = reading;
  const [first] = candidates;
  if (candidates.length === 1) return undefined;
  const fits = understands(reading)
    ? "the first that has every flag of it"
    : "for want of one that has every flag of it";
  if (name === undefined) return `no program is named; ${fits}`;
  if (program === first)
    return understands(reading)
      ? `${name} usually is`
      : `${name} usually is, though it has not every flag`;
  return `${name} may be several; ${fits}`;
}

function distinct(flags: readonly Flag[]): Flag[] {
  return flags.filter(
    (flag, at) =>
      flags.findIndex(
        ({ spelling, value }) => spelling === flag.spelling && value === flag.value,
      ) === at,
  );
}

function explainFlag({ spelling, value, words, meaning }: Flag, program: Program): ExplainedFlag {
  const programs = COMPARED.includes(program) ? COMPARED : [program, ...COMPARED];
  const shown = words ? line(words) : value;
  return {
    spelling,
    ...(shown !== undefined && { value: shown }),
    programs: programs.map((each) => entry(spelling, shown, each)),
    ncx: inNcx(meaning),
  };
}

function entry(spelling: string, given: string | undefined, program: Program): Entry {
  const meaning = meaningOf(spelling, program);
  if (meaning === undefined) return { program: program.short };
  const value = valueOf(meaning);
  const stray =
    value === undefined && given !== undefined ? `; takes no value: ${given} is an operand` : "";
  return {
    program: program.short,
    spelling: value === undefined ? spelling : `${spelling} ${value}`,
    does: describeIn(meaning, program) + fateOf(rowOf(meaning), program) + stray,
  };
}

/** How ncx spells a meaning, or why it cannot. */
export function inNcx(meaning: Meaning | undefined): string {
  if (meaning === undefined) return "-";
  if (typeof meaning !== "string") {
    if (meaning.rest) return inNcx("exec");
    if (meaning.ncx) return meaning.ncx.length > 0 ? line(meaning.ncx) : "the default";
    return `none: ${meaning.instead ?? "there is no such thing"}`;
  }
  const row = classicOptionNamed(meaning);
  if (!row) return "-";
  if (row.refused !== undefined) return `none: ${row.refused}`;
  const value = valueOf(meaning);
  const names = row.letter === undefined ? `--${row.name}` : `-${row.letter}, --${row.name}`;
  return `${names}${value === undefined ? "" : ` ${value}`}`;
}

/** In ncx: that it is refused, or does nothing. */
function fateOf(row: Option | undefined, program: Program): string {
  if (program !== NCX || !row) return "";
  if (row.refused !== undefined) return `: refused, ${row.refused}`;
  if (row.later) return ": not yet there";
  return typeof row.ignored === "string" ? `: no effect, ${row.ignored}` : "";
}

function line(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
