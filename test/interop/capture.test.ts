/** `ncx capture` beside tcpdump and tshark: the same lines, each other's files, the same packets off the wire. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, connect as dialTcp, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { makeCaptureWriter } from "../../src/protocol/capture/writer.ts";
import type { RawPacket } from "../../src/protocol/capture/record.ts";
import { CAPTURE_FAILURE } from "../helpers/capture-right.ts";
import { ethernet, icmpPacket, ipv6, tcpPacket, udpPacket } from "../helpers/packets.ts";
import { needs, peer } from "../helpers/peers-installed.ts";
import { run, scratch, start } from "../helpers/run-cli.ts";

const client = "10.0.0.1:40000";
const web = "10.0.0.2:80";
const inner4 = tcpPacket({ from: client, to: web, sequence: 7 }).bytes.subarray(14, 44);
const innerUdp = udpPacket("10.0.0.1:5000", "10.0.0.2:53", "x").bytes.subarray(14, 44);
const inner6 = ipv6(17, Buffer.from("138803e800090000ff", "hex")).bytes.subarray(14);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** One of each kind that has a line of its own. */
const PACKETS: readonly RawPacket[] = [
  tcpPacket({ from: client, to: web, sequence: 4_294_967_290, flags: "S" }),
  tcpPacket({ from: web, to: client, sequence: 100, acknowledgment: 4_294_967_291, flags: "S." }),
  tcpPacket({ from: client, to: web, sequence: 4_294_967_291, acknowledgment: 101, flags: "." }),
  tcpPacket({
    from: client,
    to: web,
    sequence: 4_294_967_291,
    acknowledgment: 101,
    flags: "P.",
    payload: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
  }),
  tcpPacket({
    from: web,
    to: client,
    sequence: 101,
    acknowledgment: 23,
    flags: "P.",
    payload: "HTTP/1.1 200 OK\r\n\r\nbody\u00ff\u0000\t.\r",
  }),
  tcpPacket({
    from: web,
    to: client,
    sequence: 133,
    acknowledgment: 23,
    flags: ".",
    payload: "more of it",
  }),
  tcpPacket({ from: web, to: client, sequence: 143, acknowledgment: 23, flags: "FU." }),
  tcpPacket({ from: client, to: web, sequence: 23, flags: "R" }),
  tcpPacket({ from: client, to: "10.0.0.2:9", sequence: 1, flags: "" }),
  tcpPacket({
    from: client,
    to: "10.0.0.2:25",
    sequence: 1,
    acknowledgment: 1,
    flags: "P.",
    payload: "EHLO me\r\nMAIL FROM:<a>\r\n",
  }),
  tcpPacket({
    from: "10.0.0.2:21",
    to: client,
    sequence: 1,
    acknowledgment: 1,
    flags: "P.",
    payload: "220 ready\r\n",
  }),
  tcpPacket({
    from: client,
    to: "10.0.0.2:554",
    sequence: 1,
    acknowledgment: 1,
    flags: "P.",
    payload: "DESCRIBE rtsp://x RTSP/1.0\r\n",
  }),
  tcpPacket({
    from: client,
    to: "10.0.0.2:8080",
    sequence: 1,
    acknowledgment: 1,
    flags: "P.",
    payload: "GET without an end",
  }),
  tcpPacket({
    from: client,
    to: "10.0.0.2:9999",
    sequence: 1,
    acknowledgment: 1,
    flags: "P.EW",
    payload: "x",
  }),
  udpPacket("10.0.0.1:5000", "10.0.0.2:6000", "hello"),
  udpPacket("10.0.0.1:5000", "10.0.0.2:6000", ""),
  udpPacket(
    "10.0.0.1:5000",
    "10.0.0.2:53",
    hex(
      "1234 0100 0001 0000 0000 0001 076578616d706c6503636f6d00 001c 0001 00 0029 1000 00000000 0000",
    ),
  ),
  udpPacket(
    "10.0.0.2:53",
    "10.0.0.1:5000",
    hex(
      "1234 8180 0001 0002 0000 0000 076578616d706c6503636f6d00 0001 0001 c00c 0005 0001 000000ff 0006 03777777c00c c029 0001 0001 000000ff 0004 5db8d822",
    ),
  ),
  udpPacket(
    "10.0.0.2:53",
    "10.0.0.1:5000",
    hex("1234 8583 0001 0000 0000 0000 076578616d706c6503636f6d00 000f 0001"),
  ),
  udpPacket(
    "10.0.0.2:53",
    "10.0.0.1:5000",
    hex(
      "1234 8180 0001 0002 0000 0000 0161 00 000f 0001 c00c 000f 0001 000000ff 0005 000a 0162 00 c00c 0010 0001 000000ff 0003 02 6869",
    ),
  ),
  icmpPacket("10.0.0.1", "10.0.0.2", hex("0800 0000 0007 0009 61626364")),
  icmpPacket("10.0.0.2", "10.0.0.1", hex("0000 0000 0007 0009 61626364")),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((code) =>
    icmpPacket(
      "10.0.0.9",
      "10.0.0.1",
      Buffer.concat([Buffer.of(3, code, 0, 0, 0, 0, 5, 220), innerUdp]),
    ),
  ),
  icmpPacket("10.0.0.9", "10.0.0.1", Buffer.concat([hex("0303 0000 0000 0000"), inner4])),
  ...[0, 1, 2, 3].map((code) =>
    icmpPacket(
      "10.0.0.9",
      "10.0.0.1",
      Buffer.concat([Buffer.of(5, code, 0, 0, 10, 0, 0, 3), innerUdp]),
    ),
  ),
  icmpPacket("10.0.0.9", "10.0.0.1", Buffer.concat([hex("0b00 0000 0000 0000"), innerUdp])),
  icmpPacket("10.0.0.9", "10.0.0.1", Buffer.concat([hex("0b01 0000 0000 0000"), innerUdp])),
  icmpPacket("10.0.0.9", "10.0.0.1", Buffer.concat([hex("0400 0000 0000 0000"), innerUdp])),
  icmpPacket("10.0.0.9", "10.0.0.1", Buffer.concat([hex("0c00 0000 0900 0000"), innerUdp])),
  icmpPacket("10.0.0.1", "10.0.0.2", hex("0d00 0000 0007 0009 00000001 00000000 00000000")),
  icmpPacket("10.0.0.1", "10.0.0.2", hex("0e00 0000 0007 0009 00000001 03000000 00ffffff")),
  ipv6(58, hex("8000 0000 0007 0009")),
  ipv6(58, hex("8100 0000 0007 0009")),
  ...[0, 1, 2, 3, 4].map((code) =>
    ipv6(58, Buffer.concat([Buffer.of(1, code, 0, 0, 0, 0, 0, 0), inner6])),
  ),
  ipv6(58, Buffer.concat([hex("0200 0000 0000 0500"), inner6])),
  ipv6(58, Buffer.concat([hex("0300 0000 0000 0000"), inner6])),
  ipv6(58, hex("8700 0000 0000 0000 fe800000000000000000000000000005")),
  ipv6(58, hex("8800 0000 6000 0000 fe800000000000000000000000000005")),
  ipv6(58, hex("8500 0000 0000 0000")),
  ipv6(0, hex("3a00 0502 0000 0100 8f00 0000 0000 0001 04000000 ff0200000000000000000000000000fb")),
  ipv6(17, hex("1388 1770 000a 0000 6869")),
  ipv6(6, hex("1388 1770 00000001 00000002 5018 0200 0000 0000 6869")),
  ipv6(44, hex("1100 0001 0000002a 1388 1770 0010 0000 6869 6869 6869 6869")),
  ipv6(44, hex("1100 0011 0000002a 6869 6869")),
  ethernet(0x0806, hex("0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002")),
  ethernet(0x0806, hex("0001 0800 0604 0002 020000000001 0a000001 020000000002 0a000002")),
  ethernet(0x8100, Buffer.concat([hex("6005 0800"), innerUdp])),
];

