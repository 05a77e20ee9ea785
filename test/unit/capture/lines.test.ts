import { expect, test } from "vitest";
import { asciiText, hexLines, makeLines } from "../../../src/capture/index.ts";
import { ethernet, icmpPacket, ipv6, tcpPacket, udpPacket } from "../../helpers/packets.ts";

const client = "10.0.0.1:40000";
const server = "10.0.0.2:80";

test("TCP's numbers count from the start of the conversation, but those of the SYNs", () => {
  const line = makeLines({ stamp: "none" });
  const lines = [
    tcpPacket({ from: client, to: server, sequence: 0xffff_ffff, flags: "S" }),
    tcpPacket({ from: server, to: client, sequence: 500, acknowledgment: 0, flags: "S." }),
    tcpPacket({ from: client, to: server, sequence: 0, acknowledgment: 501, flags: "." }),
    tcpPacket({
      from: client,
      to: server,
      sequence: 0,
      acknowledgment: 501,
      flags: "P.",
      payload: "GET / HTTP/1.0\r\n\r\n",
    }),
    tcpPacket({
      from: server,
      to: client,
      sequence: 501,
      acknowledgment: 18,
      flags: "F.",
      payload: "nothing\u0001\n",
    }),
    tcpPacket({ from: client, to: server, sequence: 18, flags: "R" }),
  ].map(line);
  expect(lines).toEqual([
    "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 4294967295, win 512, length 0",
    "IP 10.0.0.2.80 > 10.0.0.1.40000: Flags [S.], seq 500, ack 0, win 512, length 0",
    "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 1, win 512, length 0",
    "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [P.], seq 1:19, ack 1, win 512, length 18: HTTP: GET / HTTP/1.0",
    "IP 10.0.0.2.80 > 10.0.0.1.40000: Flags [F.], seq 1:10, ack 19, win 512, length 9: HTTP",
    "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [R], seq 18, win 512, length 0",
  ]);
});

test.each([
  [
    "udp",
    udpPacket("10.0.0.1:5000", "10.0.0.2:6000", "hello"),
    "IP 10.0.0.1.5000 > 10.0.0.2.6000: UDP, length 5",
  ],
  [
    "a question of DNS",
    udpPacket(
      "10.0.0.1:5000",
      "10.0.0.2:53",
      Buffer.from("123401000001000000000000076578616d706c6503636f6d0000010001", "hex"),
    ),
    "IP 10.0.0.1.5000 > 10.0.0.2.53: 4660+ A? example.com. (29)",
  ],
  [
    "a ping",
    icmpPacket("10.0.0.1", "10.0.0.2", Buffer.from("0800000000070009", "hex")),
    "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 9, length 8",
  ],
  [
    "a ping of v6",
    ipv6(58, Buffer.from("8000000000070009", "hex")),
    "IP6 fe80::1 > fe80::2: ICMP6, echo request, id 7, seq 9, length 8",
  ],
  [
    "an ARP request",
    ethernet(
      0x0806,
      Buffer.from("0001080006040001020000000001" + "0a000001" + "000000000000" + "0a000002", "hex"),
    ),
    "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
  ],
  [
    "half a TCP header",
    ethernet(0x0800, tcpPacket({ from: client, to: server, sequence: 1 }).bytes.subarray(14, 44)),
    "IP truncated-ip - 10 bytes missing!10.0.0.1.40000 > 10.0.0.2.80:  [|tcp]",
  ],
])("%s has its line", (_, packet, line) => {
  expect(makeLines({ stamp: "none" })(packet)).toBe(line);
});

test("times are written in six ways", () => {
  const packets = [0, 61].map((after) =>
    tcpPacket({ from: client, to: server, sequence: 1, seconds: 1_700_000_000 + after }),
  );
  const starts = (stamp: "time" | "none" | "epoch" | "delta" | "date" | "since"): string[] =>
    packets.map(makeLines({ stamp })).map((line) => line.slice(0, line.indexOf("IP ")));
  expect(starts("none")).toEqual(["", ""]);
  expect(starts("epoch")).toEqual(["1700000000.123456 ", "1700000061.123456 "]);
  expect(starts("delta")).toEqual([" 00:00:00.000000 ", " 00:01:01.000000 "]);
  expect(starts("since")).toEqual([" 00:00:00.000000 ", " 00:01:01.000000 "]);
  expect(starts("time")[0]).toMatch(/^\d\d:\d\d:20\.123456 $/);
  expect(starts("date")[0]).toMatch(/^2023-11-1[45] \d\d:\d\d:20\.123456 $/);
});

test("names stand for addresses and ports where they are given", () => {
  const names = {
    host: (address: string) => `h${address.slice(-1)}`,
    port: (port: number) => `p${port}`,
  };
  const line = makeLines({ stamp: "none", names });
  expect(line(udpPacket("10.0.0.1:5000", "10.0.0.2:6000", "x"))).toBe(
    "IP h1.p5000 > h2.p6000: UDP, length 1",
  );
});

test("bytes are dumped as tcpdump dumps them", () => {
  const bytes = Buffer.from("a\r\nb\tc\rd\u0000 0123456789");
  expect(asciiText(bytes)).toBe("\na\nb\tc.d. 0123456789");
  expect(hexLines(bytes, { ascii: true })).toBe(
    "\n\t0x0000:  610d 0a62 0963 0d64 0020 3031 3233 3435  a..b.c.d..012345\n\t0x0010:  3637 3839                                6789",
  );
});
