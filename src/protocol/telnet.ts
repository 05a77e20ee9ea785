/**
 * The telnet stream, both ways. RFC 854 (commands, negotiation), RFC 855 (subnegotiation). Bytes in, values out; no
 * sockets, and no opinion: what to answer is somebody else's.
 */

/** RFC 854: "Interpret as Command", which data has twice. */
export const IAC = 255;
const SB = 250;
const SE = 240;

const VERBS = { will: 251, wont: 252, do: 253, dont: 254 } as const;

export type TelnetVerb = keyof typeof VERBS;

export type TelnetEvent =
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** A command of two bytes: NOP, AYT, BRK and their like, by its number. */
  | { readonly type: "command"; readonly code: number }
  | { readonly type: "negotiation"; readonly verb: TelnetVerb; readonly option: number }
  | { readonly type: "subnegotiation"; readonly option: number; readonly bytes: Uint8Array };

/** Bytes that one subnegotiation may have; a longer one is passed over. */
export const MAX_SUBNEGOTIATION = 65_536;

/** Where the parser stands between two bytes. */
type State =
  | "data"
  | "iac"
  | TelnetVerb
  | "sub-option"
  | "sub"
  /** In a subnegotiation, after IAC. */
  | "sub-iac";

const VERB_OF: ReadonlyMap<number, TelnetVerb> = new Map(
  Object.entries(VERBS).map(([verb, code]) => [code, verb as TelnetVerb]), // the keys of VERBS
);

/** The verb of WILL, WONT, DO and DONT; undefined for every other command. */
export function verbOf(code: number): TelnetVerb | undefined {
  return VERB_OF.get(code);
}

/** Reads a telnet stream, however it is cut. It never throws, and keeps no more than one subnegotiation. */
export class TelnetParser {
  readonly #stopAfter: number | undefined;
  #rest: Uint8Array | undefined;
  #state: State = "data";
  #option = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** With `stopAfter`, the end of a subnegotiation of that option ends a push: see `takeRest()`. */
  constructor(stopAfter?: number) {
    this.#stopAfter = stopAfter;
  }

  /** What these bytes complete, in their order. Data without a doubled 255 is a view of `chunk`, valid as long as that. */
  push(chunk: Uint8Array): TelnetEvent[] {
    const events: TelnetEvent[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.#state === "data") at = this.#data(chunk, at, events);
      else if (this.#state === "sub") at = this.#sub(chunk, at);
      else this.#step(chunk[at] ?? 0, chunk.subarray(at, ++at), events);
      if (this.#stopAfter !== undefined && this.#stops(events.at(-1))) {
        this.#rest = chunk.subarray(at);
        break;
      }
    }
    return events;
  }

  /** The bytes of the last push that were not read, since it was stopped; undefined where it was not. */
  takeRest(): Uint8Array | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest;
  }

