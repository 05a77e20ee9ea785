/**
 * What the user typed, as Args. Two ways, made from the same table and held equal by a fuzz test: a small one for
 * lines in which every option is well known and well used, and yargs, 40 ms of start-up away, for all others.
 */
import { quote } from "../core/errors.ts";
import type { Args, PersonalityName } from "./args.ts";
import { classic } from "./classic.ts";
import type { Line } from "./classic.ts";
import { optionNamed, takesValue } from "./options/index.ts";
import { Parsed } from "./parsed.ts";
import { isCalledTelnet, isPersonality, personalityCalled, PERSONALITIES } from "./personality.ts";
import type { Personality } from "./personality.ts";
import { strayDelay } from "./stray-delay.ts";
import { usage } from "./usage.ts";

export interface Caller {
  /** The base name of the command: `ncx`, `nc`, `ncat`. */
  readonly name: string;
  /** `NCX_COMPAT` is the personality where neither the name nor --compat tells. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the command line.
 *
 * @throws {NcxError} USAGE when it makes no sense; UNSUPPORTED for an option that is not there yet, or cannot be.
 */
export async function parse(argv: readonly string[], caller: Caller): Promise<Args> {
  const personality = personalityOf(argv, caller);
  const line = readLine(argv, caller, personality);
  const args = parseFast(line, personality);
  if (args) return args;
  const { parseSlowly } = await import("./parser-yargs.ts");
  return parseSlowly(line, personality);
}

/** The line in canonical form. Called `telnet`, it is a telnet line. Called `nc` or `ncat`, there are no mode words: `nc http 80` asks the host "http". */
export function readLine(argv: readonly string[], caller: Caller, personality: Personality): Line {
  if (isCalledTelnet(caller.name)) return classic(["telnet", ...argv], personality);
  return classic(argv, personality, { words: personalityCalled(caller.name) === undefined });
}

/**
 * Who to be: the last --compat, else the command's name, else NCX_COMPAT. Known before the line is read, because the
 * letters depend on it.
 */
export function personalityOf(argv: readonly string[], { name, env }: Caller): Personality {
  // What comes after `doctor` is about others.
  if (argv[0] === "doctor" && personalityCalled(name) === undefined) return PERSONALITIES.ncx;
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  let given: string | undefined;
  for (const [at, word] of words.entries()) {
    if (word === "--compat") given = words[at + 1];
    else if (word.startsWith("--compat=")) given = word.slice("--compat=".length);
  }
  // A bad --compat is told by the parser proper, a bad NCX_COMPAT by nobody else.
  if (given !== undefined) return PERSONALITIES[known(given) ?? "ncx"];
  const called = personalityCalled(name);
  if (called) return PERSONALITIES[called];
  const wanted = env["NCX_COMPAT"];
  if (wanted === undefined || wanted === "") return PERSONALITIES.ncx;
  const personality = known(wanted);
  if (personality) return PERSONALITIES[personality];
  const hint = `use ${Object.keys(PERSONALITIES).join(", ")}`;
  throw usage(`Cannot use NCX_COMPAT ${quote(wanted)}: not one of its values`, hint);
}

/** Args, or undefined when something in the line calls for an explanation or for more than the ordinary. */
export function parseFast({ mode, tokens }: Line, personality: Personality): Args | undefined {
  const parsed = new Parsed(mode, personality);
  for (const token of tokens) {
    if (token.kind === "operand") {
      parsed.operands.push(token.text);
      continue;
    }
    const row = token.kind === "option" ? optionNamed(token.name, mode) : undefined;
    if (token.kind === "unknown" || !row || row.later || row.refused !== undefined)
      return undefined;
    if (takesValue(row) !== (token.value !== undefined)) return undefined;
    parsed.take(row, token.value, token.spelling);
  }
  return strayDelay({ mode, tokens }, personality) === undefined ? parsed.args() : undefined;
}

function known(name: string): PersonalityName | undefined {
  const lower = name.toLowerCase();
  return isPersonality(lower) ? lower : undefined;
}