const FLAGS = [
  "",
  "-e",
  "-q",
  "-S",
  "-t",
  "-tt",
  "-ttt",
  "-tttt",
  "-ttttt",
  "-A",
  "-X",
  "-x",
  "-AA",
  "-XX",
  "-xx",
  "-eq",
];

const execute = promisify(execFile);

async function tcpdump(...args: string[]): Promise<string> {
  const { stdout } = await execute(peer("tcpdump"), args, { maxBuffer: 1 << 26 });
  return stdout;
}

function fileOf(format: "pcap" | "pcapng"): Buffer {
  const writer = makeCaptureWriter(format);
  return Buffer.concat([writer.add(PACKETS), writer.end()]);
}

describe("files", () => {
  needs("tcpdump").each(FLAGS)(
    "lines with %s are tcpdump's, whichever format has them",
    async (flag) => {
      await using folder = await scratch();
      for (const format of ["pcap", "pcapng"] as const) {
        const file = folder.path(`made.${format}`);
        await writeFile(file, fileOf(format));
        const words = ["-n", ...(flag === "" ? [] : [flag]), "-r", file];
        const ours = await run(["capture", ...words]);
        expect(ours.stdout.split("\n")).toEqual((await tcpdump(...words)).split("\n"));
        expect(ours).toMatchObject({ code: 0, stderr: "" });
      }
    },
  );

  needs("tcpdump").each(["-v", "-ev", "-vS"])("headers with %s are tcpdump's", async (flag) => {
    await using folder = await scratch();
    const file = folder.path("made.pcap");
    // ICMPv6 says less here, and so does a line without an end.
    const some = PACKETS.filter(
      ({ bytes }) => bytes.readUInt16BE(12) !== 0x86dd && !bytes.includes("GET without an end"),
    );
    await writeFile(file, makeCaptureWriter("pcap").add(some));
    const words = ["-n", flag, "-r", file];
    const expected = await tcpdump(...words);
    expect(expected).toContain("(correct)");
    expect((await run(["capture", ...words])).stdout.split("\n")).toEqual(expected.split("\n"));
  });

  needs("tcpdump")(
    "tcpdump's own file is read, and a filter gives what it gives tcpdump",
    async () => {
      await using folder = await scratch();
      const [made, theirs] = [folder.path("made.pcapng"), folder.path("theirs.pcap")];
      await writeFile(made, fileOf("pcapng"));
      await tcpdump("-r", made, "-w", theirs);
      const words = ["-n", "-r", theirs, "tcp[13] & 2 != 0 or (udp and not port 53) or icmp6"];
      const expected = await tcpdump(...words);
      expect(expected.split("\n").length).toBeGreaterThan(5);
      expect((await run(["capture", ...words])).stdout).toBe(expected);
    },
  );

  needs("tshark").each(["pcap", "pcapng"])(
    "tshark reads what -w has written to a .%s file",
    async (ending) => {
      await using folder = await scratch();
      const [made, copy] = [folder.path("made.pcapng"), folder.path(`copy.${ending}`)];
      await writeFile(made, fileOf("pcapng"));
      expect(await run(["capture", "-r", made, "-w", copy, "tcp"])).toMatchObject({
        code: 0,
        stdout: "",
      });
      const fields = [
        "-T",
        "fields",
        "-e",
        "frame.time_epoch",
        "-e",
        "frame.len",
        "-e",
        "tcp.seq_raw",
      ];
      const read = (file: string): Promise<{ stdout: string }> =>
        execute(peer("tshark"), ["-r", file, "-Y", "tcp and not icmp and not vlan", ...fields]);
      const [{ stdout: before }, { stdout: after }] = await Promise.all([read(made), read(copy)]);
      expect(after.split("\n").length).toBeGreaterThan(10);
      expect(after).toBe(before);
    },
  );

  needs("tshark")("a file of tshark's, with names and comments in it, is read", async () => {
    await using folder = await scratch();
    const [made, theirs] = [folder.path("made.pcap"), folder.path("theirs.pcapng")];
    await writeFile(made, fileOf("pcap"));
    await execute(peer("tshark"), [
      "-r",
      made,
      "-F",
      "pcapng",
      "--capture-comment",
      "words",
      "-w",
      theirs,
    ]);
    const [one, other] = await Promise.all(
      [made, theirs].map((file) => run(["capture", "-nXr", file])),
    );
    expect(other?.stdout).toBe(one?.stdout);
  });
});

