/** The commands of the prompt. */
import { formatKey, parseKey } from "../core/key.ts";
import { encodeMode, MODE_BITS } from "../protocol/telnet/linemode.ts";
import { OPTIONS } from "../protocol/telnet/names.ts";
import { complaint, findWord } from "./abbreviations.ts";
import type { CommandContext } from "./command-context.ts";
import type { Ending } from "./options.ts";
import { sendThings } from "./send.ts";
import { TOGGLE_NAMES, TOGGLES } from "./settings.ts";

/** Undefined: back to the session. */
type Outcome = Ending | undefined;

interface Command {
  readonly usage: string;
  readonly help: string;
  /** Makes no sense without a connection. */
  readonly connected?: true;
  run(context: CommandContext, words: readonly string[], rest: string): Outcome | Promise<Outcome>;
}

const COMMANDS = {
  close: { usage: "close", help: "close the connection and leave", run: leave },
  display: { usage: "display", help: "show the settings", run: display },
  environ: {
    usage: "environ define NAME VALUE | undefine NAME | list",
    help: "the variables that the server is told if it asks",
    run: environ,
  },
  help: { usage: "help [COMMAND]", help: "this, or more about one command (also ?)", run: help },
  logout: {
    usage: "logout",
    help: "ask the server to log you out",
    connected: true,
    run: ({ end, apply }) => apply(end.enable("him", OPTIONS.LOGOUT)),
  },
  mode: {
    usage: "mode character | line | [-]edit | [-]isig | [-]softtabs | [-]litecho",
    help: "send each key at once, or lines that are edited here",
    connected: true,
    run: mode,
  },
  open: {
    usage: "open HOST [[-]PORT]",
    help: "go to another host; a minus before the port negotiates at once",
    run: open,
  },
  quit: { usage: "quit", help: "close the connection and leave", run: leave },
  send: {
    usage: "send WHAT...",
    help: "send a telnet command; send ? lists them",
    connected: true,
    run: (context, words) => sendThings(context, words),
  },
  set: { usage: "set escape KEY", help: "the key that opens this prompt: ^], or off", run: set },
  status: {
    usage: "status",
    help: "where you are, and what was agreed on",
    run: ({ status, say }) => say(status().join("\n")),
  },
  toggle: {
    usage: "toggle WHAT...",
    help: "turn a setting on or off; toggle ? lists them",
    run: toggle,
  },
  unset: { usage: "unset escape", help: "no key opens this prompt any more", run: unset },
  z: { usage: "z", help: "suspend ncx; fg brings it back", run: suspend },
} as const satisfies Record<string, Command>;

type CommandWord = keyof typeof COMMANDS;
const WORDS = Object.keys(COMMANDS) as CommandWord[]; // its own keys

/** Runs a line that was typed at the prompt. An ending is the end of the session. */
export async function runCommand(line: string, context: CommandContext): Promise<Outcome> {
  const text = line.trim();
  if (text === "") return undefined;
  if (text.startsWith("!")) return shell(context, text.slice(1).trim());
  const [typed = "", ...words] = text.split(/\s+/);
  const { word, candidates } = foundWord(typed);
  if (word === undefined) return context.say(complaint(typed, candidates, "command"));
  const command: Command = COMMANDS[word];
  if (command.connected && !context.connected) return context.say("?Need to be connected first.");
  return await command.run(context, words, text.slice(typed.length).trim());
}

function foundWord(typed: string): {
  word?: CommandWord | undefined;
  candidates: readonly string[];
} {
  if (typed === "?") return { word: "help", candidates: [] };
  const found = findWord(WORDS, typed);
  return found.word === undefined ? found : { word: found.word, candidates: [] };
}

function leave(): Ending {
  return { reason: "quit" };
}

function open({ say, objection }: CommandContext, words: readonly string[]): Outcome {
  if (words.length < 1 || words.length > 2) return say(`usage: ${COMMANDS.open.usage}`);
  const wrong = objection(words);
  return wrong === undefined ? { reason: "quit", open: words } : say(`?${wrong}`);
}

function help({ say }: CommandContext, [typed]: readonly string[]): Outcome {
  if (typed !== undefined) {
    const { word, candidates } = foundWord(typed);
    if (word === undefined) return say(complaint(typed, candidates, "command"));
    return say(`${COMMANDS[word].usage}\n    ${COMMANDS[word].help}`);
  }
  for (const word of WORDS) say(`${word.padEnd(10)}${COMMANDS[word].help}`);
  say("!".padEnd(10) + "a shell; !COMMAND runs one line");
  say("Commands may be cut short. Enter alone goes back.");
  return undefined;
}

