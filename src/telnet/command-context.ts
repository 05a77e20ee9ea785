/** What the prompt's commands work on. */
import type { TelnetEnd, TelnetEndEvent } from "../protocol/telnet/end.ts";
import type { Answers } from "./answers.ts";
import type { Choices } from "./choices.ts";
import type { Terminal } from "./options.ts";

/** A session, or none yet. */
export interface CommandContext {
  readonly connected: boolean;
  readonly end: TelnetEnd;
  readonly answers: Answers;
  readonly choices: Choices;
  readonly terminal: Terminal;
  say(text: string): undefined;
  /** Bytes for the network, as they are. */
  send(bytes: Uint8Array): undefined;
  /** What a change of an option leads to. */
  apply(events: readonly TelnetEndEvent[]): undefined;
  /** Who edits lines from now on, whatever the negotiation says; undefined: as it says. */
  force(mode: "character" | "line"): undefined;
  /** Why nobody can go there, in words. */
  objection(open: readonly string[]): string | undefined;
  status(): readonly string[];
}
