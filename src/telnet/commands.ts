/** The commands of the prompt. */
import { encodeMode, MODE_BITS } from "../protocol/telnet/linemode.ts";
import { OPTIONS } from "../protocol/telnet/names.ts";
import { complaint, findWord } from "./abbreviations.ts";
import type { CommandContext } from "./command-context.ts";
import { environ } from "./environ.ts";
import type { Ending } from "./options.ts";
import { sendThings } from "./send.ts";
import { display, set, toggle, unset } from "./show.ts";

/** Undefined: back to the session. */
type Outcome = Ending | undefined;

interface Command {
  readonly usage: string;
  readonly help: string;
  /** Makes no sense without a connection. */
  readonly connected?: true;
  /** Takes no words. */
  readonly alone?: true;
  run(context: CommandContext, words: readonly string[], rest: string): Outcome | Promise<Outcome>;
}

const COMMANDS = {
  close: {
    usage: "close",
    help: "close the connection and leave",
    connected: true,
    alone: true,
    run: leave,
  },
  display: { usage: "display [WHAT...]", help: "show the settings", run: display },
  environ: {
    usage: "environ define NAME VALUE | undefine | export | unexport NAME | list",
    help: "variables that the server may be told of (environ ? says more)",
    run: environ,
  },
  help: { usage: "help [COMMAND]", help: "this, or more about one command (also ?)", run: help },
  logout: {
    usage: "logout",
    help: "ask the server to log you out",
    connected: true,
    alone: true,
    run: ({ end, apply }) => apply(end.enable("him", OPTIONS.LOGOUT)),
  },
  mode: {
    usage: "mode character | line | [-]edit | [-]isig | [-]softtabs | [-]litecho",
    help: "send each key at once, or lines that are edited here (mode ? says more)",
    connected: true,
    run: mode,
  },
  open: {
    usage: "open HOST [[-]PORT]",
    help: "go to another host; a minus before the port negotiates at once",
    run: open,
  },
  quit: { usage: "quit", help: "close the connection and leave", alone: true, run: leave },
  send: {
    usage: "send WHAT...",
    help: "send a telnet command; send ? lists them",
    connected: true,
    run: (context, words) => sendThings(context, words),
  },
  set: {
    usage: "set escape KEY",
    help: "choose the key that opens this prompt: ^T, ~, or none",
    run: set,
  },
  status: {
    usage: "status",
    help: "where you are, and what was agreed on",
    alone: true,
    run: ({ status, say }) => say(status().join("\n")),
  },
  toggle: {
    usage: "toggle WHAT...",
    help: "turn a setting on or off; toggle ? lists them",
    run: toggle,
  },
  unset: { usage: "unset escape", help: "no key opens this prompt any more", run: unset },
  z: { usage: "z", help: "suspend ncx; fg brings it back", alone: true, run: suspend },
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
  if (command.alone && words.length > 0) return context.say(`usage: ${command.usage}`);
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

const SHELL = "![COMMAND]\n    a shell in this terminal; with a COMMAND one line of it";

/** What a command says of itself. */
const MORE: Partial<
  Record<CommandWord, (context: CommandContext, words: readonly string[]) => undefined>
> = { environ, mode, send: sendThings, toggle };

function help(context: CommandContext, [typed]: readonly string[]): Outcome {
  const { say } = context;
  if (typed === "!") return say(SHELL);
  if (typed !== undefined) {
    const { word, candidates } = foundWord(typed);
    if (word === undefined) return say(complaint(typed, candidates, "command"));
    if (word !== "environ" && word !== "mode") say(COMMANDS[word].usage);
    say(`    ${COMMANDS[word].help}`);
    return MORE[word]?.(context, ["?"]);
  }
  for (const word of WORDS) say(`${word.padEnd(10)}${COMMANDS[word].help}`);
  say("!".padEnd(10) + "a shell; !COMMAND runs one line");
  say("Commands may be cut short. help COMMAND says more.");
  if (context.connected) say("Enter alone goes back.");
  return undefined;
}

const LINEMODE_BITS = {
  edit: MODE_BITS.edit,
  isig: MODE_BITS.trapsig,
  litecho: MODE_BITS.litEcho,
  softtabs: MODE_BITS.softTab,
} as const;
const MODES = ["character", "line", "edit", "isig", "litecho", "softtabs"] as const;
const MODE_HELP: Readonly<Record<(typeof MODES)[number], string>> = {
  character: "each key is sent at once; the server edits and echoes",
  line: "lines are edited and shown here, and sent by Enter",
  edit: "LINEMODE: lines are edited here",
  isig: "LINEMODE: ^C, ^Z and ^\\ are sent as telnet commands",
  litecho: "LINEMODE: control characters are shown as they are, not as ^A",
  softtabs: "LINEMODE: tabs are shown as spaces",
};

function modeLine(name: (typeof MODES)[number]): string {
  return `    ${name.padEnd(12)}${MODE_HELP[name]}`;
}

function mode(context: CommandContext, [typed = "", extra]: readonly string[]): undefined {
  const { end, answers, apply, force, send, say } = context;
  const { word, ...found } = findWord(MODES, typed.replace(/^-/, ""));
  if (typed === "" || typed === "?" || extra !== undefined)
    return say([`usage: ${COMMANDS.mode.usage}`, ...MODES.map(modeLine)].join("\n"));
  if (word === undefined)
    return say(complaint(typed, "candidates" in found ? found.candidates : [], "mode"));
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
