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

/** Sends what each word names; nothing, where one of them is wrong. */
export function sendThings(context: CommandContext, words: readonly string[]): undefined {
  const { say } = context;
  if (words.length === 0 || words[0] === "?") {
    for (const [name, [, help]] of Object.entries(PLAIN)) say(`${name.padEnd(14)}${help}`);
    for (const [name, help] of Object.entries(OTHERS)) say(`${name.padEnd(14)}${help}`);
    return;
  }
  const acts: (() => void)[] = [];
  for (let at = 0; at < words.length; at++) {
    const typed = words[at] ?? "";
    const { word, ...found } = findWord(NAMES, typed);
    const verb = NEGOTIATIONS.find((one) => one === word);
    if (word === undefined)
      return say(complaint(typed, "candidates" in found ? found.candidates : [], "send argument"));
    const option = verb ? optionNumber(words[++at] ?? "") : undefined;
    if (verb && option === undefined)
      return say(`${noOption(words[at])} Say send ${verb} naws, or a number from 0 to 255.`);
    acts.push(() => (verb ? negotiate(context, verb, option ?? 0) : sendOne(context, word)));
  }
  for (const act of acts) act();
}

function noOption(name: string | undefined): string {
  return name === undefined ? "?Which option?" : `?No such option: ${JSON.stringify(name)}.`;
}

function sendOne({ send, say, choices, end }: CommandContext, word: string): undefined {
  const { escape } = choices;
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
  { end, apply }: CommandContext,
  verb: (typeof NEGOTIATIONS)[number],
  option: number,
): undefined {
  const side = verb === "do" || verb === "dont" ? "him" : "us";
  const yes = verb === "do" || verb === "will";
  apply(yes ? end.enable(side, option) : end.disable(side, option));
}
