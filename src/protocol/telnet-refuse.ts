/** `-t`: a plain connection to a telnet server. Whatever it proposes is refused, and the user sees none of it. */
import { Transform } from "node:stream";
import type { Connection, Filter } from "../stream/connection.ts";
import {
  encodeNegotiation,
  escapeIac,
  IAC,
  refusalOf,
  TelnetParser,
  verbOf,
  type TelnetVerb,
} from "./telnet.ts";

/** Bytes of answers that may wait for a peer that reads nothing; those beyond are not sent. */
export const MAX_ANSWERS = 65_536;

/**
 * What a netcat makes of telnet: "strips" shows the data alone and doubles 255 in what is sent. The others show every
 * byte and send what they are given; "answers" looks for proposals in all that is read, "answers-first" at its beginning.
 */
export type TelnetWay = "strips" | "answers" | "answers-first";

export interface TelnetRefusal {
  /** For what is sent: the last filter before the peer. */
  readonly forward: readonly Filter[];
  /** For what is received: the first after the peer. It writes the answers itself, between two chunks. */
  readonly backward: readonly Filter[];
}

/** The filters of one direction each, for a link whose right side is the peer. `onAnswer` sees each answer that is sent. */
export function refuseTelnet(
  way: TelnetWay,
  onAnswer?: (connection: Connection, answer: Uint8Array) => void,
): TelnetRefusal {
  const backward: Filter = (connection) => {
    const answers = answering(connection, onAnswer);
    return way === "strips" ? stripping(connection, answers) : watching(connection, way, answers);
  };
  return { forward: way === "strips" ? [escaping] : [], backward: [backward] };
}

const escaping: Filter = ({ framing }) =>
  new Transform({
    objectMode: framing === "message",
    transform: (chunk: Buffer, _encoding, done) => done(null, escapeIac(chunk)),
  });

function stripping({ framing }: Connection, answer: (bytes: Uint8Array[]) => void): Transform {
  const parser = new TelnetParser();
  return new Transform({
    objectMode: framing === "message",
    transform(chunk: Buffer, _encoding, done) {
      const events = parser.push(chunk);
      answer(events.flatMap((event) => refusalOf(event) ?? []));
      const data = events.flatMap((event) => (event.type === "data" ? event.bytes : []));
      // A datagram of nothing but commands is none to the user.
      if (data.length > 0 || chunk.length === 0) this.push(Buffer.concat(data));
      done();
    },
  });
}

function watching(
  { framing }: Connection,
  way: TelnetWay,
  answer: (bytes: Uint8Array[]) => void,
): Transform {
  return new Transform({
    objectMode: framing === "message",
    transform(chunk: Buffer, _encoding, done) {
      answer(literalAnswers(chunk, way === "answers-first"));
      done(null, chunk);
    },
  });
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

/** Writes answers to the peer, as far as it takes them, and can still be written to. */
function answering(
  connection: Connection,
  onAnswer?: (connection: Connection, answer: Uint8Array) => void,
): (answers: Uint8Array[]) => void {
  const { stream } = connection;
  let waiting = 0;
  return (answers) => {
    if (answers.length === 0 || !stream.writable) return;
    const bytes = Buffer.concat(answers);
    // To stop reading until the peer reads would be worse: two that wait for each other.
    if (waiting + bytes.length > MAX_ANSWERS) return;
    waiting += bytes.length;
    onAnswer?.(connection, bytes);
    stream.write(bytes, () => (waiting -= bytes.length));
  };
}
