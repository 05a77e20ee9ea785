/** The telnet parser against every cut of every stream. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { literalAnswers } from "../../src/protocol/telnet-refuse.ts";
import {
  encodeNegotiation,
  encodeSubnegotiation,
  escapeIac,
  refusalOf,
  TelnetParser,
  type TelnetEvent,
} from "../../src/protocol/telnet.ts";

/** Bytes of which many are commands. */
const hostile = fc
  .array(
    fc.oneof(fc.constantFrom(255, 255, 240, 250, 251, 252, 253, 254, 241, 0, 24), fc.nat(255)),
    { maxLength: 60 },
  )
  .map((bytes) => Buffer.from(bytes));

/** Events with neighbouring data made one, so that cuts don't show. */
function merged(events: readonly TelnetEvent[]): unknown[] {
  const all: { type: string; text?: string; event?: string }[] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (event.type !== "data") all.push({ type: event.type, event: plain(event) });
    else if (last?.type === "data") last.text += Buffer.from(event.bytes).toString("hex");
    else all.push({ type: "data", text: Buffer.from(event.bytes).toString("hex") });
  }
  return all;
}

function plain(event: TelnetEvent): string {
  return JSON.stringify(event, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
  );
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  return [...places, bytes.length].map((end, at) => bytes.subarray(places[at - 1] ?? 0, end));
}

describe("TelnetParser", () => {
  test("gives the same events however the stream is cut, and answers no more than it is asked", () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(60)), (bytes, cuts) => {
        const whole = new TelnetParser().push(bytes);
        const parser = new TelnetParser();
        const cut = cutAt(bytes, cuts).flatMap((chunk) => parser.push(chunk));
        const single = new TelnetParser();
        const byBytes = [...bytes].flatMap((byte) => single.push(Buffer.of(byte)));
        expect(merged(cut)).toEqual(merged(whole));
        expect(merged(byBytes)).toEqual(merged(whole));
        const asked = whole.filter(
          (event) => event.type === "negotiation" && /^(do|will)$/.test(event.verb),
        );
        const answers = Buffer.concat(whole.flatMap((event) => refusalOf(event) ?? []));
        expect(answers.length).toBe(asked.length * 3);
        expect(answers.length).toBeLessThanOrEqual(bytes.length);
        // Our answers are no proposals: two of us come to rest.
        const back = new TelnetParser().push(answers).flatMap((event) => refusalOf(event) ?? []);
        expect(back).toEqual([]);
      }),
    );
  });

  test("shows no more bytes than came, and everything of a stream that was escaped", () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        const events = new TelnetParser().push(escapeIac(bytes));
        expect(events.every(({ type }) => type === "data")).toBe(true);
        const data = events.flatMap((event) => (event.type === "data" ? event.bytes : []));
        expect(Buffer.concat(data)).toEqual(bytes);
        const shown = new TelnetParser().push(bytes);
        const length = shown.reduce(
          (sum, event) => sum + ("bytes" in event ? event.bytes.length : 1),
          0,
        );
        expect(length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test("reads what the encoder wrote", () => {
    const verb = fc.constantFrom("will", "wont", "do", "dont");
    const event = fc.oneof(
      hostile.filter(({ length }) => length > 0).map((bytes) => ({ type: "data", bytes }) as const),
      fc.record({ type: fc.constant("negotiation" as const), verb, option: fc.nat(255) }),
      fc.record({
        type: fc.constant("subnegotiation" as const),
        option: fc.nat(255),
        bytes: hostile,
      }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const wire = Buffer.concat(events.map(encode));
        expect(merged(new TelnetParser().push(wire))).toEqual(merged(events));
      }),
    );
  });
});

function encode(event: TelnetEvent): Uint8Array {
  if (event.type === "negotiation") return encodeNegotiation(event.verb, event.option);
  if (event.type === "subnegotiation") return encodeSubnegotiation(event.option, event.bytes);
  return event.type === "data" ? escapeIac(event.bytes) : Buffer.of(255, event.code);
}

test("literalAnswers() never answers with more bytes than came, at the beginning or anywhere", () => {
  fc.assert(
    fc.property(hostile, fc.boolean(), (bytes, onlyFirst) => {
      const answers = Buffer.concat(literalAnswers(bytes, onlyFirst));
      expect(answers.length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
