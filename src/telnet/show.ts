/** `display`, `toggle`, `set` and `unset`: what the user may choose. */
import { formatKey, parseKey } from "../core/key.ts";
import { OPTIONS } from "../protocol/telnet/names.ts";
import { complaint, findWord } from "./abbreviations.ts";
import type { CommandContext } from "./command-context.ts";
import { TOGGLE_NAMES, TOGGLES, type Toggle } from "./settings.ts";

const SHOWN = [...TOGGLE_NAMES, "escape"] as const;
const KEYS = "^], ^T or ~, or none for no key";

/** Shows what the words name, or all. */
export function display(context: CommandContext, words: readonly string[]): undefined {
  const names = words.length === 0 || words[0] === "?" ? SHOWN : wordsOf(context, words, SHOWN);
  for (const name of names ?? []) context.say(lineOf(context, name));
}

/** Turns each of them to what it was not; none, where one of them is none. */
export function toggle(context: CommandContext, words: readonly string[]): undefined {
  const { say } = context;
  if (words.length === 0 || words[0] === "?")
    return say(TOGGLE_NAMES.map((name) => lineOf(context, name)).join("\n"));
  for (const name of wordsOf(context, words, TOGGLE_NAMES) ?? []) {
    turn(context, name);
    const wish = name === "binary" && context.connected ? ", if the server agrees" : "";
    say(`${lineOf(context, name)}${wish}`);
  }
}

export function set(context: CommandContext, words: readonly string[]): undefined {
  const [what = "", text, extra] = words;
  const { word } = findWord(["escape"], what);
  if (word === undefined || text === undefined || extra !== undefined)
    return context.say(`usage: set escape KEY\n    the key that opens this prompt: ${KEYS}`);
  const key = parseKey(text);
  if (key === undefined) return context.say(`?A key is one character: ${KEYS}.`);
  choose(context, key === "none" ? undefined : key);
}

export function unset(context: CommandContext, [what = "", extra]: readonly string[]): undefined {
  if (findWord(["escape"], what).word === undefined || extra !== undefined)
    return context.say("usage: unset escape\n    no key opens this prompt any more");
  choose(context, undefined);
}

/** As telnet says it. */
export function escapeLine(escape: number | undefined): string {
  return escape === undefined
    ? "No escape character."
    : `Escape character is '${formatKey(escape)}'.`;
}

function choose({ choices, connected, say }: CommandContext, key: number | undefined): undefined {
  choices.escape = key;
  say(escapeLine(key));
  if (key === undefined && connected)
    say("This prompt does not open again: only the server, or a signal, ends the session.");
}

/** Undefined, and said, where one of them is none. */
function wordsOf<W extends string>(
  { say }: CommandContext,
  words: readonly string[],
  names: readonly W[],
): W[] | undefined {
  const found: W[] = [];
  for (const typed of words) {
    const { word, ...others } = findWord(names, typed);
    if (word === undefined)
      return say(complaint(typed, "candidates" in others ? others.candidates : [], "setting"));
    found.push(word);
  }
  return found;
}

function turn({ choices, end, apply, connected }: CommandContext, name: Toggle): void {
  const { settings } = choices;
  if (name !== "binary") {
    settings[name] = !settings[name];
    return;
  }
  const on = connected ? !end.active("us", OPTIONS.BINARY) : choices.binary === undefined;
  choices.binary = on ? "both" : undefined;
  for (const side of ["us", "him"] as const)
    apply(on ? end.enable(side, OPTIONS.BINARY) : end.disable(side, OPTIONS.BINARY));
}

/** `crlf        off   Enter is sent as CR LF, not as CR NUL` */
function lineOf({ choices }: CommandContext, name: Toggle | "escape"): string {
  const { settings, escape, binary } = choices;
  if (name === "escape")
    return `${"escape".padEnd(12)}${escape === undefined ? "none" : formatKey(escape)}`;
  const on = name === "binary" ? binary !== undefined : settings[name];
  const state = on === undefined ? "auto" : on ? "on" : "off";
  const auto = on === undefined ? ", where lines are edited here" : "";
  return `${name.padEnd(12)}${state.padEnd(6)}${TOGGLES[name]}${auto}`;
}
