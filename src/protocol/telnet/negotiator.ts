/** Which options are on: ours and the peer's, each by the Q method. Calls in, what to send and what changed out. */
import { encodeNegotiation, type TelnetVerb } from "../telnet.ts";
import { OPTIONS } from "./names.ts";
import { step, type QInput, type QState } from "./q-method.ts";

/** "us": what we do (our WILL, the peer's DO). "him": what the peer does. */
export type OptionSide = "us" | "him";

export interface Willingness {
  /** Options that we do where the peer asks for them. */
  readonly us?: Iterable<number>;
  /** Options that the peer may do where it offers them. */
  readonly him?: Iterable<number>;
}

/** What one input has led to. */
export interface Negotiated {
  /** To be sent: nothing, or one negotiation. */
  readonly send?: Uint8Array;
  /** The option has become active, or is so no more. */
  readonly changed?: {
    readonly side: OptionSide;
    readonly option: number;
    readonly active: boolean;
  };
}

const OPTION_COUNT = 256;

/** The state of both sides' options. It never sends more than one negotiation for one that was received. */
export class Negotiator {
  readonly #states: Readonly<Record<OptionSide, QState[]>> = {
    us: Array<QState>(OPTION_COUNT).fill("no"),
    him: Array<QState>(OPTION_COUNT).fill("no"),
  };
  readonly #willing: Readonly<Record<OptionSide, Set<number>>>;
  /** Refused already: a peer that asks again has been told. */
  readonly #refused: Readonly<Record<OptionSide, Set<number>>> = {
    us: new Set(),
    him: new Set(),
  };

  constructor({ us = [], him = [] }: Willingness = {}) {
    this.#willing = { us: new Set(us), him: new Set(him) };
  }

  /** What a negotiation of the peer's leads to. */
  receive(verb: TelnetVerb, option: number): Negotiated {
    const side = verb === "do" || verb === "dont" ? "us" : "him";
    const yes = verb === "do" || verb === "will";
    // RFC 860: a mark in time is asked for again and again, and has no state.
    if (option === OPTIONS["TIMING-MARK"] && side === "us" && this.#willing.us.has(option))
      return yes ? { send: encodeNegotiation("will", option) } : {};
    return this.#apply(side, option, yes ? "peer-yes" : "peer-no");
  }

  /** Asks for an option; nothing is sent where it is on, or asked for, already. */
  enable(side: OptionSide, option: number): Negotiated {
    this.#willing[side].add(option);
    this.#refused[side].delete(option);
    return this.#apply(side, option, "enable");
  }

  /** Turns an option off, and refuses it from now on. */
  disable(side: OptionSide, option: number): Negotiated {
    this.#willing[side].delete(option);
    return this.#apply(side, option, "disable");
  }

  active(side: OptionSide, option: number): boolean {
    return isActive(side, this.state(side, option));
  }

  state(side: OptionSide, option: number): QState {
    return this.#states[side][option] ?? "no";
  }

  /** The options of a side that are active, in their order. */
  actives(side: OptionSide): number[] {
    return this.#states[side].flatMap((state, option) => (isActive(side, state) ? option : []));
  }

  #apply(side: OptionSide, option: number, input: QInput): Negotiated {
    const before = this.state(side, option);
    const { next, send } = step(before, input, this.#willing[side].has(option));
    this.#states[side][option] = next;
    const active = isActive(side, next);
    return {
      ...(send && this.#isNews(side, option, before, next) && { send: encode(side, send, option) }),
      ...(active !== isActive(side, before) && { changed: { side, option, active } }),
    };
  }

  /** Whether it is more than the same refusal a second time. */
  #isNews(side: OptionSide, option: number, before: QState, next: QState): boolean {
    if (before !== "no" || next !== "no") return true;
    if (this.#refused[side].has(option)) return false;
    this.#refused[side].add(option);
    return true;
  }
}

/** What we have given up is off at once; what the peer is to give up is on until it says so. */
function isActive(side: OptionSide, state: QState): boolean {
  if (state === "yes") return true;
  return side === "him" && (state === "want-no" || state === "want-no-opposite");
}

function encode(side: OptionSide, answer: "yes" | "no", option: number): Uint8Array {
  const verb: TelnetVerb =
    side === "us" ? (answer === "yes" ? "will" : "wont") : answer === "yes" ? "do" : "dont";
  return encodeNegotiation(verb, option);
}
