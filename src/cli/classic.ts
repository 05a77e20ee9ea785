/**
 * Reads a command line as getopt would, netcat's spellings included, into a mode and its canonical tokens:
 * `-lk 8080` is `listen --keep-open 8080`. Pure: it knows which letters take a value, not what the values mean.
 */
import type { Mode } from "./args.ts";
import {
  classicOptionNamed,
  optionLettered,
  optionNamed,
  OPTIONS,
  takesValue,
} from "./options/index.ts";
import { MODES, type Option } from "./options/option.ts";
import type { Personality } from "./personality.ts";

export interface OptionToken {
  readonly kind: "option";
  /** Canonical. */
  readonly name: string;
  /** A missing or superfluous one is judged later. */
  readonly value?: string;
  /** What was typed: `-w`, `--wait`. */
  readonly spelling: string;
}

export type Token =
  | OptionToken
  | { readonly kind: "operand"; readonly text: string }
  /** An option that no row knows. */
  | { readonly kind: "unknown"; readonly spelling: string };

export interface Line {
  readonly mode: Mode;
  readonly tokens: readonly Token[];
}

/**
 * A first operand that is a mode's name chooses the mode, and the letters of what follows; else -l makes it listen,
 * -L relay, and neither connect. `help` alone, or before a mode's name, is --help. With `words: false` every operand is
 * a place: `nc http 80` asks the host "http".
 */
export function classic(
  argv: readonly string[],
  personality: Personality,
  { words = true }: { words?: boolean } = {},
): Line {
  if (words && asksForHelp(argv)) return classic([...argv.slice(1), "--help"], personality);
  const tokens: Token[] = [];
  let word: Mode | undefined;
  let operands = 0;
  for (let at = 0; at < argv.length; at += 1) {
    const text = word === "scan" ? nmapWord(argv[at] ?? "") : (argv[at] ?? "");
    if (word === "doctor" && !isDoctors(argv.slice(at))) {
      // Somebody else's command line.
      for (const rest of argv.slice(text === "--" ? at + 1 : at))
        tokens.push({ kind: "operand", text: rest });
      break;
    }
    if (text === "--") {
      // Between the rules of a relay it only separates; elsewhere nothing after it is an option.
      if (word === "relay") continue;
      // What follows is a command: where it begins has to be known.
      if (word === "wait" || word === "free-port") tokens.push({ kind: "operand", text });
      for (const rest of argv.slice(at + 1)) tokens.push({ kind: "operand", text: rest });
      break;
    }
    if (isOperand(text, word)) {
      operands += 1;
      if (words && operands === 1 && isMode(text) && !has(tokens, "listen")) word = text;
      else tokens.push({ kind: "operand", text });
    } else if (text.startsWith("--")) {
      at += pushLong(tokens, text, argv[at + 1], word, personality);
    } else {
      at += pushLetters(tokens, text, argv[at + 1], word, personality);
    }
  }
  const mode =
    word ?? (has(tokens, "listen") ? "listen" : has(tokens, "local-forward") ? "relay" : "connect");
  if (mode !== "listen") return { mode, tokens };
  return { mode, tokens: tokens.filter((token) => !isNamed(token, "listen")) };
}

/** The tokens as words, options first: `["--wait=3", "--", "host", "80"]`. */
export function canonical(tokens: readonly Token[]): string[] {
  const options: string[] = [];
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "operand") operands.push(token.text);
    else if (token.kind === "unknown") options.push(token.spelling);
    else
      options.push(
        token.value === undefined ? `--${token.name}` : `--${token.name}=${token.value}`,
      );
  }
  return operands.length === 0 ? options : [...options, "--", ...operands];
}

/** `--name=value`, `--name value`, `--name`. Returns how many further words it took. */
function pushLong(
  tokens: Token[],
  text: string,
  next: string | undefined,
  word: Mode | undefined,
  personality: Personality,
): number {
  const equals = text.indexOf("=");
  const spelling = equals < 0 ? text : text.slice(0, equals);
  const name = meantBy(spelling.slice(2), word, personality);
  const row = word === undefined ? classicOptionNamed(name) : optionNamed(name, word);
  if (!row) {
    tokens.push({ kind: "unknown", spelling });
    return 0;
  }
  if (equals >= 0) {
    tokens.push(option(row, spelling, text.slice(equals + 1)));
    return 0;
  }
  return pushValued(tokens, row, spelling, next);
}

