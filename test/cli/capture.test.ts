/** `ncx capture` as a command: what it says when something is wrong, and what it makes of files. */
import { mkdir, writeFile, readFile, stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { makeCaptureWriter } from "../../src/protocol/capture/writer.ts";
import { CAPTURE_FAILURE, HAS_LIBPCAP } from "../helpers/capture-right.ts";
import { tcpPacket, udpPacket } from "../helpers/packets.ts";
import { CLI, run, scratch, start } from "../helpers/run-cli.ts";

const client = "10.0.0.1:40000";
const web = "10.0.0.2:80";
const PACKETS = [
  tcpPacket({ from: client, to: web, sequence: 9, flags: "S" }),
  tcpPacket({ from: web, to: client, sequence: 99, acknowledgment: 10, flags: "S." }),
  tcpPacket({
    from: client,
    to: web,
    sequence: 10,
    acknowledgment: 100,
    flags: "P.",
    payload: "ask\u001b[31m\n",
  }),
  tcpPacket({
    from: web,
    to: client,
    sequence: 100,
    acknowledgment: 19,
    flags: "P.",
    payload: "answer",
  }),
  udpPacket("10.0.0.1:5000", "10.0.0.2:6000", "datagram"),
];

function file(format: "pcap" | "pcapng" = "pcapng"): Buffer {
  const writer = makeCaptureWriter(format);
  return Buffer.concat([writer.add(PACKETS), writer.end()]);
}

test("stdin is read, whatever its format", async () => {
  for (const format of ["pcap", "pcapng"] as const) {
    const { stdout, stderr, code } = await run(["capture", "-ntr", "-"], { input: file(format) });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout.split("\n")[0]).toBe(
      "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 9, win 512, length 0",
    );
    expect(stdout.split("\n")).toHaveLength(6);
  }
});

test("-c ends it, and says nothing on stderr of a file", async () => {
  const { stdout, stderr, code } = await run(["capture", "-c", "2", "-ntr", "-"], {
    input: file(),
  });
  expect({ lines: stdout.split("\n").length, stderr, code }).toEqual({
    lines: 3,
    stderr: "",
    code: 0,
  });
});

test("-s leaves the packets of a file whole, as tcpdump does", async () => {
  const whole = await run(["capture", "-ntxxr", "-"], { input: file() });
  expect(whole.stdout).toContain("UDP, length 8");
  const cut = await run(["capture", "-ntxxr", "-", "-s", "20"], { input: file() });
  expect(cut).toMatchObject({ stdout: whole.stdout, stderr: "", code: 0 });
  const piped = await run(["capture", "-r", "-", "-s", "20", "-w", "-"], { input: file() });
  expect(piped.bytes.includes("datagram")).toBe(true);
});

test("-K leaves the checksums of -v away", async () => {
  const words = ["capture", "-ntvvr", "-"];
  expect((await run(words, { input: file() })).stdout).toMatch(/cksum 0x[^]*udp/i);
  const { stdout, code } = await run([...words, "-K"], { input: file() });
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/cksum|sum ok/);
  expect(stdout).toContain("proto UDP (17)");
});

test("--json is one packet a line, with its bytes", async () => {
  const { stdout } = await run(["capture", "--json", "-r", "-"], { input: file() });
  const packets = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(packets[2]).toEqual({
    time: "1970-01-01T00:16:40.123456Z",
    length: 63,
    linkSource: "02:00:00:00:00:01",
    linkDestination: "02:00:00:00:00:02",
    protocol: "tcp",
    source: "10.0.0.1",
    sourcePort: 40000,
    destination: "10.0.0.2",
    destinationPort: 80,
    ttl: 64,
    flags: "P.",
    sequence: 10,
    acknowledgment: 100,
    window: 512,
    summary:
      "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [P.], seq 1:10, ack 1, win 512, length 9: HTTP",
    payload: Buffer.from("ask\u001b[31m\n").toString("base64"),
  });
  expect(packets[4]).toMatchObject({ protocol: "udp", destinationPort: 6000 });
});

test("--follow gives what was said, and nothing that moves a terminal's cursor", async () => {
  const { stdout } = await run(["capture", "--follow", "-r", "-"], { input: file() });
  expect(stdout).toBe(
    "== 1: 10.0.0.1.40000 > 10.0.0.2.80\nask.[31m\n" +
      "== 1: 10.0.0.2.80 > 10.0.0.1.40000\nanswer\n" +
      "== 2: 10.0.0.1.5000 > 10.0.0.2.6000\ndatagram",
  );
});

test("--follow N is one conversation alone, as JSON too", async () => {
  const { stdout } = await run(["capture", "--follow", "2", "--json", "-r", "-"], {
    input: file(),
  });
  expect(JSON.parse(stdout)).toEqual({
    time: "1970-01-01T00:16:40.123456Z",
    conversation: 2,
    protocol: "udp",
    from: { address: "10.0.0.1", port: 5000 },
    to: { address: "10.0.0.2", port: 6000 },
    bytes: Buffer.from("datagram").toString("base64"),
  });
});