  #stops(last: TelnetEvent | undefined): boolean {
    return last?.type === "subnegotiation" && last.option === this.#stopAfter;
  }

  /** All up to the next IAC. */
  #data(chunk: Uint8Array, from: number, events: TelnetEvent[]): number {
    const iac = chunk.indexOf(IAC, from);
    const { bytes, end } =
      chunk[iac + 1] === IAC && iac >= 0 ? unescaped(chunk, from) : view(chunk, from, iac);
    if (bytes.length > 0) events.push({ type: "data", bytes });
    if (end === chunk.length) return end;
    this.#state = "iac";
    return end + 1;
  }

  #sub(chunk: Uint8Array, from: number): number {
    const iac = chunk.indexOf(IAC, from);
    const end = iac < 0 ? chunk.length : iac;
    this.#hold(chunk.subarray(from, end));
    if (iac < 0) return end;
    this.#state = "sub-iac";
    return end + 1;
  }

  #step(byte: number, itself: Uint8Array, events: TelnetEvent[]): void {
    switch (this.#state) {
      case "iac":
        return this.#command(byte, itself, events);
      case "sub-option":
        this.#option = byte;
        this.#state = "sub";
        return;
      case "sub-iac":
        return this.#subCommand(byte, itself, events);
      case "will":
      case "wont":
      case "do":
      case "dont":
        events.push({ type: "negotiation", verb: this.#state, option: byte });
        this.#state = "data";
        return;
      case "data":
      case "sub":
    }
  }

  #command(code: number, itself: Uint8Array, events: TelnetEvent[]): void {
    this.#state = verbOf(code) ?? (code === SB ? "sub-option" : "data");
    if (this.#state !== "data") return;
    if (code === IAC) events.push({ type: "data", bytes: itself });
    else events.push({ type: "command", code });
  }

  #subCommand(code: number, itself: Uint8Array, events: TelnetEvent[]): void {
    if (code === IAC) {
      this.#hold(itself);
      this.#state = "sub";
      return;
    }
    const bytes = Buffer.concat(this.#held);
    const whole = this.#heldBytes <= MAX_SUBNEGOTIATION;
    this.#held = [];
    this.#heldBytes = 0;
    // RFC 855 knows nothing but IAC and SE here: any other command has cut the subnegotiation off, and counts.
    if (code !== SE) return this.#command(code, itself, events);
    this.#state = "data";
    if (whole) events.push({ type: "subnegotiation", option: this.#option, bytes });
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes = Math.min(this.#heldBytes + bytes.length, MAX_SUBNEGOTIATION + 1);
    if (this.#heldBytes > MAX_SUBNEGOTIATION) this.#held = [];
    else if (bytes.length > 0) this.#held.push(Buffer.from(bytes));
  }
}

interface Run {
  readonly bytes: Uint8Array;
  readonly end: number;
}

function view(chunk: Uint8Array, from: number, iac: number): Run {
  const end = iac < 0 ? chunk.length : iac;
  return { bytes: chunk.subarray(from, end), end };
}

/** All up to an IAC that is not doubled within the chunk, in one piece: a stream of nothing but 255 is no worse than another. */
function unescaped(chunk: Uint8Array, from: number): Run {
  const bytes = Buffer.allocUnsafe(chunk.length - from);
  let length = 0;
  let at = from;
  for (; at < chunk.length; at++) {
    if (chunk[at] === IAC && chunk[++at] !== IAC)
      return { bytes: bytes.subarray(0, length), end: at - 1 };
    bytes[length++] = chunk[at] ?? IAC;
  }
  return { bytes: bytes.subarray(0, length), end: at };
}

/** Data as it goes on the wire: every 255 twice. The same bytes where there is none. */
export function escapeIac(bytes: Uint8Array): Uint8Array {
  if (bytes.indexOf(IAC) < 0) return bytes;
  let length = bytes.length;
  for (const byte of bytes) if (byte === IAC) length++;
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  for (const byte of bytes) {
    out[at++] = byte;
    if (byte === IAC) out[at++] = IAC;
  }
  return out;
}

/** `IAC WONT 24` and its like. */
export function encodeNegotiation(verb: TelnetVerb, option: number): Uint8Array {
  return Uint8Array.of(IAC, VERBS[verb], option);
}

/** `IAC SB option … IAC SE`. RFC 855: a 255 among the parameters is doubled. */
export function encodeSubnegotiation(option: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(IAC, SB, option), escapeIac(bytes), Uint8Array.of(IAC, SE)]);
}

/**
 * The refusal that an event asks for: DO with WONT, WILL with DONT. RFC 854: to agree to what is so already, nothing is
 * sent; so WONT and DONT get no answer, and two that refuse everything come to rest.
 */
export function refusalOf(event: TelnetEvent): Uint8Array | undefined {
  if (event.type !== "negotiation") return undefined;
  if (event.verb === "do") return encodeNegotiation("wont", event.option);
  return event.verb === "will" ? encodeNegotiation("dont", event.option) : undefined;
}
