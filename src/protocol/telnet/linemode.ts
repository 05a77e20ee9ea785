/** Who edits the line. RFC 1184: MODE, and the special characters (SLC) as far as a client must answer them. */
import { encodeNegotiation, encodeSubnegotiation, IAC } from "../telnet.ts";
import { OPTIONS } from "./names.ts";

const MODE = 1;
const FORWARDMASK = 2;
const SLC = 3;

/** Bits of MODE. RFC 1184 §2.2. */
export const MODE_BITS = { edit: 1, trapsig: 2, ack: 4, softTab: 8, litEcho: 16 } as const;

/** All but the acknowledgement: soft tabs and literal echo are hints, and to be acknowledged as they are. */
export const KNOWN_MODES: number =
  MODE_BITS.edit | MODE_BITS.trapsig | MODE_BITS.softTab | MODE_BITS.litEcho;

/** Levels of an SLC, the low two bits of its modifiers. RFC 1184 §2.4. */
const NO_SUPPORT = 0;
const CANT_CHANGE = 1;
const VALUE = 2;
const DEFAULT = 3;
const LEVEL = 3;
const ACK = 128;

/** RFC 1184 §2.4, by function number: what the keys of a terminal do here. All others are not supported. */
const SPECIALS: ReadonlyMap<number, number> = new Map([
  [3, 0x03], // IP: ^C
  [4, 0x0f], // AO: ^O
  [5, 0x14], // AYT: ^T
  [7, 0x1c], // ABORT: ^\
  [8, 0x04], // EOF: ^D
  [9, 0x1a], // SUSP: ^Z
  [10, 0x7f], // EC
  [11, 0x15], // EL: ^U
  [12, 0x17], // EW: ^W
  [13, 0x12], // RP: ^R
  [14, 0x16], // LNEXT: ^V
  [15, 0x11], // XON: ^Q
  [16, 0x13], // XOFF: ^S
]);

/** SLC functions that exist. RFC 1184 §2.4: SLC_SYNCH is 1, SLC_EEOL is 30. */
const LAST_FUNCTION = 30;

export interface Special {
  readonly function: number;
  readonly modifiers: number;
  readonly value: number;
}

export type Linemode =
  | { readonly type: "mode"; readonly mask: number }
  | { readonly type: "slc"; readonly specials: readonly Special[] }
  /** DO or WILL, DONT or WONT of a FORWARDMASK. */
  | { readonly type: "forwardmask"; readonly verb: number };

export function readLinemode(bytes: Uint8Array): Linemode | undefined {
  const [first = 0, second = 0] = bytes;
  if (first === MODE && bytes.length === 2) return { type: "mode", mask: second };
  if (first === SLC) return { type: "slc", specials: readSpecials(bytes.subarray(1)) };
  if (first >= 251 && first < IAC && second === FORWARDMASK)
    return { type: "forwardmask", verb: first };
  return undefined;
}

/** Triples; an odd rest, and functions that do not exist, are passed over. */
function readSpecials(bytes: Uint8Array): Special[] {
  const specials = new Map<number, Special>();
  for (let at = 0; at + 2 < bytes.length; at += 3) {
    const [number = 0, modifiers = 0, value = 0] = bytes.subarray(at, at + 3);
    if (number <= LAST_FUNCTION) specials.set(number, { function: number, modifiers, value });
  }
  return [...specials.values()];
}

export function encodeMode(mask: number): Uint8Array {
  return encodeSubnegotiation(OPTIONS.LINEMODE, Uint8Array.of(MODE, mask & 0x1f));
}

function encodeSpecials(specials: readonly Special[]): Uint8Array {
  const bytes = specials.flatMap((special) => [special.function, special.modifiers, special.value]);
  return encodeSubnegotiation(OPTIONS.LINEMODE, Uint8Array.of(SLC, ...bytes));
}

/** The characters of this terminal, as a client tells them once LINEMODE is on. */
export function ownSpecials(): Uint8Array {
  const specials = Array.from({ length: LAST_FUNCTION }, (_, at): Special => {
    const value = SPECIALS.get(at + 1);
    if (value === undefined) return { function: at + 1, modifiers: NO_SUPPORT, value: 0 };
    return { function: at + 1, modifiers: VALUE, value };
  });
  return encodeSpecials(specials);
}

/**
 * What a client answers to a MODE: the same, acknowledged. An acknowledgement, and a mask that is set already, get none.
 * RFC 1184 §2.2; telnetd forgets the size of the window where a hint is left out.
 */
export function modeAnswer(mask: number, current: number): Uint8Array | undefined {
  if ((mask & MODE_BITS.ack) !== 0 || mask === current) return undefined;
  return encodeMode((mask & KNOWN_MODES) | MODE_BITS.ack);
}

/**
 * What is answered to specials: a change is acknowledged as it is, a question is answered with our own, and what was
 * acknowledged already is left alone. RFC 1184 §2.4 (and so two that agree come to rest).
 */
export function specialsAnswer(specials: readonly Special[]): Uint8Array | undefined {
  const answers = specials.flatMap((special) => specialAnswer(special) ?? []);
  return answers.length > 0 ? encodeSpecials(answers) : undefined;
}

function specialAnswer({ function: number, modifiers, value }: Special): Special | undefined {
  if ((modifiers & ACK) !== 0 || number === 0) return undefined;
  const own = SPECIALS.get(number);
  const level = modifiers & LEVEL;
  if (level === NO_SUPPORT || level === CANT_CHANGE)
    return own === undefined ? undefined : { function: number, modifiers: modifiers | ACK, value };
  if (own === undefined) return { function: number, modifiers: NO_SUPPORT, value: 0 };
  if (level === DEFAULT) return { function: number, modifiers: VALUE, value: own };
  return value === own ? undefined : { function: number, modifiers: modifiers | ACK, value };
}

/** A FORWARDMASK is refused: what is typed goes at the end of a line. */
export function refuseForwardmask(): Uint8Array {
  const [, wont = 0] = encodeNegotiation("wont", FORWARDMASK);
  return encodeSubnegotiation(OPTIONS.LINEMODE, Uint8Array.of(wont, FORWARDMASK));
}
