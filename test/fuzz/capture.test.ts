import fc from "fast-check";
import { expect, test } from "vitest";
import { Follower, hexLines, asciiText, makeLines } from "../../src/capture/index.ts";
import { decodePacket } from "../../src/protocol/packet/decode.ts";
import { CaptureReader } from "../../src/protocol/capture/reader.ts";
import { makeCaptureWriter } from "../../src/protocol/capture/writer.ts";
import type { RawPacket } from "../../src/protocol/capture/record.ts";
import { NcxError } from "../../src/core/errors.ts";
import { tcpPacket, udpPacket } from "../helpers/packets.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const LINK_TYPES = [0, 1, 12, 101, 108, 113, 228, 229, 276, 147];

const packet: fc.Arbitrary<RawPacket> = fc.record({
  seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
  nanoseconds: fc.integer({ min: 0, max: 999_999 }).map((micros) => micros * 1000),
  length: fc.integer({ min: 300, max: 70_000 }),
  bytes,
  linkType: fc.constantFrom(...LINK_TYPES),
});

/** A good packet with some bytes overwritten, and cut. */
const spoilt: fc.Arbitrary<RawPacket> = fc
  .record({
    good: fc.constantFrom(
      tcpPacket({
        from: "10.0.0.1:80",
        to: "10.0.0.2:5000",
        sequence: 5,
        flags: "P.",
        payload: "HTTP/1.1 200 OK\r\n",
      }),
      udpPacket(
        "10.0.0.1:53",
        "10.0.0.2:5000",
        Buffer.from(
          "123481800001000100000000076578616d706c6503636f6d0000010001c00c00010001000000ff00045db8d822",
          "hex",
        ),
      ),
    ),
    at: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 8 }),
    size: fc.nat(200),
  })
  .map(({ good, at, size }) => {
    const changed = Buffer.from(good.bytes);
    for (const [place, value] of at) if (place < changed.length) changed[place] = value;
    return { ...good, bytes: changed.subarray(0, size) };
  });

function readAll(chunks: readonly Buffer[]): { packets: RawPacket[]; failure: string | undefined } {
  const reader = new CaptureReader();
  const packets = chunks.flatMap((chunk) => reader.push(chunk));
  reader.end();
  if (reader.failure) expect(reader.failure).toBeInstanceOf(NcxError);
  return { packets, failure: reader.failure?.message };
}

test("pcapng gives any packets back, however the file is split", () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 5 }), fc.nat(), (packets, cut) => {
      const writer = makeCaptureWriter("pcapng");
      const file = Buffer.concat([writer.add(packets), writer.end()]);
      const at = cut % (file.length + 1);
      const expected = { packets, failure: undefined };
      expect(readAll([file.subarray(0, at), file.subarray(at)])).toEqual(expected);
      expect(readAll(Array.from(file, (byte) => Buffer.of(byte)))).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test.each(["pcap", "pcapng"] as const)(
  "a spoilt %s file gives what comes before, and never hangs",
  (format) => {
    const good = [tcpPacket({ from: "10.0.0.1:1", to: "10.0.0.2:2", sequence: 1, payload: "abc" })];
    const writer = makeCaptureWriter(format);
    const file = Buffer.concat([writer.add([...good, ...good]), writer.end()]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 6 }),
        (changes) => {
          const changed = Buffer.from(file);
          for (const [at, value] of changes) changed[at] = value;
          const whole = readAll([changed]);
          expect(readAll(Array.from(changed, (byte) => Buffer.of(byte)))).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  },
);

test("any bytes are read without a throw", () => {
  const starts = ["0a0d0d0a", "d4c3b2a1", "4d3cb2a1", "a1b2c3d4", ""].map((hex) =>
    Buffer.from(hex, "hex"),
  );
  fc.assert(
    fc.property(fc.constantFrom(...starts), bytes, (start, rest) => {
      readAll([Buffer.concat([start, rest])]);
    }),
    { numRuns: 500 },
  );
});

test("any packets have a line, bytes and conversations, none of which reach a terminal raw", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(packet, spoilt), { maxLength: 6 }), (packets) => {
      for (const style of [
        {},
        { link: true, verbose: 2 },
        { quiet: true },
        { absolute: true, stamp: "delta" as const },
      ]) {
        const line = makeLines(style);
        for (const one of packets) expect(line(one)).not.toMatch(/[^\t\n\x20-\x7e]/);
      }
      const follower = new Follower();
      const pieces = [...packets.flatMap((one) => follower.add(one)), ...follower.end()];
      for (const piece of pieces) expect(piece.missing).toBeGreaterThanOrEqual(0);
      for (const one of packets) {
        expect(decodePacket(one).payload.length).toBeLessThanOrEqual(one.bytes.length);
        expect(hexLines(one.bytes, { ascii: true }) + asciiText(one.bytes)).not.toMatch(
          /[^\t\n\x20-\x7e]/,
        );
      }
    }),
    { numRuns: 1000 },
  );
});

test("a conversation is the same, in whatever order and however often its segments come", () => {
  const text = "The quick brown fox jumps over the lazy dog.";
  const from = "10.0.0.1:5000";
  const to = "10.0.0.2:80";
  const start = 0xffff_fff0; // the numbers start again on the way
  const segment = fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      (extra, random) => {
        const whole = Array.from(
          { length: Math.ceil(text.length / 5) },
          (_, at) => [at * 5, 5] as const,
        );
        const shuffled = [...whole, ...extra]
          .map((one) => ({ one, key: random.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ one: [at, size] }) =>
            tcpPacket({ from, to, sequence: start + 1 + at, payload: text.slice(at, at + size) }),
          );
        const follower = new Follower();
        const syn = tcpPacket({ from, to, sequence: start, flags: "S" });
        const fin = tcpPacket({ from, to, sequence: start + 1 + text.length, flags: "F." });
        const pieces = [syn, ...shuffled, fin].flatMap((one) => follower.add(one));
        expect(pieces.map((piece) => piece.bytes.toString()).join("")).toBe(text);
        expect(pieces.every(({ missing }) => missing === 0)).toBe(true);
        expect(pieces.at(-1)?.end).toBe("closed");
        expect(follower.end()).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
