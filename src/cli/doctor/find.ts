/** The netcats in what was pasted: behind `while ! `, `timeout 5` and the like, and in words that are lines themselves. */
import { NcxError } from "../../core/errors.ts";
import { cannot } from "../usage.ts";
import { PROGRAMS } from "./programs.ts";
import { splitShell } from "./shell-words.ts";
import { maskText } from "./secrets.ts";

export interface Found {
  /** From the program's name on; from a flag where the line begins with one. */
  readonly words: readonly string[];
  /** What else is there, in short: no word of it is shown that may be secret. */
  readonly ignored: readonly string[];
}

/** Words that only say how to run a command, or when. */
const PREFIX =
  /^(?:sudo|exec|command|env|nohup|time|if|elif|while|until|then|else|do|done|fi|!|\{|\}|[A-Za-z_]\w*=.*)$/s;
/** Programs whose words are names, and nothing that is run. */
const NAMING =
  /^(?:apk|apropos|apt|apt-get|aptitude|brew|cat|cd|chmod|cp|dnf|echo|git|grep|hash|info|kill|killall|ln|ls|man|mkdir|mv|pacman|pgrep|pidof|pkill|printf|rm|snap|touch|type|whatis|whereis|which|yum)$/;
/** Lines within lines that are looked into. */
const MAX_DEPTH = 4;

/**
 * Every netcat of a line, or of its words.
 *
 * @throws {NcxError} USAGE when there is none, or a shell could not read the line.
 */
export function findNetcats(given: readonly string[]): Found[] {
  const [only = "", ...more] = given;
  const { commands, dropped } =
    more.length > 0 ? { commands: [given], dropped: [] } : splitShell(only);
  const [words] = commands;
  if (!words) throw cannot("explain", "the command line is missing", "ncx doctor 'nc -lvp 8080'");
  // A line of flags alone is a netcat's whose name was left away.
  const found = words[0]?.startsWith("-")
    ? [{ words, ignored: commands.slice(1).flatMap(inShort) }]
    : inCommands(commands, 0);
  const [first, ...others] = found;
  if (!first)
    throw cannot("explain it", "no netcat in this line", "ncx doctor 'nc -lvp 8080', say");
  return [{ ...first, ignored: [...first.ignored, ...dropped.map(hideInput)] }, ...others];
}

/** What is left to the shell is told of once, with the first. */
function inCommands(commands: readonly (readonly string[])[], depth: number): Found[] {
  const each = commands.map((words) => inWords(words, depth));
  const idle = commands.filter((_, at) => each[at]?.length === 0).flatMap(inShort);
  const [first, ...others] = each.flat();
  return first ? [{ ...first, ignored: [...first.ignored, ...idle] }, ...others] : [];
}

function inWords(words: readonly string[], depth: number): Found[] {
  const at = words.findIndex((_, index) => isNetcat(words, index));
  const head = at < 0 ? words : words.slice(0, at);
  const names = isNaming(head);
  const own = at < 0 || names ? [] : [{ words: words.slice(at), ignored: inShort(head) }];
  // `echo` runs nothing, but for what the shell runs to have its words.
  const lines = words.filter((word) => /\s/.test(word) && (!names || /\$\(|`/.test(word)));
  return [...own, ...(depth < MAX_DEPTH ? lines.flatMap((line) => inWord(line, depth)) : [])];
}

/** `ProxyCommand=nc %h %p`, `nc -l 80`, `$(nc -l 80)`: a word that a shell or a program runs. */
function inWord(word: string, depth: number): Found[] {
  const text = word.replace(/^-{0,2}\w[\w.-]*[=:]/, "").replaceAll("$(", "(");
  try {
    return inCommands(splitShell(text).commands, depth + 1);
  } catch (error) {
    if (error instanceof NcxError) return []; // no line at all, then
    throw error;
  }
}

/** At the start of a command, or with words of its own: a last word is a host or a file. */
function isNetcat(words: readonly string[], at: number): boolean {
  const name = baseName(words[at] ?? "");
  const known =
    (name === "busybox" && baseName(words[at + 1] ?? "") === "nc") ||
    PROGRAMS.some(({ called }) => called.includes(name));
  return known && (at < words.length - 1 || words.slice(0, at).every((word) => PREFIX.test(word)));
}

function isNaming(head: readonly string[]): boolean {
  const [first = "", second = ""] = head.filter((word) => !PREFIX.test(word));
  const asks = /^-[vV]$/.test(first) && head.includes("command");
  return asks || NAMING.test(baseName(first === "-n" ? second : first));
}

/** Its program alone: what follows may be a password. */
function inShort(words: readonly string[]): string[] {
  const [name, ...rest] = words.filter((word) => !PREFIX.test(word));
  if (name === undefined || /\s/.test(name)) return [];
  return [`${maskText(name)}${rest.length > 0 ? " …" : ""}`];
}

/** `<<<` is followed by what is sent. */
function hideInput(text: string): string {
  return /^\d*<<</.test(text) ? "<<< …" : maskText(text);
}

/** `/usr/bin/NCAT.EXE`: `ncat`. */
export function baseName(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? "").replace(/\.exe$/i, "").toLowerCase();
}