describe("rotation", () => {
  /** 3.3 MB of packets, none the size of its neighbours. */
  const MANY = Array.from({ length: 3500 }, (_, at) =>
    udpPacket("10.0.0.1:5000", "10.0.0.2:6000", "x".repeat(400 + ((at * 37) % 1000))),
  );

  needs("tcpdump").each([
    "-C 1",
    "-C 1 -W 2",
    "-C 1 -W 11",
    "-C 1 -W 1",
    "-C 1 -G 3600",
    "-C 1 -G 3600 -W 3",
    "-G 3600 -W 1",
  ])("%s gives tcpdump's files: names and bytes", async (line) => {
    await using folder = await scratch();
    const [made, ours, theirs] = ["in.pcap", "ours", "theirs"].map(folder.path) as Three;
    await writeFile(made, makeCaptureWriter("pcap").add(MANY));
    await Promise.all([mkdir(ours), mkdir(theirs)]);
    const flags = line.split(" ");
    // The year: the two don't run in the same second.
    const name = (place: string): string =>
      join(place, flags.includes("-G") ? "f-%Y.pcap" : "f.pcap");
    await tcpdump(...STAYS, "-r", made, ...flags, "-w", name(theirs));
    const { code } = await run(["capture", "-r", made, ...flags, "-w", name(ours)]);
    expect(code).toBe(0);
    expect(await filesIn(ours)).toEqual(await filesIn(theirs));
  });

  needs("tcpdump")(
    "-C cuts pcapng as well: whole files, no packet lost, none too large",
    async () => {
      await using folder = await scratch();
      const made = folder.path("in.pcap");
      await writeFile(made, makeCaptureWriter("pcap").add(MANY));
      const out = folder.path("out");
      await mkdir(out);
      await run(["capture", "-r", made, "-C", "500kB", "-W", "10", "-w", join(out, "f.pcapng")]);
      const names = (await readdir(out)).sort();
      expect(names.slice(0, 3)).toEqual(["f.pcapng0", "f.pcapng1", "f.pcapng2"]);
      const parts: string[] = [];
      for (const [at, name] of names.entries()) {
        const { size } = await stat(join(out, name));
        expect(size).toBeLessThan(500_000 + 1600);
        if (at < names.length - 1) expect(size).toBeGreaterThan(500_000);
        parts.push(await tcpdump("-nr", join(out, name)));
      }
      expect(parts.join("") === (await tcpdump("-nr", made))).toBe(true);
    },
  );

  needs("tcpdump").each(["pcap", "pcapng"])(
    "-G ends a file by the clock, and -W the run, as tcpdump's: .%s",
    async (ending) => {
      await using folder = await scratch();
      const flags = ["-r", "-", "-G", "1", "-W", "2", "-w"];
      const [ours, theirs] = [folder.path("ours"), folder.path("theirs")];
      await Promise.all([mkdir(ours), mkdir(theirs)]);
      const runs = [
        start(["capture", ...flags, join(ours, `%Y-%s.${ending}`)]),
        start([...STAYS, ...flags, join(theirs, `%Y-%s.${ending}`)], { program: peer("tcpdump") }),
      ];
      await Promise.all(
        runs.map(async (running) => {
          await using each = running;
          const writer = makeCaptureWriter("pcap");
          // The clock decides: packets are given until it has ended.
          const feed = setInterval(() => each.stdin.write(writer.add(MANY.slice(0, 5))), 50);
          const { code, stderr } = await each.ended.finally(() => clearInterval(feed));
          expect(code).toBe(0);
          expect(stderr).toContain("Maximum file limit reached: 2\n");
        }),
      );
      for (const place of [ours, theirs]) {
        const names = await readdir(place);
        expect(names).toHaveLength(2);
        for (const name of names) {
          expect(name).toMatch(new RegExp(`^20\\d\\d-\\d{10}\\.${ending}$`));
          expect((await tcpdump("-nr", join(place, name))).split("\n").length).toBeGreaterThan(1);
        }
      }
    },
  );
});

