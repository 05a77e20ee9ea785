/** A client's options: which it takes on, and what it tells when it is asked. */
import { encodeCharset, readCharset } from "../protocol/telnet/charset.ts";
import type { TelnetEnd, TelnetEndEvent } from "../protocol/telnet/end.ts";
import { encodeEnviron, readEnviron, type Variable } from "../protocol/telnet/environ.ts";
import { encodeGmcp, readGmcp } from "../protocol/telnet/gmcp.ts";
import {
  KNOWN_MODES,
  modeAnswer,
  ownSpecials,
  readLinemode,
  refuseForwardmask,
  specialsAnswer,
} from "../protocol/telnet/linemode.ts";
import { OPTIONS } from "../protocol/telnet/names.ts";
import type { Willingness } from "../protocol/telnet/negotiator.ts";
import {
  encodeTerminalSpeed,
  encodeTerminalType,
  encodeWindowSize,
  readAsked,
} from "../protocol/telnet/terminal.ts";
import type { Choices } from "./choices.ts";
import type { Charset, SessionOptions, Terminal } from "./options.ts";

const { BINARY, ECHO, SGA, STATUS, NAWS, LFLOW, LINEMODE, CHARSET, EOR, MCCP2, GMCP } = OPTIONS;
const TTYPE = OPTIONS["TERMINAL-TYPE"];
const TSPEED = OPTIONS["TERMINAL-SPEED"];
const ENVIRON = OPTIONS["NEW-ENVIRON"];
const TIMING_MARK = OPTIONS["TIMING-MARK"];

/** Baud, sent and received: what every terminal program says. */
const SPEED = "38400,38400";

/** What a client agrees to. Without a terminal there is no size to tell. */
export function willingness(terminal: Terminal): Willingness {
  const size = terminal.size() ? [NAWS] : [];
  return {
    us: [
      BINARY,
      SGA,
      STATUS,
      TIMING_MARK,
      TTYPE,
      TSPEED,
      LFLOW,
      LINEMODE,
      ENVIRON,
      CHARSET,
      ...size,
    ],
    him: [BINARY, ECHO, SGA, STATUS, CHARSET, EOR, MCCP2, GMCP],
  };
}

/** What a client asks for by itself. */
export function opening(end: TelnetEnd, terminal: Terminal): TelnetEndEvent[] {
  const size = terminal.size() ? [NAWS] : [];
  return [
    ...end.enable("him", SGA),
    ...[TTYPE, ...size, TSPEED, LFLOW, LINEMODE, ENVIRON].flatMap((option) =>
      end.enable("us", option),
    ),
    ...end.enable("him", STATUS),
  ];
}

/** The answers of one session. */
export class Answers {
  readonly #terminal: Terminal;
  readonly #options: SessionOptions;
  readonly #variables: Choices["variables"];
  readonly #types: readonly string[];
  #nextType = 0;
  /** The bits of LINEMODE that the server has set. */
  linemode = 0;

  constructor(terminal: Terminal, options: SessionOptions, { variables }: Choices) {
    this.#terminal = terminal;
    this.#variables = variables;
    this.#options = options;
    this.#types = terminalTypes(options);
  }

  /** What is told once an option has become active. */
  activated(side: "us" | "him", option: number): Uint8Array | undefined {
    if (side === "us" && option === NAWS) return this.size();
    if (side === "us" && option === TTYPE) this.#nextType = 0;
    if (side === "us" && option === LINEMODE) return ownSpecials();
    if (side === "him" && option === GMCP)
      return encodeGmcp({ name: "Core.Hello", value: { client: "ncx" } });
    return undefined;
  }

  ended(side: "us" | "him", option: number): void {
    if (side === "us" && option === LINEMODE) this.linemode = 0;
  }

  size(): Uint8Array | undefined {
    const size = this.#terminal.size();
    return size && encodeWindowSize(size);
  }

