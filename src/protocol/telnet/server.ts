/**
 * The server of a terminal: what it offers, what it learns of the client, and what the client's commands are as keys.
 * RFC 854, 857, 858, 1073, 1091, 1572. Pure: bytes in, events out.
 */
import { encodeNegotiation, escapeIac } from "../telnet.ts";
import { encodeCharset, readCharset } from "./charset.ts";
import { EchoFilter } from "./echo-filter.ts";
import { TelnetEnd, encodeCommand, type TelnetEndEvent } from "./end.ts";
import { encodeEnviron, readEnviron, type Environ } from "./environ.ts";
import { COMMANDS, OPTIONS } from "./names.ts";
import type { SideEvent, TelnetSide } from "./side.ts";
import { askTerminalType, readAsked, readWindowSize, terminalOf } from "./terminal.ts";

/** What the client has told of itself, as far as it may be believed. */
export interface TelnetClient {
  /** For TERM: small letters, digits and `._+-`. */
  terminal?: string;
  /** In characters, 1 to {@link MAX_SIDE}. */
  size?: { readonly columns: number; readonly rows: number };
  /** Variables of the whitelist alone, with plain values. */
  readonly environment: Map<string, string>;
}

/** Characters that a window may have on a side: programs take memory for each cell. */
export const MAX_SIDE = 1000;
/** A client that names no terminal that can be one is asked for its next name so many times in all. */
const MOST_NAMES = 4;
const USUAL = { columns: 80, rows: 24 };

/** Commands, as the keys that a terminal has for them. */
const KEYS: ReadonlyMap<number, number> = new Map([
  [COMMANDS.IP, 0x03],
  [COMMANDS.BRK, 0x1c], // what a client makes of its QUIT key without LINEMODE
  [COMMANDS.EC, 0x7f],
  [COMMANDS.EL, 0x15],
  [COMMANDS.EOF, 0x04],
  [COMMANDS.SUSP, 0x1a],
  [COMMANDS.ABORT, 0x1c],
]);

