/** `environ`: the variables that the server may be told of (RFC 1572). */
import { OPTIONS } from "../protocol/telnet/names.ts";
import { findWord } from "./abbreviations.ts";
import type { CommandContext } from "./command-context.ts";

const ACTS = {
  define: ["NAME VALUE", "the server is told of it, now or when it asks"],
  undefine: ["NAME", "there is no such variable any more"],
  export: ["NAME", "the server is told of it again"],
  unexport: ["NAME", "the server is told of it no more; it is kept"],
  list: ["", "what there is; * is what the server is told of"],
} as const;
type Act = keyof typeof ACTS;
const NAMES = Object.keys(ACTS) as Act[]; // its own keys

export function environ(context: CommandContext, words: readonly string[]): undefined {
  const { choices, say } = context;
  const [typed = "", name, ...value] = words;
  const { word } = findWord(NAMES, typed);
  const takes = word === "list" ? 0 : 1;
  const wrong =
    word === undefined ||
    (takes === 0) !== (name === undefined) ||
    (word === "define") !== value.length > 0;
  if (wrong) return say(usage());
  if (word === "list") return list(context);
  const { variables } = choices;
  const known = variables.get(name ?? "");
  if (name === undefined || (word !== "define" && !known))
    return say(`?There is no variable ${name ?? ""}.`);
  if (word === "undefine") variables.delete(name);
  else if (word === "define") variables.set(name, { value: value.join(" "), exported: true });
  else variables.set(name, { value: known?.value ?? "", exported: word === "export" });
  tell(context, name);
}

/** RFC 1572 §3: INFO tells of a change as long as NEW-ENVIRON is on. */
function tell({ answers, choices, end, send, say }: CommandContext, name: string): undefined {
  const told = choices.variables.get(name)?.exported === true;
  if (end.active("us", OPTIONS["NEW-ENVIRON"])) {
    send(answers.news(name));
    return say(`The server is told that ${told ? `there is ${name}` : `${name} is gone`}.`);
  }
  return say(`The server is told of ${name} ${told ? "if it asks" : "no more"}.`);
}

function list({ choices, say }: CommandContext): undefined {
  const { variables } = choices;
  if (variables.size === 0) return say("No variable is told to the server.");
  for (const [name, { value, exported }] of variables)
    say(`${exported ? "*" : " "} ${name} ${value}`);
}

function usage(): string {
  const lines = NAMES.map((name) => {
    const [operands, help] = ACTS[name];
    return `    ${`${name} ${operands}`.padEnd(20)}${help}`;
  });
  return ["usage: environ WHAT", ...lines].join("\n");
}