function display({ escape, settings, end, say }: CommandContext): undefined {
  const { localchars, ...flags } = settings;
  const on = {
    ...flags,
    binary: end.active("us", OPTIONS.BINARY),
    localchars: localchars ?? false,
  };
  for (const name of TOGGLE_NAMES) {
    const auto = name === "localchars" && localchars === undefined;
    const state = auto ? "where lines are edited here, it" : on[name] ? "will: it" : "won't: it";
    say(`${name.padEnd(12)}${state} ${TOGGLES[name]}`);
  }
  say(`${"escape".padEnd(12)}${escape === undefined ? "off" : formatKey(escape)}`);
}

function toggle(
  { settings, end, apply, say }: CommandContext,
  words: readonly string[],
): undefined {
  if (words.length === 0 || words[0] === "?")
    return say(TOGGLE_NAMES.map((name) => `${name.padEnd(12)}${TOGGLES[name]}`).join("\n"));
  for (const typed of words) {
    const { word: name, ...found } = findWord(TOGGLE_NAMES, typed);
    if (name === undefined) {
      say(complaint(typed, "candidates" in found ? found.candidates : [], "setting"));
    } else if (name === "binary") {
      const on = !end.active("us", OPTIONS.BINARY);
      for (const side of ["us", "him"] as const)
        apply(on ? end.enable(side, OPTIONS.BINARY) : end.disable(side, OPTIONS.BINARY));
      say(`${on ? "Will" : "Won't"}: ${TOGGLES.binary}, if the server agrees`);
    } else {
      settings[name] = !settings[name];
      say(`${settings[name] ? "Will" : "Won't"}: ${TOGGLES[name]}`);
    }
  }
}

function set(context: CommandContext, [what = "", text]: readonly string[]): undefined {
  if (findWord(["escape"], what).word === undefined || text === undefined)
    return context.say(`usage: ${COMMANDS.set.usage}`);
  const key = parseKey(text);
  if (key === undefined) return context.say("?A key is one character, ^ and a letter, or off.");
  context.escape = key === "none" ? undefined : key;
  context.say(escapeLine(context.escape));
}

function unset(context: CommandContext, [what = ""]: readonly string[]): undefined {
  if (findWord(["escape"], what).word === undefined)
    return context.say(`usage: ${COMMANDS.unset.usage}`);
  context.escape = undefined;
  context.say(escapeLine(undefined));
}

/** As telnet says it. */
export function escapeLine(escape: number | undefined): string {
  return escape === undefined
    ? "No escape character."
    : `Escape character is '${formatKey(escape)}'.`;
}

const LINEMODE_BITS = {
  edit: MODE_BITS.edit,
  isig: MODE_BITS.trapsig,
  litecho: MODE_BITS.litEcho,
  softtabs: MODE_BITS.softTab,
} as const;
const MODES = ["character", "line", "edit", "isig", "litecho", "softtabs"] as const;

function mode(context: CommandContext, [typed = ""]: readonly string[]): undefined {
  const { end, answers, apply, force, send, say } = context;
  const { word, ...found } = findWord(MODES, typed.replace(/^-/, ""));
  if (word === undefined || typed === "")
    return say(
      typed === "" || typed === "?"
        ? `usage: ${COMMANDS.mode.usage}`
        : complaint(typed, "candidates" in found ? found.candidates : [], "mode"),
    );
  if (word === "character" || word === "line") {
    // What telnetd takes for "one character at a time" without LINEMODE.
    const change = word === "character" ? "enable" : "disable";
    for (const option of [OPTIONS.SGA, OPTIONS.ECHO]) apply(end[change]("him", option));
    return force(word);
  }
  if (!end.active("us", OPTIONS.LINEMODE)) return say("?The server does not speak LINEMODE.");
  const bit = LINEMODE_BITS[word];
  answers.linemode = typed.startsWith("-") ? answers.linemode & ~bit : answers.linemode | bit;
  send(encodeMode(answers.linemode));
}

function environ({ answers, end, send, say }: CommandContext, words: readonly string[]): undefined {
  const [act = "", name, ...value] = words;
  const { word } = findWord(["define", "undefine", "list"], act);
  if (word === "list") {
    const variables = answers.variables();
    if (variables.length === 0) say("No variable is told to the server.");
    return say(variables.map((variable) => `${variable.name} ${variable.value ?? ""}`).join("\n"));
  }
  const complete =
    word === "undefine" ? name !== undefined : name !== undefined && value.length > 0;
  if (word === undefined || name === undefined || !complete)
    return say(`usage: ${COMMANDS.environ.usage}`);
  const news = answers.define(name, word === "define" ? value.join(" ") : undefined);
  if (end.active("us", OPTIONS["NEW-ENVIRON"])) send(news);
}

async function suspend({ terminal, say }: CommandContext): Promise<Outcome> {
  if (!terminal.suspend) return say("?There is no shell to go back to.");
  await terminal.suspend();
  return undefined;
}

async function shell({ terminal, say }: CommandContext, line: string): Promise<Outcome> {
  if (!terminal.shell) return say("?There is no terminal for a shell.");
  await terminal.shell(line);
  return undefined;
}