  /** What is answered to a subnegotiation. */
  answer(option: number, bytes: Uint8Array): Uint8Array | undefined {
    switch (option) {
      case TTYPE:
        return readAsked(bytes) === "send" ? encodeTerminalType(this.#type()) : undefined;
      case TSPEED:
        return readAsked(bytes) === "send" ? encodeTerminalSpeed(SPEED) : undefined;
      case ENVIRON:
        return this.#environ(bytes);
      case CHARSET:
        return this.#charset(bytes);
      case LINEMODE:
        return this.#linemode(bytes);
      case GMCP: {
        const { name, value } = readGmcp(bytes);
        this.#options.onGmcp?.(name, value);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  /** RFC 1091: one name after the other; the last comes twice, and then they start again. */
  #type(): string {
    const type = this.#types[Math.min(this.#nextType, this.#types.length - 1)] ?? "UNKNOWN";
    this.#nextType = this.#nextType >= this.#types.length ? 0 : this.#nextType + 1;
    return type;
  }

  #environ(bytes: Uint8Array): Uint8Array | undefined {
    const asked = readEnviron(bytes);
    if (asked?.verb !== "send") return undefined;
    const wanted = ({ kind, name }: Variable): boolean =>
      asked.variables.length === 0 ||
      asked.variables.some((one) => one.kind === kind && (one.name === "" || one.name === name));
    return encodeEnviron({ verb: "is", variables: this.variables().filter(wanted) });
  }

  /** The variables that are told to who asks. */
  variables(): Variable[] {
    return [...this.#variables]
      .filter(([, { exported }]) => exported)
      .map(([name, { value }]) => ({
        kind: WELL_KNOWN.has(name) ? "var" : "uservar",
        name,
        value,
      }));
  }

  /** What an active NEW-ENVIRON is told of a variable that has changed. */
  news(name: string): Uint8Array {
    const chosen = this.#variables.get(name);
    const value = chosen?.exported ? chosen.value : undefined;
    const kind = WELL_KNOWN.has(name) ? "var" : "uservar";
    const variable: Variable = { kind, name, ...(value !== undefined && { value }) };
    return encodeEnviron({ verb: "info", variables: [variable] });
  }

  #charset(bytes: Uint8Array): Uint8Array | undefined {
    const message = readCharset(bytes);
    if (message?.verb === "table") return encodeCharset({ verb: "table" });
    if (message?.verb !== "request") return undefined;
    const own = CHARSET_NAMES[this.#options.charset ?? "utf-8"];
    const name = message.names.find((offered) => own.includes(offered.toUpperCase()));
    return encodeCharset(name === undefined ? { verb: "rejected" } : { verb: "accepted", name });
  }

  #linemode(bytes: Uint8Array): Uint8Array | undefined {
    const message = readLinemode(bytes);
    if (message?.type === "slc") return specialsAnswer(message.specials);
    if (message?.type === "forwardmask")
      return message.verb === 253 ? refuseForwardmask() : undefined;
    if (message?.type !== "mode") return undefined;
    const answer = modeAnswer(message.mask, this.linemode);
    if (answer) this.linemode = message.mask & KNOWN_MODES;
    return answer;
  }
}

/** RFC 1572 §3. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  "USER",
  "JOB",
  "ACCT",
  "PRINTER",
  "SYSTEMTYPE",
  "DISPLAY",
]);

const CHARSET_NAMES: Readonly<Record<Charset, readonly string[]>> = {
  "utf-8": ["UTF-8", "UTF8"],
  cp437: ["CP437", "IBM437", "437"],
  latin1: ["ISO-8859-1", "ISO_8859-1", "LATIN1"],
};

/** What a MUD is told of the terminal, as its third name (MTTS). */
const MTTS = { ansi: 1, vt100: 2, utf8: 4, colours256: 8, trueColour: 256 } as const;

function terminalTypes({
  terminalType = "unknown",
  trueColor,
  charset = "utf-8",
}: SessionOptions): string[] {
  if (charset === "cp437") return ["ANSI"]; // the only name that bulletin boards know
  const own = terminalType.replaceAll(/[^A-Za-z0-9._+-]/g, "").toUpperCase() || "UNKNOWN";
  if (own === "UNKNOWN" || own === "DUMB") return [own];
  const bits =
    MTTS.ansi +
    MTTS.vt100 +
    (charset === "utf-8" ? MTTS.utf8 : 0) +
    (/256COLOR|KITTY|ALACRITTY/.test(own) ? MTTS.colours256 : 0) +
    (trueColor ? MTTS.trueColour : 0);
  const family = own.startsWith("XTERM") ? "XTERM" : "ANSI";
  return [own, family, `MTTS ${bits}`];
}