test("--follow N says so where there is no such conversation", async () => {
  const { stdout, stderr, code } = await run(["capture", "--follow", "9", "-r", "-"], {
    input: file(),
  });
  expect({ stdout, stderr, code }).toEqual({
    stdout: "",
    stderr: "Ncx: no conversation 9: there were 2\n",
    code: 1,
  });
});

test("-w that cannot be written says that alone, and no counts", async () => {
  const { stderr, code } = await run(["capture", "-r", "-", "-w", "/nowhere/at.all"], {
    input: file(),
  });
  expect(stderr).toMatch(/^Ncx: Cannot write to "\/nowhere\/at\.all": no such file[^\n]*\n/);
  expect(stderr).not.toContain("captured");
  expect(code).toBe(2);
});

test("-w writes what was read, for its owner alone, and -w - to a pipe", async () => {
  await using folder = await scratch();
  const copy = folder.path("copy.pcapng");
  const { stderr, code } = await run(["capture", "-r", "-", "-w", copy], { input: file("pcap") });
  expect({ stderr, code }).toEqual({ stderr: "5 packets captured\n", code: 0 });
  expect((await stat(copy)).mode & 0o777).toBe(0o600);
  const piped = await run(["capture", "-r", copy, "-w", "-"]);
  expect(piped.bytes.equals(await readFile(copy))).toBe(true);
});

test("a cut file gives its whole packets, then says so", async () => {
  await using folder = await scratch();
  const cut = folder.path("cut.pcap");
  await writeFile(cut, file("pcap").subarray(0, -3));
  const { stdout, stderr, code } = await run(["capture", "-ntr", cut]);
  expect(stdout.split("\n")).toHaveLength(5);
  expect({ stderr, code }).toEqual({
    stderr: `Ncx: Cannot read "${cut}": it ends in the middle of a packet\n`,
    code: 1,
  });
});

test("a broken file keeps what -w had of it", async () => {
  await using folder = await scratch();
  const copy = folder.path("copy.pcap");
  const input = Buffer.concat([file("pcap"), Buffer.alloc(16, 255)]);
  const { stderr, code } = await run(["capture", "-r", "-", "-w", copy], { input });
  expect(stderr).toContain("a packet says that it has 4294967295 bytes");
  expect(code).toBe(1);
  expect((await run(["capture", "-ntr", copy])).stdout.split("\n")).toHaveLength(6);
});

test.skipIf(process.platform !== "linux")("a full disk is said, once", async () => {
  const { stderr, code } = await run(["capture", "-r", "-", "-w", "/dev/full"], { input: file() });
  expect(stderr.match(/Cannot write to "\/dev\/full": no space left on device\n/g)).toHaveLength(1);
  expect(code).toBe(2);
});

test("a next file that cannot be opened is said, once, and what was written is kept", async () => {
  await using folder = await scratch();
  await mkdir(folder.path("f.pcap1"));
  const words = ["capture", "-r", "-", "-C", "0.00005", "-w", folder.path("f.pcap")];
  const { stderr, code } = await run(words, { input: file() });
  expect(
    stderr.match(
      /Cannot write to ".*f\.pcap1": it is a directory|Cannot write to ".*f\.pcap1": .*/g,
    ),
  ).toHaveLength(1);
  expect(code).toBe(2);
  const read = await run(["capture", "-ntr", folder.path("f.pcap")]);
  expect(read.stdout.split("\n")).toHaveLength(2);
});