const ASKED_FOR = ["TERM", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_TIME", "COLORTERM"];
const YES: Uint8Array = Buffer.from("\r\n[Yes]\r\n");

/**
 * Whether the environment of a program may have this from a stranger. Anything more would be a way in: LD_PRELOAD, PATH,
 * IFS, ENV, BASH_ENV, and a USER of `-f root`, have each been one.
 */
export function isHarmless(name: string, value: string): boolean {
  return /^(LANG|COLORTERM|LC_[A-Z]{1,20})$/.test(name) && /^[A-Za-z0-9._@-]{1,64}$/.test(value);
}

export interface TelnetServerOptions {
  /** The client's window has got this size. */
  readonly onSize?: (columns: number, rows: number) => void;
}

export class TelnetServer implements TelnetSide {
  readonly client: TelnetClient = { environment: new Map() };
  readonly #options: TelnetServerOptions;
  readonly #end = new TelnetEnd({
    us: [OPTIONS.BINARY, OPTIONS["TIMING-MARK"], OPTIONS.STATUS, OPTIONS.LOGOUT],
    him: [OPTIONS.BINARY, OPTIONS.SGA, OPTIONS.CHARSET],
    newline: "\r",
  });
  /** What was asked, and is not answered yet. */
  readonly #open = new Set<number>([
    OPTIONS["TERMINAL-TYPE"],
    OPTIONS.NAWS,
    OPTIONS["NEW-ENVIRON"],
  ]);
  #names = 0;
  #speaks = false;
  /** For a client that has taken the echo over: lines are edited there. */
  #echo: EchoFilter | undefined;

  constructor(options: TelnetServerOptions = {}) {
    this.#options = options;
  }

  /** Whether the client has answered all that we want to know before a program starts. */
  get settled(): boolean {
    return this.#open.size === 0;
  }

  /** Whether the client leaves it to us to show what it types. */
  get echoes(): boolean {
    return this.#end.active("us", OPTIONS.ECHO);
  }

  start(): Uint8Array {
    const offers = [
      ...this.#end.enable("us", OPTIONS.ECHO),
      ...this.#end.enable("us", OPTIONS.SGA),
      ...this.#end.enable("him", OPTIONS["TERMINAL-TYPE"]),
      ...this.#end.enable("him", OPTIONS.NAWS),
      ...this.#end.enable("him", OPTIONS["NEW-ENVIRON"]),
    ];
    const sent = offers.flatMap((event) => (event.type === "send" ? event.bytes : []));
    return Buffer.concat([...sent, encodeNegotiation("dont", OPTIONS.LINEMODE)]);
  }

  receive(chunk: Uint8Array): SideEvent[] {
    return this.#end.receive(chunk).flatMap((event) => this.#received(event));
  }

  flush(): Uint8Array {
    return this.#end.flush();
  }

  /** A client that has said nothing of telnet is no telnet client: a NUL after each CR would only be in its way. */
  encode(bytes: Uint8Array): Uint8Array {
    const shown = this.#echo?.shown(bytes) ?? bytes;
    return this.#speaks ? this.#end.encode(shown) : escapeIac(shown);
  }

  #received(event: TelnetEndEvent): SideEvent[] {
    switch (event.type) {
      case "data":
        this.#echo?.typed(event.bytes);
        return [event];
      case "send":
        return [event];
      case "command":
        return this.#command(event.code);
      case "negotiation":
        this.#speaks = true;
        if (event.verb === "wont") this.#open.delete(event.option);
        return [];
      case "option":
        if (event.side === "us" && event.option === OPTIONS.ECHO)
          this.#echo = event.active ? undefined : new EchoFilter();
        return event.active ? this.#agreed(event) : [];
      case "subnegotiation":
        return this.#told(event.option, event.bytes);
      case "compressed":
        return []; // MCCP2 is never agreed to
    }
  }

  #command(code: number): SideEvent[] {
    this.#speaks = true;
    const key = KEYS.get(code);
    if (key !== undefined) {
      this.#echo?.typed(Uint8Array.of(key));
      return [{ type: "data", bytes: Uint8Array.of(key) }];
    }
    if (code === COMMANDS.AYT) return [{ type: "send", bytes: YES }];
    // RFC 854: the output's end is marked. What the terminal has taken already cannot be called back.
    return code === COMMANDS.AO ? [{ type: "send", bytes: encodeCommand("DM") }] : [];
  }

  #agreed({ side, option }: { side: "us" | "him"; option: number }): SideEvent[] {
    if (side === "us") return option === OPTIONS.LOGOUT ? [{ type: "logout" }] : [];
    // Once: whoever takes it back and offers it again is not asked again.
    if (!this.#open.has(option)) return [];
    if (option === OPTIONS["TERMINAL-TYPE"]) return this.#askName();
    if (option !== OPTIONS["NEW-ENVIRON"]) return [];
    const variables = ASKED_FOR.map((name) => ({ kind: "uservar", name }) as const);
    return [{ type: "send", bytes: encodeEnviron({ verb: "send", variables }) }];
  }

  #askName(): SideEvent[] {
    this.#names += 1;
    return [{ type: "send", bytes: askTerminalType() }];
  }

  #told(option: number, bytes: Uint8Array): SideEvent[] {
    if (option === OPTIONS["TERMINAL-TYPE"]) return this.#named(bytes);
    if (option === OPTIONS.CHARSET) return answerCharset(bytes);
    if (option === OPTIONS.NAWS) this.#sized(bytes);
    if (option === OPTIONS["NEW-ENVIRON"]) this.#takeEnvironment(readEnviron(bytes));
    return [];
  }

  #named(bytes: Uint8Array): SideEvent[] {
    const answer = readAsked(bytes);
    // Only an answer counts, and only to what is open.
    if (!this.#open.has(OPTIONS["TERMINAL-TYPE"]) || this.#names === 0) return [];
    if (answer === undefined || answer === "send") return [];
    const name = terminalOf(answer.is);
    if (name === undefined && this.#names < MOST_NAMES) return this.#askName();
    if (name !== undefined) this.client.terminal = name;
    this.#open.delete(OPTIONS["TERMINAL-TYPE"]);
    return [];
  }

  #sized(bytes: Uint8Array): void {
    const size = readWindowSize(bytes);
    if (!size) return;
    const { columns, rows } = this.client.size ?? USUAL;
    // RFC 1073: 0 is "you decide".
    const clamp = (side: number, usual: number): number => Math.min(side || usual, MAX_SIDE);
    const now = { columns: clamp(size.columns, columns), rows: clamp(size.rows, rows) };
    const same = now.columns === this.client.size?.columns && now.rows === this.client.size.rows;
    this.client.size = now;
    this.#open.delete(OPTIONS.NAWS);
    if (!same) this.#options.onSize?.(now.columns, now.rows);
  }

  #takeEnvironment(environ: Environ | undefined): void {
    if (!environ || environ.verb === "send") return;
    for (const { name, value = "" } of environ.variables) {
      if (isHarmless(name, value)) this.client.environment.set(name, value);
      const terminal = name === "TERM" ? terminalOf(value) : undefined;
      if (terminal !== undefined) this.client.terminal ??= terminal;
    }
    this.#open.delete(OPTIONS["NEW-ENVIRON"]);
  }
}

/** RFC 2066: the bytes pass as they are, so that it is UTF-8 if it is to be anything. */
function answerCharset(bytes: Uint8Array): SideEvent[] {
  const message = readCharset(bytes);
  if (message?.verb === "table") return [{ type: "send", bytes: encodeCharset(message) }];
  if (message?.verb !== "request") return [];
  const name = message.names.find((each) => /^utf-?8$/i.test(each));
  const answer =
    name === undefined ? ({ verb: "rejected" } as const) : { verb: "accepted" as const, name };
  return [{ type: "send", bytes: encodeCharset(answer) }];
}
