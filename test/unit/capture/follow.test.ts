import { expect, test } from "vitest";
import { Follower, type Piece } from "../../../src/capture/index.ts";
import type { RawPacket } from "../../../src/protocol/capture/record.ts";
import { tcpPacket, udpPacket } from "../../helpers/packets.ts";

const client = "10.0.0.1:40000";
const server = "10.0.0.2:80";

function said(packets: readonly RawPacket[]): string[] {
  const follower = new Follower();
  return [...packets.flatMap((packet) => follower.add(packet)), ...follower.end()].map(text);
}

function text({ conversation, from, bytes, missing, end }: Piece): string {
  const gap = missing > 0 ? ` (${missing} missing)` : "";
  return `${conversation} ${from.port}${gap} ${end ?? bytes.toString()}`;
}

function up(
  sequence: number,
  payload: string,
  more: { flags?: string; acknowledgment?: number } = {},
): RawPacket {
  return tcpPacket({ from: client, to: server, sequence, payload, ...more });
}

function down(
  sequence: number,
  payload: string,
  more: { flags?: string; acknowledgment?: number } = {},
): RawPacket {
  return tcpPacket({ from: server, to: client, sequence, payload, ...more });
}

test("both sides are told apart, in the order they spoke", () => {
  expect(
    said([
      up(9, "", { flags: "S" }),
      down(99, "", { flags: "S.", acknowledgment: 10 }),
      up(10, "ask"),
      down(100, "answer", { acknowledgment: 13 }),
      down(106, "", { flags: "F.", acknowledgment: 13 }),
      up(13, "", { flags: "F.", acknowledgment: 107 }),
    ]),
  ).toEqual(["1 40000 ask", "1 80 answer", "1 80 closed", "1 40000 closed"]);
});

test("what comes early waits, and what comes twice is given once", () => {
  expect(
    said([up(10, "one "), up(18, "three"), up(10, "one "), up(14, "two "), up(16, "o three")]),
  ).toEqual(["1 40000 one ", "1 40000 two ", "1 40000 three"]);
});

test("what the peer acknowledges, and the capture has not seen, is missing", () => {
  expect(
    said([up(10, "one "), up(18, "three"), down(100, "", { acknowledgment: 23 }), up(23, "!")]),
  ).toEqual(["1 40000 one ", "1 40000 (4 missing) three", "1 40000 !"]);
});

test("what still waits at the end is given, with what is missing", () => {
  expect(said([up(10, "one "), up(18, "three")])).toEqual([
    "1 40000 one ",
    "1 40000 (4 missing) three",
  ]);
});

test("a reset ends both sides", () => {
  expect(said([up(10, "a"), down(50, "b"), up(11, "", { flags: "R" })])).toEqual([
    "1 40000 a",
    "1 80 b",
    "1 80 reset",
    "1 40000 reset",
  ]);
});

test("the same ports again are another conversation", () => {
  expect(
    said([
      up(9, "", { flags: "S" }),
      up(10, "a"),
      up(11, "", { flags: "R" }),
      up(499, "", { flags: "S" }),
      up(500, "b"),
    ]),
  ).toEqual(["1 40000 a", "1 80 reset", "1 40000 reset", "2 40000 b"]);
});

test("datagrams come one by one", () => {
  expect(
    said([
      udpPacket(client, server, "a"),
      udpPacket(server, client, "b"),
      udpPacket("10.0.0.3:1", server, "c"),
    ]),
  ).toEqual(["1 40000 a", "1 80 b", "2 1 c"]);
});

test("what waits is bounded: beyond a megabyte what is before it is missing", () => {
  const follower = new Follower();
  follower.add(up(10, "x"));
  const large = "y".repeat(60_000);
  const pieces = Array.from({ length: 20 }, (_, at) =>
    follower.add(up(100 + at * large.length, large)),
  ).flat();
  expect(pieces[0]?.missing).toBe(89);
  const given = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(given).toBeGreaterThan(1_000_000);
});
