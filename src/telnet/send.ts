/** `send`: telnet's own commands, by name. */
import { encodeCommand } from "../protocol/telnet/end.ts";
import { COMMANDS, OPTIONS, optionNumber, type CommandName } from "../protocol/telnet/names.ts";
import { askStatus } from "../protocol/telnet/status.ts";
import { complaint, findWord } from "./abbreviations.ts";
import type { CommandContext } from "./command-context.ts";

const PLAIN: Readonly<Record<string, readonly [CommandName, string]>> = {
  abort: ["ABORT", "abort the process"],
  ao: ["AO", "abort output"],
  ayt: ["AYT", "are you there?"],
  brk: ["BRK", "break"],
  ec: ["EC", "erase a character"],
  el: ["EL", "erase the line"],
  eof: ["EOF", "end of file"],
  eor: ["EOR", "end of record"],
  ga: ["GA", "go ahead"],
  ip: ["IP", "interrupt the process"],
  nop: ["NOP", "nothing"],
  susp: ["SUSP", "suspend the process"],
};

const OTHERS: Readonly<Record<string, string>> = {
  escape: "the escape character itself",
  getstatus: "ask what the server believes was agreed on (STATUS)",
  synch: "a data mark, in the stream: there is no urgent data in Node",
  "do OPTION": "ask the server to use an option: do echo, do 31",
  "dont OPTION": "and not to",
  "will OPTION": "offer to use an option",
  "wont OPTION": "and not to",
};

const NEGOTIATIONS = ["do", "dont", "will", "wont"] as const;
const NAMES = [...Object.keys(PLAIN), "escape", "getstatus", "synch", ...NEGOTIATIONS];

/** Sends what each word names. */
export function sendThings(context: CommandContext, words: readonly string[]): undefined {
  const { say } = context;
  if (words.length === 0 || words[0] === "?") {
    for (const [name, [, help]] of Object.entries(PLAIN)) say(`${name.padEnd(14)}${help}`);
    for (const [name, help] of Object.entries(OTHERS)) say(`${name.padEnd(14)}${help}`);
    return;
  }
  for (let at = 0; at < words.length; at++) {
    const typed = words[at] ?? "";
    const { word, ...found } = findWord(NAMES, typed);
    const verb = NEGOTIATIONS.find((one) => one === word);
    if (word === undefined)
      return say(complaint(typed, "candidates" in found ? found.candidates : [], "send argument"));
    if (verb) negotiate(context, verb, words[++at]);
    else sendOne(context, word);
  }
}

function sendOne({ send, say, escape, end }: CommandContext, word: string): undefined {
  const [command] = PLAIN[word] ?? [];
  if (command) return send(encodeCommand(command));
  switch (word) {
    case "escape":
      return escape === undefined
        ? say("?There is no escape character.")
        : send(end.encode(Uint8Array.of(escape)));
    case "synch":
      say(`Sent in the stream (${COMMANDS.DM}): Node cannot send urgent data.`);
      return send(encodeCommand("DM"));
    case "getstatus":
      if (!end.active("him", OPTIONS.STATUS)) return say("?The server does not tell its status.");
      return send(askStatus());
  }
}

function negotiate(
  { end, apply, say }: CommandContext,
  verb: (typeof NEGOTIATIONS)[number],
  name = "",
): undefined {
  const option = optionNumber(name);
  if (option === undefined) return say(`?Which option? send ${verb} naws, or its number.`);
  const side = verb === "do" || verb === "dont" ? "him" : "us";
  const yes = verb === "do" || verb === "will";
  apply(yes ? end.enable(side, option) : end.disable(side, option));
}
