/** One end of telnet, against every byte string, cut everywhere. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describe as inWords } from "../../src/protocol/telnet/describe.ts";
import { TelnetEnd, type TelnetEndEvent } from "../../src/protocol/telnet/end.ts";
import { readCharset } from "../../src/protocol/telnet/charset.ts";
import { readEnviron, encodeEnviron } from "../../src/protocol/telnet/environ.ts";
import { readGmcp } from "../../src/protocol/telnet/gmcp.ts";
import { modeAnswer, readLinemode, specialsAnswer } from "../../src/protocol/telnet/linemode.ts";
import { readStatus } from "../../src/protocol/telnet/status.ts";
import { encodeNvt, NvtDecoder } from "../../src/protocol/telnet/nvt.ts";
import {
  readAsked,
  readFlowControl,
  readWindowSize,
  terminalOf,
} from "../../src/protocol/telnet/terminal.ts";
import { TelnetParser } from "../../src/protocol/telnet.ts";

const codes = [255, 255, 240, 250, 251, 252, 253, 254, 241, 0, 1, 3, 13, 10, 24, 31, 34, 86];

/** Bytes of which many are commands, of options that are spoken. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...codes), fc.nat(255)), { maxLength: 80 })
  .map((bytes) => Buffer.from(bytes));

const everything = { us: [0, 1, 3, 5, 6, 24, 31, 34], him: [0, 1, 3, 86] };

/** All that comes of it, data joined, so that cuts don't show; what is left at MCCP2 goes in as if it were plain. */
function outcome(chunks: readonly Uint8Array[], newline: "\r\n" | "\r" | "\n"): string[] {
  const end = new TelnetEnd({ ...everything, newline });
  const all: string[] = [];
  let text = "";
  const take = (event: TelnetEndEvent): void => {
    if (event.type === "data") {
      text += Buffer.from(event.bytes).toString("hex");
    } else if (event.type === "compressed") {
      all.push("compressed");
      end.receive(event.rest).forEach(take);
    } else {
      if (event.type !== "send") all.push(text);
      if (event.type !== "send") text = "";
      all.push(JSON.stringify(event));
    }
  };
  for (const chunk of chunks) end.receive(chunk).forEach(take);
  text += Buffer.from(end.flush()).toString("hex");
  return [...all, text];
}

describe("TelnetEnd", () => {
  test("makes the same of a stream however it is cut", () => {
    fc.assert(
      fc.property(
        hostile,
        fc.nat(80),
        fc.constantFrom("\r\n", "\r", "\n"),
        (bytes, cut, newline) => {
          const whole = outcome([bytes], newline);
          expect(outcome([bytes.subarray(0, cut), bytes.subarray(cut)], newline)).toEqual(whole);
          expect(
            outcome(
              [...bytes].map((byte) => Buffer.of(byte)),
              newline,
            ),
          ).toEqual(whole);
        },
      ),
    );
  });

  test("sends no more answers than it was asked, and two ends come to rest", () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const left = new TelnetEnd(everything);
        const right = new TelnetEnd({ us: everything.him, him: everything.us });
        let [toRight, toLeft] = [answers(left, one), answers(right, other)];
        expect(count(toRight)).toBeLessThanOrEqual(asked(one));
        let rounds = 0;
        for (; toRight.length + toLeft.length > 0; rounds++) {
          expect(rounds).toBeLessThan(50);
          [toRight, toLeft] = [answers(left, toLeft), answers(right, toRight)];
        }
      }),
    );
  });

  test("gives back every data that it encoded, in BINARY and line by line", () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        const sender = new TelnetEnd();
        const receiver = new TelnetEnd();
        const pieces = receiver.receive(sender.encode(bytes)).map((event) => {
          expect(event.type).toBe("data");
          return event.type === "data" ? event.bytes : [];
        });
        expect(Buffer.concat(pieces.map((piece) => Uint8Array.from(piece)))).toEqual(bytes);
      }),
    );
  });
});

function answers(end: TelnetEnd, bytes: Uint8Array): Buffer {
  const events = end.receive(bytes);
  return Buffer.concat(events.flatMap((event) => (event.type === "send" ? event.bytes : [])));
}

function count(bytes: Uint8Array): number {
  return new TelnetParser().push(bytes).length;
}

function asked(bytes: Uint8Array): number {
  return new TelnetParser().push(bytes).filter(({ type }) => /negotiation/.test(type)).length;
}

describe("the subnegotiations", () => {
  test("are read without a throw, whatever they hold", () => {
    const readers = [readAsked, readWindowSize, readFlowControl, readStatus, readEnviron];
    const others = [readCharset, readLinemode, readGmcp];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), (bytes, option) => {
        for (const read of [...readers, ...others]) read(bytes);
        const line = inWords({ type: "subnegotiation", option, bytes });
        expect(line).toMatch(/^[\x20-\x7e]{1,300}$/);
      }),
    );
  });

  test("name a terminal in plain characters or not at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const read = readAsked(Buffer.concat([Uint8Array.of(0), bytes]));
        const name = typeof read === "object" ? read.is : "";
        expect(name).toMatch(/^[\x20-\x7e]{0,40}$/);
        expect(terminalOf(name) ?? "x").toMatch(/^[a-z0-9._+-]{1,40}$/);
      }),
    );
  });

  test("carry every environment there and back", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 20 });
    const variable = fc.record(
      { kind: fc.constantFrom("var" as const, "uservar" as const), name, value: name },
      { requiredKeys: ["kind", "name"] },
    );
    fc.assert(
      fc.property(fc.array(variable, { maxLength: 5 }), (variables) => {
        const [event] = new TelnetParser().push(encodeEnviron({ verb: "is", variables }));
        const bytes = event && "bytes" in event ? event.bytes : Buffer.of();
        expect(readEnviron(bytes)).toEqual({ verb: "is", variables });
      }),
    );
  });

  test("of LINEMODE come to rest: an answer is never answered", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(255), (bytes, mask) => {
        const message = readLinemode(Buffer.concat([Uint8Array.of(3), bytes]));
        const answer = message?.type === "slc" ? specialsAnswer(message.specials) : undefined;
        let last = answer;
        for (let rounds = 0; last; rounds++) {
          expect(rounds).toBeLessThan(4);
          const [event] = new TelnetParser().push(last);
          const read = event?.type === "subnegotiation" ? readLinemode(event.bytes) : undefined;
          last = read?.type === "slc" ? specialsAnswer(read.specials) : undefined;
        }
        const [mode] = new TelnetParser().push(modeAnswer(mask, 0) ?? Buffer.of());
        const again = mode?.type === "subnegotiation" ? readLinemode(mode.bytes) : undefined;
        if (again?.type === "mode") expect(modeAnswer(again.mask, 0)).toBeUndefined();
      }),
    );
  });
});

describe("the line ends", () => {
  test("of any text come back, where CR LF stays CR LF", () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        expect(Buffer.from(new NvtDecoder("\r\n").decode(encodeNvt(bytes)))).toEqual(bytes);
      }),
    );
  });
});
