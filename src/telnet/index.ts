/** The room of telnet's client: a session in a terminal, and its prompt. */
export { idlePrompt } from "./idle-prompt.ts";
export { session } from "./session.ts";
export { firstChoices, type Choices } from "./choices.ts";
export { escapeLine } from "./show.ts";
export type { Charset, Counts, Ending, SessionOptions, Terminal, TerminalMode } from "./options.ts";