test.each([
  ["-r /nowhere/at.all", 2, /Cannot read ".*": no such file/],
  ["-r - -i lo", 2, /Cannot use -r and -i: they exclude each other/],
  ["-r - -w /nowhere/at.all", 2, /Cannot write to ".*": no such file/],
  ["-r - -w x --follow", 2, /Cannot use --follow with -w/],
  ["-r - -Q in", 2, /Cannot use -Q and -r: a file doesn't tell/],
  ["-i lo -Q sideways", 2, /-Q "sideways"/],
  ["-r - --follow=0", 2, /use --follow "0": it is no number of a conversation\n.*count from 1/],
  ["-r - --follow=x", 2, /use --follow "x": it is no number of a conversation/],
  ["-r - --json -A", 2, /they exclude each other/],
  ["-C 1", 2, /Cannot use -C: no file is written/],
  ["-G 5", 2, /Cannot use -G: no file is written/],
  ["-C 1 -r - -w -", 2, /Cannot use -C with -w -: stdout is one file/],
  ["-C 0 -r - -w x", 2, /Cannot use -C 0/],
  ["-C much -r - -w x", 2, /Cannot use -C "much"/],
  ["-W 3 -r - -w x", 2, /Cannot use -W: nothing says when a file is full/],
  ["-c 0", 2, /-c/],
  ["-s 300000", 2, /-s/],
])("ncx capture %s is refused", async (line, code, words) => {
  const ended = await run(["capture", ...line.split(" ")], { input: file() });
  expect(ended.stderr).toMatch(words);
  expect(ended.code).toBe(code);
  expect(ended.stdout).toBe("");
});

test("a reader that leaves ends it quietly", async () => {
  const writer = makeCaptureWriter("pcap");
  const many = Array.from({ length: 20_000 }, () => PACKETS).flat();
  await using folder = await scratch();
  await writeFile(folder.path("many.pcap"), writer.add(many));
  await using running = start(["capture", "-nr", folder.path("many.pcap")]);
  await running.gave(/Flags/);
  running.child.stdout?.destroy();
  const { code, stderr } = await running.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("without koffi it says so in one line, with what does without", async () => {
  await using folder = await scratch();
  const hook = folder.path("hook.mjs");
  await writeFile(
    hook,
    `import Module from "node:module";
const load = Module._load;
Module._load = function (name, ...rest) {
  if (name === "koffi") throw Object.assign(new Error("no koffi"), { code: "MODULE_NOT_FOUND" });
  return load.call(this, name, ...rest);
};`,
  );
  const words = ["--import", pathToFileURL(hook).href, CLI, "capture"];
  const program = process.execPath;
  const { stderr, code } = await run([...words, "-i", "lo"], { program });
  expect(stderr).toBe(
    'Ncx: Cannot capture on "lo": libpcap needs the optional package koffi, which is not there: npm install koffi; ' +
      "without it: ncx relay PORT HOST:PORT --tap shows what passes through it\n",
  );
  expect(code).toBe(2);
  const read = await run([...words, "-ntr", "-"], { program, input: file() });
  expect(read.stdout.split("\n")).toHaveLength(6);
});

test.skipIf(process.platform !== "linux")(
  "without libpcap it names the package in one line, with what does without",
  async () => {
    await using folder = await scratch();
    const hook = folder.path("hook.mjs");
    await writeFile(
      hook,
      `import Module from "node:module";
const load = Module._load;
const fail = () => { throw new Error("no such library"); };
Module._load = function (name, ...rest) {
  return name === "koffi" ? { load: fail } : load.call(this, name, ...rest);
};`,
    );
    const words = ["--import", pathToFileURL(hook).href, CLI, "capture"];
    const needs: [words: string[], act: string][] = [
      [["-i", "lo"], 'capture on "lo"'],
      [["-D"], "list the devices"],
      [["-r", "-", "tcp"], 'filter by "tcp"'],
    ];
    for (const [more, act] of needs) {
      const ended = await run([...words, ...more], { program: process.execPath, input: file() });
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toBe(
        `Ncx: Cannot ${act}: libpcap is not there: apt install libpcap0.8 ` +
          "(Fedora: dnf install libpcap; Alpine: apk add libpcap); " +
          "without it: ncx relay PORT HOST:PORT --tap shows what passes through it\n",
      );
    }
  },
);

describe.skipIf(!HAS_LIBPCAP)("with libpcap", () => {
  test.each([["port x y"], ["tcp and"], ["host 1.2.3.4.5"]])(
    "a bad filter is refused in libpcap's words: %s",
    async (filter) => {
      const { stderr, code, stdout } = await run(["capture", "-r", "-", filter], { input: file() });
      expect(stderr).toMatch(/^Ncx: Cannot use the filter ".*": \S.*\n$/);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    },
  );

  test("a filter is applied to a file, and may come from one", async () => {
    await using folder = await scratch();
    await writeFile(folder.path("filter"), "udp port 6000\n");
    const words = ["capture", "-ntr", "-"];
    const expected = "IP 10.0.0.1.5000 > 10.0.0.2.6000: UDP, length 8\n";
    expect((await run([...words, "udp", "port", "6000"], { input: file() })).stdout).toBe(expected);
    const fromFile = await run([...words, "-F", folder.path("filter")], { input: file() });
    expect(fromFile.stdout).toBe(expected);
  });

  test.skipIf(CAPTURE_FAILURE !== undefined)(
    "no such device is said, with how to list them",
    async () => {
      const { stderr, code } = await run(["capture", "-i", "nowhere9"]);
      expect(stderr).toMatch(/^Ncx: Cannot capture on "nowhere9": No such device exists\n.*-D/);
      expect(code).toBe(2);
      expect((await run(["capture", "-D"])).stdout).toMatch(/^\d+\.lo.*Loopback/m);
    },
  );

  test.skipIf(process.platform !== "linux" || process.geteuid?.() !== 0)(
    "without the right it names it in one line, with what does without",
    async () => {
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
      const words = [...nobody, process.execPath, CLI, "capture", "-i", "lo"];
      const { stderr, code } = await run(words, { program: "setpriv" });
      expect(stderr).toMatch(
        /^Ncx: Cannot capture on "lo": it needs CAP_NET_RAW: use sudo, or sudo setcap cap_net_raw\+ep .*; without it: ncx relay PORT HOST:PORT --tap .*\n$/,
      );
      expect(code).toBe(2);
    },
  );
});
