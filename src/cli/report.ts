/** The voice of the command line: what is said on stderr, as sentences or as events, never both. */
import { styleText } from "node:util";
import { carrierOf } from "../core/endpoint.ts";
import { describe, NcxError } from "../core/errors.ts";
import type { NcxEvent } from "../core/events.ts";
import type { Args } from "./args.ts";
import { failureLines } from "./failure.ts";
import { PERSONALITIES, type Personality } from "./personality.ts";
import { wordingFor, type Wording } from "./wording.ts";
import type { World } from "./world.ts";

export interface Reporter {
  /** The sentences of the netcat that we are. */
  readonly wording: Wording;
  /** `Ncx: <text>`, whatever the verbosity; muted by --quiet, and by --json, which says it as an event. */
  say(text: string): void;
  /** As `say`, from verbosity `level` on (1 is -v). */
  tell(level: number, text: string): void;
  /** As `tell`, a whole line of the wording's; undefined where this netcat has none. */
  news(level: number, line: string | undefined): void;
  /** One event: a line with --json, else nothing. */
  event(event: NcxEvent): void;
  /** One failure: one line and its hint, or an error event. `id` is the connection that it happened to. */
  fail(error: unknown, id?: number): void;
  /** In colour, where stderr is a terminal and NO_COLOR is unset; else the text as it is. */
  paint(style: "dim" | "red", text: string): string;
}

export type Voice = Pick<
  Args,
  "personality" | "verbose" | "numeric" | "quiet" | "jsonEvents" | "mode"
>;

export function makeReporter(voice: Voice, world: World): Reporter {
  const personality = PERSONALITIES[voice.personality];
  const wording = wordingFor(voice);
  const coloured = world.isTTY.stderr && !world.env["NO_COLOR"];
  const paint: Reporter["paint"] = (style, text) =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  // One program has one name: the sentences of telnet's client are telnet's.
  const named = (line: string): string =>
    voice.mode === "telnet" ? line.replace(/^Ncx: /, "telnet: ") : line;
  const write = (text: string): void => void world.stderr.write(text);
  const news = (level: number, line: string | undefined): void => {
    if (voice.quiet || voice.jsonEvents || voice.verbose < level || line === undefined) return;
    write(`${named(line)}\n`);
  };
  const tell = (level: number, text: string): void => news(level, `${personality.prefix}${text}`);
  return {
    wording,
    say: (text) => tell(0, text),
    tell,
    news,
    event: (event) => void (voice.jsonEvents && write(formatEvent(event))),
    fail(error, id) {
      if (voice.jsonEvents) write(formatEvent(errorEvent(error, id)));
      else if (!voice.quiet && isSaid(error, voice, personality)) {
        const lines = failureLines(error, personality.prefix, wording, voice.verbose).map(named);
        for (const [at, line] of lines.entries())
          write(`${at === 0 ? paint("red", line) : line}\n`);
      }
    },
    paint,
  };
}

/** OpenBSD nc keeps a failed connect to itself without -v. */
function isSaid(error: unknown, { verbose }: Voice, { saysFailure }: Personality): boolean {
  return saysFailure || verbose > 0 || !isUnreached(error);
}

/** Whether a host was not there to talk to, or has gone: no fault of the command, and not of a unix socket's path. */
export function isUnreached(error: unknown): boolean {
  const at = error instanceof NcxError && error.endpoint ? carrierOf(error.endpoint) : undefined;
  return (
    ["REFUSED", "TIMEOUT", "UNREACHABLE", "RESET"].includes(describe(error)[0]) &&
    at?.kind.startsWith("unix") !== true
  );
}

function formatEvent(event: NcxEvent): string {
  return `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
}

function errorEvent(error: unknown, id: number | undefined): NcxEvent {
  const known = error instanceof NcxError ? error : new NcxError("INTERNAL", String(error));
  return {
    type: "error",
    code: known.code,
    message: known.message,
    ...(known.hint !== undefined && { hint: known.hint }),
    ...(id !== undefined && { id }),
  };
}
