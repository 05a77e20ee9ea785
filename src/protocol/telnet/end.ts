/**
 * One end of a telnet connection, client or server: the parser, the options and the line ends together. Bytes and calls
 * in; data, events and bytes to send out; no sockets.
 */
import { escapeIac, IAC, TelnetParser, type TelnetEvent } from "../telnet.ts";
import { COMMANDS, OPTIONS, type CommandName } from "./names.ts";
import { Negotiator, type Negotiated, type OptionSide, type Willingness } from "./negotiator.ts";
import { encodeNvt, NvtDecoder, type ReceivedNewline, type SentNewlines } from "./nvt.ts";
import { encodeStatus, readStatus } from "./status.ts";

export interface TelnetEndOptions extends Willingness {
  /** What a received CR LF becomes, outside BINARY. @default {"\r\n"} */
  readonly newline?: ReceivedNewline;
}

export type TelnetEndEvent =
  /** What the peer said, in text: bytes without IAC, line ends as asked for. A view of the chunk where it can be. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** To be sent as it is, now. It answers what was received. */
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "command"; readonly code: number }
  /** What the peer said of an option; its answer, if it gets one, follows as "send". */
  | Extract<TelnetEvent, { type: "negotiation" }>
  /** An option has become active, or is so no more. */
  | {
      readonly type: "option";
      readonly side: OptionSide;
      readonly option: number;
      readonly active: boolean;
    }
  /** Of an option that is active on either side; others are passed over. */
  | { readonly type: "subnegotiation"; readonly option: number; readonly bytes: Uint8Array }
  /** MCCP2 begins: `rest` and all that comes is deflated (RFC 1950), and what it inflates to is for `receive()`. */
  | { readonly type: "compressed"; readonly rest: Uint8Array };

/** The codec of one connection. */
export class TelnetEnd {
  readonly #parser = new TelnetParser(OPTIONS.MCCP2);
  readonly #negotiator: Negotiator;
  readonly #decoder: NvtDecoder;

  constructor({ newline = "\r\n", ...willing }: TelnetEndOptions = {}) {
    this.#negotiator = new Negotiator(willing);
    this.#decoder = new NvtDecoder(newline);
  }

  /** What these bytes lead to, in order. It stops where MCCP2 begins. */
  receive(chunk: Uint8Array): TelnetEndEvent[] {
    const all: TelnetEndEvent[] = [];
    for (let rest: Uint8Array | undefined = chunk; rest;) {
      let compressed = false;
      for (const event of this.#parser.push(rest)) {
        compressed = this.#compresses(event);
        all.push(...this.#received(event));
      }
      rest = this.#parser.takeRest();
      if (rest && compressed) return [...all, { type: "compressed", rest }];
    }
    return all;
  }

  /** RFC 1143: asks for an option. What is to be sent, and perhaps nothing. */
  enable(side: OptionSide, option: number): TelnetEndEvent[] {
    return outcome(this.#negotiator.enable(side, option));
  }

  disable(side: OptionSide, option: number): TelnetEndEvent[] {
    return outcome(this.#negotiator.disable(side, option));
  }

  active(side: OptionSide, option: number): boolean {
    return this.#negotiator.active(side, option);
  }

  actives(side: OptionSide): number[] {
    return this.#negotiator.actives(side);
  }

  /** Data as it is sent: its line ends outside BINARY, and every 255 twice. */
  encode(bytes: Uint8Array, newlines: SentNewlines = {}): Uint8Array {
    return escapeIac(this.active("us", OPTIONS.BINARY) ? bytes : encodeNvt(bytes, newlines));
  }

  /** What was kept of the data at the end of the stream. */
  flush(): Uint8Array {
    return this.#decoder.flush();
  }

  #compresses(event: TelnetEvent): boolean {
    if (event.type !== "subnegotiation" || event.option !== OPTIONS.MCCP2) return false;
    return this.active("him", OPTIONS.MCCP2);
  }

  #received(event: TelnetEvent): TelnetEndEvent[] {
    switch (event.type) {
      case "data":
        return this.#data(event.bytes);
      case "command":
        return [event];
      case "negotiation":
        return [event, ...outcome(this.#negotiator.receive(event.verb, event.option))];
      case "subnegotiation":
        return this.#subnegotiation(event.option, event.bytes);
    }
  }

  #data(bytes: Uint8Array): TelnetEndEvent[] {
    if (!this.active("him", OPTIONS.BINARY)) {
      const decoded = this.#decoder.decode(bytes);
      return decoded.length > 0 ? [{ type: "data", bytes: decoded }] : [];
    }
    const held = this.#decoder.flush();
    return [held, bytes]
      .filter(({ length }) => length > 0)
      .map((part) => ({ type: "data", bytes: part }));
  }

  #subnegotiation(option: number, bytes: Uint8Array): TelnetEndEvent[] {
    if (!this.active("us", option) && !this.active("him", option)) return [];
    const event: TelnetEndEvent = { type: "subnegotiation", option, bytes };
    const asked = option === OPTIONS.STATUS && this.active("us", option);
    if (!asked || readStatus(bytes) !== "send") return [event];
    return [event, { type: "send", bytes: encodeStatus(this.actives("us"), this.actives("him")) }];
  }
}

function outcome({ send, changed }: Negotiated): TelnetEndEvent[] {
  return [
    ...(send ? [{ type: "send" as const, bytes: send }] : []),
    ...(changed ? [{ type: "option" as const, ...changed }] : []),
  ];
}

/** `IAC AYT` and its like. */
export function encodeCommand(name: CommandName): Uint8Array {
  return Uint8Array.of(IAC, COMMANDS[name]);
}
