/** -o, --hex-dump and --hex: what passes, in the order it went, whatever carries it. */
import { execFileSync } from "node:child_process";
import { open, readFile, stat } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { tcpClient, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";

/** A server that answers each of these texts with the one after it, and then ends. */
function conversation(lines: readonly string[]): Parameters<typeof tcpPeer>[0] {
  return (socket) => {
    socket.on("data", (chunk: Buffer) => {
      const at = lines.indexOf(String(chunk));
      socket.write(lines[at + 1] ?? "?");
      if (at + 2 >= lines.length) socket.end();
    });
  };
}

const TALK = ["one\n", "two\n", "three\n", "four\n"];

/** Has ncx say the first and third line, each after the answer to the one before. */
async function talk(flags: readonly string[]): Promise<void> {
  await using peer = await tcpPeer(conversation(TALK));
  await using client = start([...flags, "127.0.0.1", `${peer.port}`]);
  client.stdin.write("one\n");
  await client.gave(/two/);
  client.stdin.write("three\n");
  expect((await client.ended).code).toBe(0);
}

describe("both directions", () => {
  test("are in the order they went", async () => {
    await using files = await scratch();
    const [raw, hex] = [files.path("raw"), files.path("hex")];
    await talk(["-o", raw, "--hex-dump", hex]);
    expect(await readFile(raw, "utf8")).toBe(TALK.join(""));
    const lines = (await readFile(hex, "utf8")).split("\n").slice(0, -1);
    expect(lines.map((line) => line.replace(/  .*\|(.*)\|$/, " $1"))).toEqual([
      "> 00000000 one.",
      "< 00000000 two.",
      "> 00000004 three.",
      "< 00000004 four.",
    ]);
    expect((await stat(raw)).mode & 0o777).toBe(0o600);
  });

  test("are there for each datagram of UDP, and each client of -l -k", async () => {
    await using files = await scratch();
    const [udp, many] = [files.path("udp"), files.path("many")];
    await using peer = await udpPeer((_, { port }, socket) => {
      socket.send("yes", port, "127.0.0.1");
    });
    await run(["-u", "-W", "1", "-o", udp, "127.0.0.1", `${peer.port}`], { input: "well?" });
    expect(await readFile(udp, "utf8")).toBe("well?yes");

    await using server = await startListening(["-l", "-k", "-o", many, "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    one.socket.write("1");
    await server.gave(/1/);
    await using two = await tcpClient(server.port);
    two.socket.write("2");
    await server.gave(/2/);
    server.stdin.write("!");
    await Promise.all([one.got("!"), two.got("!")]);
    expect(await readFile(many, "utf8")).toBe("12!!");
  });

  test("are shown with the line ends that go out", async () => {
    await using files = await scratch();
    await using peer = await tcpPeer((socket) => void socket.on("data", () => socket.end()));
    await run(["-C", "-o", files.path("raw"), "127.0.0.1", `${peer.port}`], { input: "a\n" });
    expect(await readFile(files.path("raw"), "utf8")).toBe("a\r\n");
  });

  test("are added to both files with --append-output", async () => {
    await using files = await scratch();
    const [raw, hex] = [files.path("raw"), files.path("hex")];
    await talk(["-o", raw, "--hex-dump", hex]);
    const once = await readFile(hex, "utf8");
    await talk(["-o", raw, "--hex-dump", hex, "--append-output"]);
    expect(await readFile(raw, "utf8")).toBe(TALK.join("").repeat(2));
    expect(await readFile(hex, "utf8")).toBe(once.repeat(2));
  });
});

describe("a file that", () => {
  test("both dumps would write is refused", async () => {
    const { code, stderr } = await run(["-o", "x", "--hex-dump", "x", "127.0.0.1", "1"]);
    expect(stderr).toMatch(/^Ncx: Cannot use -o and --hex-dump: they write to the same file\n/);
    expect(code).toBe(2);
  });

  test.skipIf(process.platform === "win32")(
    "is a fifo which nobody reads holds nothing up: exit code 2; with a reader it is written",
    async () => {
      await using files = await scratch();
      const fifo = files.path("fifo");
      execFileSync("mkfifo", [fifo]);
      const { code, stderr } = await run(["-l", "-o", fifo, "127.0.0.1", "0"]);
      expect(stderr).toMatch(
        /^Ncx: Cannot write to ".*fifo": no such device or address\nNcx: hint: let something read this fifo first\n$/,
      );
      expect(code).toBe(2);
      await using reader = start([fifo], { program: "cat" });
      // Open at both ends, whichever is first.
      const both = await open(fifo, "r+");
      await talk(["-o", fifo]);
      await both.close();
      expect((await reader.ended).stdout).toBe(TALK.join(""));
    },
  );
});

describe("--hex", () => {
  test("and --json are refused together, before anything is dialled", async () => {
    const { code, stderr } = await run(["--hex", "--json", "127.0.0.1", "1"]);
    expect(JSON.parse(stderr)).toMatchObject({
      type: "error",
      code: "USAGE",
      message: "Cannot use --hex and --json: both write to stderr",
      hint: "use --hex-dump FILE",
    });
    expect(code).toBe(2);
  });

  test("stays apart from --json with a file", async () => {
    await using files = await scratch();
    await using peer = await tcpPeer((socket) => void socket.end("x"));
    const hex = files.path("hex");
    const { stderr } = await run(["-d", "--hex-dump", hex, "--json", "127.0.0.1", `${peer.port}`]);
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type as string);
    expect(events).toEqual(["open", "close"]);
    expect(await readFile(hex, "utf8")).toMatch(/^< 00000000 {2}78 .*\|x\|\n$/);
  });
});

describe("under --compat", () => {
  const typed = "a\nb\r\nc \xff";

  /** The file that one flag of one netcat leaves. */
  async function dumpOf(flags: readonly string[]): Promise<string> {
    await using files = await scratch();
    const file = files.path("dump");
    await using peer = await tcpPeer((socket) => void socket.on("data", () => socket.end("ok")));
    await using client = start([...flags, file, "127.0.0.1", `${peer.port}`]);
    client.stdin.end(Buffer.from(typed, "latin1"));
    await client.ended;
    return await readFile(file, "latin1");
  }

  test.each([
    ["ncat -o", ["--compat", "ncat", "-C", "-o"], "a\r\nb\r\nc \xffok"],
    [
      "ncat -x",
      ["--compat", "ncat", "-C", "-x"],
      `0000   61 0d 0a 62 0d 0a 63 20  ff${" ".repeat(23)}a..b..c..       \n` +
        `0000   6f 6b${" ".repeat(45)}ok${" ".repeat(14)}\n`,
    ],
    [
      "traditional -o, which shows what was typed",
      ["--compat", "traditional", "-C", "-o"],
      `> 00000000 61 0a 62 0d 0a 63 20 ff${" ".repeat(25)}# a.b..c .\n` +
        `< 00000000 6f 6b${" ".repeat(43)}# ok\n`,
    ],
  ])("%s", async (_, flags, expected) => {
    expect(await dumpOf(flags)).toBe(expected);
  });
});
