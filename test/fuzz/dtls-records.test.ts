/** Runs of DTLS records, cut into datagrams. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { RECORD_HEADER, isHello, packRecords } from "../../src/protocol/dtls-records.ts";

function record(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(RECORD_HEADER);
  header.set([22, 0xfe, 0xfd]);
  header.writeUInt16BE(payload.length, 11);
  return Buffer.concat([header, payload]);
}

const payloads = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 20 });
const limits = fc.integer({ min: 100, max: 2000 });

test("whatever the bytes are, the datagrams are they, in order and none empty", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4000 }), limits, (bytes, limit) => {
      const datagrams = packRecords(Buffer.from(bytes), limit);
      expect(Buffer.concat(datagrams).equals(bytes)).toBe(true);
      expect(datagrams.every(({ length }) => length > 0)).toBe(true);
    }),
  );
});

test("records stay whole, wherever the run of them is cut off", () => {
  fc.assert(
    fc.property(payloads, limits, fc.nat(), (contents, limit, cut) => {
      const records = contents.map(record);
      const all = Buffer.concat(records);
      const run = all.subarray(0, all.length === 0 ? 0 : all.length - (cut % all.length));
      const starts = new Set([0]);
      for (const { length } of records) starts.add(Math.max(...starts) + length);
      let at = 0;
      for (const datagram of packRecords(run, limit)) {
        expect(starts.has(at)).toBe(true);
        at += datagram.length;
        // Longer than the limit only where one record is.
        if (datagram.length > limit) expect(starts.has(at) || at === run.length).toBe(true);
      }
      expect(at).toBe(run.length);
    }),
  );
});

test("as many records share a datagram as fit", () => {
  const records = [400, 400, 400, 2000, 1].map((size) => record(Buffer.alloc(size)));
  const sizes = packRecords(Buffer.concat(records), 1000).map(({ length }) => length);
  expect(sizes).toEqual([826, 413, 2013, 14]);
});

test("only a handshake record of the first epoch is a hello", () => {
  const hello = record(Buffer.from("hello"));
  const other = (at: number, value: number): Buffer => {
    const copy = Buffer.from(hello);
    copy[at] = value;
    return copy;
  };
  expect(isHello(hello)).toBe(true);
  expect([other(0, 23), other(1, 3), other(4, 1), hello.subarray(0, 13)].some(isHello)).toBe(false);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void isHello(Buffer.from(bytes))),
  );
});
