/** capture() as a library: packets decoded, ends by count, break and signal. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { captureInBatches } from "../../src/capture/index.ts";
import { capture, NcxError, type Packet } from "../../src/index.ts";
import { makeCaptureWriter } from "../../src/protocol/capture/writer.ts";
import { loadLibpcap } from "../../src/transport/_libpcap.ts";
import { CAPTURE_FAILURE } from "../helpers/capture-right.ts";
import { tcpPacket, udpPacket } from "../helpers/packets.ts";
import { scratch } from "../helpers/run-cli.ts";

const PACKETS = [
  tcpPacket({ from: "10.0.0.1:1", to: "10.0.0.2:2", sequence: 1, flags: "S" }),
  udpPacket("10.0.0.1:1", "10.0.0.2:2", "hello"),
];

async function* bytesOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function all(packets: AsyncIterable<Packet>): Promise<Packet[]> {
  const found: Packet[] = [];
  for await (const packet of packets) found.push(packet);
  return found;
}

test("capture() reads the bytes of a file, and decodes its packets", async () => {
  const file = makeCaptureWriter("pcapng").add(PACKETS);
  const [tcp, udp] = await all(capture({ read: bytesOf(file.subarray(0, 50), file.subarray(50)) }));
  expect(tcp).toMatchObject({ ip: { source: "10.0.0.1" }, tcp: { flags: 2, sourcePort: 1 } });
  expect(udp).toMatchObject({ udp: { destinationPort: 2 }, payload: Buffer.from("hello") });
});

test("capture() reads a long file by and by, as its packets are asked for", async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    const writer = makeCaptureWriter("pcap");
    for (;;) {
      read += 1;
      yield writer.add(PACKETS);
    }
  }
  for await (const { udp } of capture({ read: endless() })) if (udp && read > 3) break;
  expect(read).toBe(4);
});

test("captureInBatches() has little of a file in memory at a time", async () => {
  await using folder = await scratch();
  const long = folder.path("long.pcap");
  const packets = Array.from({ length: 20_000 }, () => PACKETS).flat();
  await writeFile(long, makeCaptureWriter("pcap").add(packets));
  let count = 0;
  for await (const batch of captureInBatches({ read: long })) {
    const bytes = batch.reduce((sum, packet) => sum + packet.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(256 * 1024);
    count += batch.length;
  }
  expect(count).toBe(packets.length);
});

test("capture() tells whose each packet is, whoever the one before came from", async () => {
  const [one] = PACKETS;
  if (!one) throw new Error("no packet");
  const other = { ...one, bytes: Buffer.from(one.bytes) };
  other.bytes.fill(0xab, 0, 12);
  const file = makeCaptureWriter("pcap").add([one, other, one]);
  const links = (await all(capture({ read: bytesOf(file) }))).map(({ link }) => link);
  expect(links.map(({ source }) => source)).toEqual([
    "02:00:00:00:00:01",
    "ab:ab:ab:ab:ab:ab",
    "02:00:00:00:00:01",
  ]);
  expect(links.map(({ destination }) => destination)[1]).toBe("ab:ab:ab:ab:ab:ab");
});

test("capture() gives what a cut file has before it throws", async () => {
  const file = makeCaptureWriter("pcap").add(PACKETS);
  const packets = capture({ read: bytesOf(file.subarray(0, -1)) });
  expect((await packets.next()).value).toMatchObject({ tcp: { flags: 2 } });
  await expect(packets.next()).rejects.toMatchObject({ code: "PROTOCOL" });
});

test.each([
  [{ count: 0 }, RangeError],
  [{ snaplen: 262_145 }, RangeError],
  [{ filter: "tcp\0" }, TypeError],
  [{ read: "a", direction: "in" as const }, TypeError],
  [{ read: "a", interface: "lo" }, TypeError],
])("capture(%o) is refused", async (options, kind) => {
  await expect(capture(options).next()).rejects.toBeInstanceOf(kind);
});

describe.skipIf(CAPTURE_FAILURE !== undefined)(`live on lo ${CAPTURE_FAILURE ?? ""}`, () => {
  test("capture() gives a datagram as it passes, and a break closes the device", async () => {
    await using wire = await openWire();
    const { port } = wire;
    const packets = capture({
      interface: "lo",
      filter: `udp port ${port}`,
      buffer: 1 << 20,
      onReady: () => wire.send("hello"),
    });
    for await (const packet of packets) {
      expect(packet).toMatchObject({
        interface: "lo",
        udp: { destinationPort: port },
        payload: Buffer.from("hello"),
      });
      break;
    }
  });

  test("capture() stops by its signal, and gives what had come", async () => {
    await using wire = await openWire();
    const stop = new AbortController();
    const packets = await all(
      capture({
        interface: "lo",
        filter: `udp dst port ${wire.port}`,
        buffer: 1 << 20,
        signal: stop.signal,
        onReady: () => {
          for (const word of ["one", "two"]) wire.send(word);
          void wire.arrived(2).then(() => stop.abort());
        },
      }),
    );
    expect(packets.map(({ payload }) => payload.toString())).toEqual(["one", "two"]);
  });

  test("capture() has each packet of lo once, and so counts the kernel", async () => {
    await using wire = await openWire();
    const counts: number[] = [];
    const packets = await all(
      capture({
        interface: "lo",
        filter: `udp dst port ${wire.port} or udp dst port ${wire.port}`,
        buffer: 1 << 20,
        count: 2,
        onReady: () => ["one", "two"].forEach((word) => wire.send(word)),
        onCounts: ({ received }) => counts.push(received),
      }),
    );
    expect(packets.map(({ payload }) => payload.toString())).toEqual(["one", "two"]);
    expect(counts.at(-1)).toBe(2);
  });

  test.each([
    ["in", ["one", "two"]],
    // libpcap gives a loopback device's packets as they come in.
    ["out", []],
  ] as const)("capture() gives what goes %s alone", async (direction, expected) => {
    await using wire = await openWire();
    const stop = new AbortController();
    const packets = await all(
      capture({
        interface: "any",
        filter: `udp dst port ${wire.port}`,
        buffer: 1 << 20,
        direction,
        signal: stop.signal,
        onReady: () => {
          for (const word of ["one", "two"]) wire.send(word);
          void wire.arrived(2).then(() => stop.abort());
        },
      }),
    );
    expect(packets.map(({ payload }) => payload.toString())).toEqual(expected);
    expect(packets.every(({ link }) => link.direction === direction)).toBe(true);
  });

  test("capture() takes packets one by one where the system has no files in memory", async () => {
    await using wire = await openWire();
    const pcap = await loadLibpcap("test");
    const { memoryFiles, pcap_get_selectable_fd } = pcap;
    Object.assign(pcap, { memoryFiles: undefined, pcap_get_selectable_fd: undefined });
    try {
      const before = Date.now() / 1000;
      const packets = await all(
        capture({
          interface: "lo",
          filter: `udp dst port ${wire.port}`,
          buffer: 1 << 20,
          count: 2,
          snaplen: 44,
          onReady: () => ["one", "two"].forEach((word) => wire.send(word)),
        }),
      );
      expect(packets.map(({ payload }) => payload.toString())).toEqual(["on", "tw"]);
      for (const { seconds, nanoseconds, length, bytes } of packets) {
        expect([length, bytes.length]).toEqual([45, 44]);
        expect(seconds + nanoseconds / 1e9).toBeGreaterThan(before - 60);
        expect(seconds).toBeLessThan(before + 600);
      }
    } finally {
      Object.assign(pcap, { memoryFiles, pcap_get_selectable_fd });
    }
  });

  test("capture() refuses a bad filter in libpcap's words", async () => {
    const failure: unknown = await capture({ interface: "lo", filter: "port x y" })
      .next()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NcxError);
    expect(failure).toMatchObject({ code: "USAGE", state: expect.stringMatching(/\w/) });
  });
});

interface Wire extends AsyncDisposable {
  readonly port: number;
  send(text: string): void;
  /** Resolves when so many datagrams have come. */
  arrived(count: number): Promise<void>;
}

async function openWire(): Promise<Wire> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  let seen = 0;
  socket.on("message", () => (seen += 1));
  return {
    port,
    send: (text) => socket.send(text, port, "127.0.0.1"),
    async arrived(count) {
      while (seen < count) await once(socket, "message");
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}
