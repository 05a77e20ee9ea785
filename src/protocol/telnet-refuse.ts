/** `-t`: a plain connection to a telnet server. Whatever it proposes is refused, and the user sees none of it. */
import type { Writable } from "node:stream";
import type { Connection, Inline } from "../stream/connection.ts";
import { inlineFilter } from "../stream/filters/inline.ts";
import { answering, type TelnetFilters } from "./telnet/answering.ts";
import {
  encodeNegotiation,
  escapeIac,
  IAC,
  refusalOf,
  TelnetParser,
  verbOf,
  type TelnetVerb,
} from "./telnet.ts";

/**
 * What a netcat makes of telnet: "strips" shows the data alone and doubles 255 in what is sent. The others show every
 * byte and send what they are given; "answers" looks for proposals in all that is read, "answers-first" at its beginning.
 */
export type TelnetWay = "strips" | "answers" | "answers-first";

/** The filters of one direction each, for a link whose right side is the peer. `onAnswer` sees each answer that is sent. */
export function refuseTelnet(
  way: TelnetWay,
  onAnswer?: (connection: Connection, answer: Uint8Array) => void,
): TelnetFilters {
  const received = (connection: Connection, peer: Writable): Inline => {
    const answer = answering(peer, (bytes) => onAnswer?.(connection, bytes));
    return way === "strips" ? stripping(answer) : watching(way, answer);
  };
  const backward = inlineFilter(received);
  return { forward: way === "strips" ? [inlineFilter(() => escapeIac)] : [], backward: [backward] };
}

function stripping(answer: (bytes: Uint8Array[]) => void): Inline {
  const parser = new TelnetParser();
  return (chunk) => {
    const events = parser.push(chunk);
    answer(events.flatMap((event) => refusalOf(event) ?? []));
    const data = events.flatMap((event) => (event.type === "data" ? event.bytes : []));
    const [only] = data;
    return only && data.length === 1 ? only : Buffer.concat(data);
  };
}

function watching(way: TelnetWay, answer: (bytes: Uint8Array[]) => void): Inline {
  return (chunk) => {
    answer(literalAnswers(chunk, way === "answers-first"));
    return chunk;
  };
}

const OPPOSITES: Readonly<Record<TelnetVerb, TelnetVerb>> = {
  will: "dont",
  wont: "dont",
  do: "wont",
  dont: "wont",
};

/** As the netcats answer: WONT and DONT as well, and nothing is known of doubled bytes or of the chunk before. */
export function literalAnswers(chunk: Uint8Array, onlyFirst: boolean): Uint8Array[] {
  const answers: Uint8Array[] = [];
  for (let at = chunk.indexOf(IAC); at >= 0 && at + 2 < chunk.length;) {
    if (onlyFirst && at !== answers.length * 3) break;
    const [, code = 0, option = 0] = chunk.subarray(at, at + 3);
    const verb = verbOf(code);
    if (verb) answers.push(encodeNegotiation(OPPOSITES[verb], option));
    at = chunk.indexOf(IAC, at + (verb ? 3 : 1));
  }
  return answers;
}
