/** What each end believes to be on. RFC 859. */
import { encodeSubnegotiation, encodeNegotiation, verbOf, type TelnetVerb } from "../telnet.ts";
import { OPTIONS } from "./names.ts";

const IS = 0;
const SEND = 1;
const SB = 250;
const SE = 240;

export interface Believed {
  readonly verb: TelnetVerb;
  readonly option: number;
}

export type Status = "send" | { readonly is: readonly Believed[] };

export function askStatus(): Uint8Array {
  return encodeSubnegotiation(OPTIONS.STATUS, Uint8Array.of(SEND));
}

/** What is on: WILL for each option of the sender's, DO for each of the other end's. */
export function encodeStatus(will: readonly number[], want: readonly number[]): Uint8Array {
  const pairs = [
    ...will.map((option) => encodeNegotiation("will", option)),
    ...want.map((option) => encodeNegotiation("do", option)),
  ];
  // RFC 859 §4: among the parameters, SE is doubled as IAC is.
  const bytes = pairs.flatMap(([, verb = 0, option = 0]) => [
    verb,
    option,
    ...(option === SE ? [SE] : []),
  ]);
  return encodeSubnegotiation(OPTIONS.STATUS, Uint8Array.of(IS, ...bytes));
}

/** Reads a STATUS. The parameters of options that it may tell are passed over. */
export function readStatus(bytes: Uint8Array): Status | undefined {
  if (bytes[0] === SEND) return "send";
  if (bytes[0] !== IS) return undefined;
  const is: Believed[] = [];
  for (let at = 1; at + 1 < bytes.length;) {
    const [code = 0, option = 0] = bytes.subarray(at, at + 2);
    const verb = verbOf(code);
    if (verb) is.push({ verb, option });
    at = code === SB ? endOf(bytes, at) : at + (option === SE ? 3 : 2);
  }
  return { is };
}

/** After the SE that is not doubled. */
function endOf(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(SE, from);
  while (at >= 0 && bytes[at + 1] === SE) at = bytes.indexOf(SE, at + 2);
  return at < 0 ? bytes.length : at + 1;
}