/** An option whose value, if any, is the next word. Returns how many words it took. */
function pushValued(
  tokens: Token[],
  row: Option,
  spelling: string,
  next: string | undefined,
): number {
  const value = takesValue(row) ? next : undefined;
  // Some stand alone as well: `-i`, `--watch`.
  const [bare, pattern = ""] = row.bare ?? [];
  if (
    bare !== undefined &&
    !(value !== undefined && new RegExp(`^(${pattern})$`, "i").test(value))
  ) {
    tokens.push(option(row, spelling, bare));
    return 0;
  }
  tokens.push(option(row, spelling, value));
  return value === undefined ? 0 : 1;
}

/** The option that a long name means: a personality's own, else ours, else the one of its own that begins so. */
function meantBy(name: string, word: Mode | undefined, { longs }: Personality): string {
  if (!longs || (word !== undefined && word !== "connect" && word !== "listen")) return name;
  if (Object.hasOwn(longs, name)) return longs[name] ?? name;
  if (classicOptionNamed(name)) return name;
  const begun = Object.keys(longs).filter((long) => long.startsWith(name));
  const [meaning, ...others] = new Set(begun.map((long) => longs[long]));
  return meaning !== undefined && others.length === 0 ? meaning : name;
}

/** `-lvnp8080`: flags up to the first letter that takes a value; the rest, or else the next word, is that value. */
function pushLetters(
  tokens: Token[],
  text: string,
  next: string | undefined,
  word: Mode | undefined,
  personality: Personality,
): number {
  const letters = Array.from(text).slice(1);
  for (const [index, letter] of letters.entries()) {
    const row = optionLettered(letter, word ?? "connect", personality.letters);
    const spelling = `-${letter}`;
    if (!row) {
      tokens.push({ kind: "unknown", spelling });
    } else if (!takesValue(row)) {
      tokens.push(option(row, spelling));
    } else {
      const attached = letters.slice(index + 1).join("");
      if (attached === "") return pushValued(tokens, row, spelling, next);
      tokens.push(option(row, spelling, attached));
      return 0;
    }
  }
  return 0;
}

function option(row: Option, spelling: string, value?: string): Token {
  const [name, fixed] = row.short ?? [row.name];
  // `--crlf=x` keeps its own name, so that the value is complained about under it.
  if (fixed !== undefined && value === undefined)
    return { kind: "option", name, value: fixed, spelling };
  return { kind: "option", name: row.name, spelling, ...(value !== undefined && { value }) };
}

/** nmap's names of two letters, which no other program has: `-iL hosts`, `-oG-`. */
function nmapWord(text: string): string {
  const row = OPTIONS.find(({ word }) => word !== undefined && text.startsWith(`-${word}`));
  if (row === undefined) return text;
  return text.length === 3 ? `--${row.name}` : `--${row.name}=${text.slice(3)}`;
}

/**
 * `-` is stdio, and `-80` a number out of range rather than the options 8 and 0; `-4` and `-6` are families. To telnet
 * `-8` is an option, and `-2323` the port 2323.
 */
function isOperand(text: string, word: Mode | undefined): boolean {
  const digits = word === "telnet" ? /^-[468]+$/ : /^-[46]+$/;
  // No option begins with another digit: `-1x` is a port that is none.
  const port = word === "telnet" ? /^-(\d+$|[0-3579])/ : /^-\d+$/;
  return !text.startsWith("-") || text === "-" || (port.test(text) && !digits.test(text));
}

/** Whether the first of what comes after `doctor` is an option of ours: help stands alone. */
function isDoctors([first = "", ...more]: readonly string[]): boolean {
  return first === "--json" || (more.length === 0 && /^(-h|-V|--help|--version)$/.test(first));
}

function asksForHelp([first, second, ...more]: readonly string[]): boolean {
  return first === "help" && more.length === 0 && (second === undefined || isMode(second));
}

function isMode(text: string): text is Mode {
  return MODES.some((mode) => mode === text);
}

/** Whether this flag is set: bare, or `--listen=true`. */
function has(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token) => isNamed(token, name) && token.value !== "false");
}

function isNamed(token: Token, name: string): token is OptionToken {
  return token.kind === "option" && token.name === name;
}
