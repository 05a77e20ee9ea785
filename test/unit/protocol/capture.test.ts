import { describe, expect, test } from "vitest";
import { CaptureReader } from "../../../src/protocol/capture/reader.ts";
import { makeCaptureWriter } from "../../../src/protocol/capture/writer.ts";
import type { RawPacket } from "../../../src/protocol/capture/record.ts";
import { tcpPacket, udpPacket } from "../../helpers/packets.ts";

const PACKETS: readonly RawPacket[] = [
  tcpPacket({ from: "10.0.0.1:4000", to: "10.0.0.2:80", sequence: 1, flags: "S" }),
  udpPacket("10.0.0.1:4001", "10.0.0.2:5353", "odd"),
  tcpPacket({
    from: "10.0.0.2:80",
    to: "10.0.0.1:4000",
    sequence: 9,
    flags: "P.",
    payload: "hello",
  }),
];

function fileOf(format: "pcap" | "pcapng", packets: readonly RawPacket[] = PACKETS): Buffer {
  const writer = makeCaptureWriter(format);
  return Buffer.concat([writer.add(packets), writer.end({ received: 3, dropped: 1 })]);
}

function read(...chunks: readonly Buffer[]): { packets: RawPacket[]; failure: string | undefined } {
  const reader = new CaptureReader();
  const packets = chunks.flatMap((chunk) => reader.push(chunk));
  reader.end();
  return { packets, failure: reader.failure?.message };
}

describe.each(["pcap", "pcapng"] as const)("%s", (format) => {
  test("what is written is read again", () => {
    expect(read(fileOf(format))).toEqual({ packets: PACKETS, failure: undefined });
  });

  test("what is read does not depend on how the file is split", () => {
    const file = fileOf(format);
    for (let at = 0; at <= file.length; at += 1)
      expect(read(file.subarray(0, at), file.subarray(at)).packets).toEqual(PACKETS);
  });

  test("a file that ends anywhere gives the packets before, and says so unless it ends between two", () => {
    const file = fileOf(format);
    let whole = 0;
    for (let size = 1; size <= file.length; size += 1) {
      const { packets, failure } = read(file.subarray(0, size));
      expect(packets).toEqual(PACKETS.slice(0, packets.length));
      expect(packets.length).toBeGreaterThanOrEqual(whole);
      whole = packets.length;
      if (failure !== undefined) expect(failure).toMatch(/^Cannot read the capture: it /);
    }
    expect(whole).toBe(PACKETS.length);
  });

  test("a file without packets is one", () => {
    expect(read(fileOf(format, []))).toEqual({ packets: [], failure: undefined });
  });
});

test("pcapng keeps each packet's interface and link type", () => {
  const packets = PACKETS.map((packet, at) => ({
    ...packet,
    interface: ["lo", "eth0", "lo"][at] ?? "",
    linkType: [1, 101, 1][at] ?? 1,
  }));
  expect(read(fileOf("pcapng", packets)).packets).toEqual(packets);
});

test("pcap has one link type, and says so", () => {
  const [first, ...others] = PACKETS;
  const mixed = [{ ...first, linkType: 101 } as RawPacket, ...others];
  expect(() => fileOf("pcap", mixed)).toThrow("several link types");
});

test.each(["pcap", "pcapng"] as const)("%s has billionths of a second where asked to", (format) => {
  const [packet] = PACKETS;
  const fine = [{ ...packet, nanoseconds: 123_456_789 } as RawPacket];
  const writer = makeCaptureWriter(format, { precision: "nano" });
  const reader = new CaptureReader();
  expect(reader.push(Buffer.concat([writer.add(fine), writer.end()]))).toEqual(fine);
  expect(reader.precision).toBe("nano");
});

test("pcap of a machine with the other byte order is read", () => {
  const header = Buffer.from("a1b2c3d4000200040000000000000000000400000000000100000001", "hex");
  const record = Buffer.from("0000000a00000003000000010000000241", "hex");
  const { packets } = read(Buffer.concat([header.subarray(0, 24), record]));
  expect(packets).toEqual([
    { seconds: 10, nanoseconds: 3000, length: 2, bytes: Buffer.from("A"), linkType: 1 },
  ]);
});

test("pcapng of a machine with the other byte order, with an old packet block and a simple one, is read", () => {
  const section = "0a0d0d0a0000001c1a2b3c4d00010000ffffffffffffffff0000001c";
  const device = "0000000100000014" + "0065000000000004" + "00000014";
  const old =
    "0000000200000024" +
    "00000000" +
    "00000000000f4240" +
    "0000000100000001" +
    "41000000" +
    "00000024";
  const simple = "0000000300000014" + "00000009" + "42434445" + "00000014";
  const unknown = "00000bad0000000c0000000c";
  const { packets, failure } = read(Buffer.from(section + device + unknown + old + simple, "hex"));
  expect(failure).toBeUndefined();
  expect(packets).toEqual([
    { seconds: 1, nanoseconds: 0, length: 1, bytes: Buffer.from("A"), linkType: 101 },
    { seconds: 1, nanoseconds: 0, length: 9, bytes: Buffer.from("BCDE"), linkType: 101 },
  ]);
});

test.each([
  ["nothing", "", "it is empty"],
  ["three bytes", "d4c3b2", "it ends in the middle of its header"],
  ["text", Buffer.from("GET / HTTP/1.0\r\n").toString("hex"), "it is neither pcap nor pcapng"],
  ["gzip", "1f8b080000000000", "it is compressed by gzip"],
  [
    "another version",
    "d4c3b2a109000400000000000000000000000400ffff0000",
    "its version is 9.4, which is not 2.4",
  ],
  [
    "a packet of 4 GB",
    "d4c3b2a102000400000000000000000000000400010000000000000000000000ffffffffffffffff",
    "a packet says that it has 4294967295 bytes, the most are 262144",
  ],
  ["a block of 4 GB", "0a0d0d0afcffffff4d3c2b1a", "a block says that it has 4294967292 bytes"],
  ["a block of 3 bytes", "0a0d0d0a030000004d3c2b1a", "a block says that it has 3 bytes"],
  ["no byte order", "0a0d0d0a1c00000000000000", "a section's byte order cannot be told"],
  [
    "a packet of no interface",
    "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000" +
      "0600000020000000000000000000000000000000000000000000000020000000",
    "a packet is from interface 0, which it has not",
  ],
])("%s is said: %s", (_, hex, failure) => {
  expect(read(Buffer.from(hex, "hex"))).toEqual({
    packets: [],
    failure: `Cannot read the capture: ${failure}`,
  });
});
