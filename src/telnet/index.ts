/** The room of telnet's client: a session in a terminal, and its prompt. */
export { idlePrompt } from "./idle-prompt.ts";
export { session } from "./session.ts";
export { escapeLine } from "./commands.ts";
export type { Charset, Ending, SessionOptions, Terminal, TerminalMode } from "./options.ts";