/** As root it would become somebody else, who may not write here. */
const STAYS = process.geteuid?.() === 0 ? ["-Z", "root"] : [];

type Three = [string, string, string];

/** The files of a folder, by name. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const hashOf = async (name: string): Promise<string> =>
    createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await hashOf(name)])),
  );
}

const live = CAPTURE_FAILURE === undefined ? needs("tcpdump") : test.skip;

describe(`live${CAPTURE_FAILURE === undefined ? "" : `: ${CAPTURE_FAILURE}`}`, () => {
  live(
    "gives the packets that tcpdump gives beside it, and the connection does not notice",
    async () => {
      await using folder = await scratch();
      await using server = await startServer();
      const filter = `tcp port ${server.port}`;
      await using theirs = start(["-ni", "lo", "-l", "-B", "65536", filter], {
        program: peer("tcpdump"),
      });
      await using ours = start(["capture", "-ni", "lo", filter]);
      await using written = start([
        "capture",
        "-i",
        "lo",
        "-w",
        folder.path("live.pcapng"),
        filter,
      ]);
      await Promise.all([
        theirs.said(/listening on lo/),
        ours.said(/listening on lo/),
        written.said(/listening on lo/),
      ]);
      const payload = Buffer.alloc(300_000, "what is said ");
      expect((await exchange(server.port, payload)).equals(payload)).toBe(true);
      // The last one is the acknowledgment of the second FIN: each has it once it has two FINs and what follows.
      const over = /(?:Flags \[F[^]*){2}Flags \[\.\][^\n]*\n/;
      const [expected, got] = await Promise.all([theirs.gave(over), ours.gave(over)]);
      expect(linesOf(got.input)).toEqual(linesOf(expected.input));
      for (const one of [ours, written]) one.kill("SIGINT");
      const ended = await Promise.all([ours.ended, written.ended]);
      const count = linesOf(expected.input).length;
      for (const { code, stderr } of ended) {
        expect(code).toBe(130);
        expect(stderr).toContain(`${count} packets captured\n`);
        expect(stderr).toContain("\n0 packets dropped by kernel\n");
      }
      expect(linesOf(await tcpdump("-nr", folder.path("live.pcapng")))).toEqual(
        linesOf(expected.input),
      );
    },
  );

  live("what is written can be read at once, and -c ends it", async () => {
    await using folder = await scratch();
    await using server = await startServer();
    const file = folder.path("some.pcap");
    await using written = start([
      "capture",
      "-i",
      "lo",
      "-c",
      "3",
      "-w",
      file,
      `tcp port ${server.port}`,
    ]);
    await written.said(/listening on lo/);
    expect((await tcpdump("-nr", file)).trim()).toBe("");
    await exchange(server.port, Buffer.from("hello"));
    const { code, stderr } = await written.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("3 packets captured\n");
    const lines = linesOf(await tcpdump("-nr", file));
    expect(lines.map((line) => /Flags \[(.*?)\]/.exec(line)?.[1])).toEqual(["S", "S.", "."]);
  });

  live("--follow gives what both said, once", async () => {
    await using server = await startServer();
    await using ours = start(["capture", "-i", "lo", "--follow", `tcp port ${server.port}`]);
    await ours.said(/listening on lo/);
    await exchange(server.port, Buffer.from("once upon a time\n"));
    await ours.gave(/closed\n[^]*closed\n/);
    ours.kill("SIGTERM");
    const { stdout, code } = await ours.ended;
    expect(code).toBe(143);
    expect(stdout.match(/once upon a time\n/g)).toHaveLength(2);
    expect(stdout).toMatch(
      /^== 1: 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.\d+\nonce upon a time\n== 1: /,
    );
  });
});

/** What tcpdump and we have in common: not the microsecond at which each was handed the packet. */
function linesOf(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^\S+ /, ""));
}

async function startServer(): Promise<AsyncDisposable & { port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // A server on TCP has an address of this kind.
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

async function exchange(port: number, payload: Buffer): Promise<Buffer> {
  const socket = dialTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.end(payload);
  await once(socket, "close");
  return Buffer.concat(chunks);
}
