/** Programs as connections: their ends, their output to the last byte, and that nothing of them stays. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { listen } from "../../src/listen/index.ts";
import { relay } from "../../src/relay/index.ts";
import type { Connection } from "../../src/stream/connection.ts";
import { link } from "../../src/stream/link.ts";
import { dial, exitOf, type ProgramOptions } from "../../src/transport/index.ts";
import { needs } from "../helpers/peers-installed.ts";
import { scratch } from "../helpers/run-cli.ts";
import { rawClient, rawSocket, TCP0 } from "../helpers/sockets.ts";
import { findPty } from "../helpers/terminal.ts";

/** As many as the issue asks for where there is time, a tenth of it elsewhere. */
const MANY = process.env["CI"] || process.env["NCX_BIG"] ? 2000 : 200;
/** Where /proc tells of processes and descriptors. */
const HAS_PROC = process.platform === "linux";
const LARGE = 50 * 1024 * 1024;

describe("a program", () => {
  test("gets the end of its input, and its output still comes, however late", async () => {
    await using program = await sh("cat; sleep 0.3; echo late");
    program.stream.end("early\n");
    expect(await textOf(program)).toBe("early\nlate\n");
    expect(await exitOf(program)).toEqual({ code: 0, signal: null });
  });

  test("that closed its output still gets its input, and is waited for", async () => {
    await using folder = await scratch();
    const file = folder.path("upload");
    await using program = await sh(`exec cat >${file}`);
    program.stream.resume();
    await once(program.stream, "end");
    const upload = randomBytes(1_000_000);
    program.stream.end(upload);
    await once(program.stream, "close");
    expect(sha(readFileSync(file))).toBe(sha(upload));
    expect(await exitOf(program)).toEqual({ code: 0, signal: null });
  });

  test("that has its input closed may go on after its output; both ends have come once it has ended", async () => {
    await using folder = await scratch();
    const file = folder.path("done");
    await using program = await sh(`cat; exec >/dev/null; sleep 0.2; echo done >${file}`);
    program.stream.end("text");
    expect(await textOf(program)).toBe("text");
    expect(existsSync(file)).toBe(true);
  });

  test("that does not read loses nothing of its own output", async () => {
    await using program = await sh("exec <&-; sleep 0.2; echo output");
    program.stream.write(Buffer.alloc(4_000_000));
    program.stream.end();
    expect(await textOf(program)).toBe("output\n");
    expect(program.stream.errored).toBeNull();
  });

  test("that has ended leaves its output to a late reader", async () => {
    await using program = await sh("seq 1 5000");
    await exitOf(program);
    await delay(50); // the lateness itself
    expect(sha(await bytesOf(program))).toBe(sha(Buffer.from(sequence(5000))));
  });

  test("leaves its output to those that it started, until they have ended", async () => {
    await using program = await sh("(sleep 0.2; echo child) & echo parent");
    expect(await textOf(program)).toBe("parent\nchild\n");
  });

  test("is held back by a slow reader, and loses nothing of 50 MB", async () => {
    await using program = await sh(`head -c ${LARGE} /dev/zero | tr '\\0' x`);
    await once(program.stream, "readable");
    await delay(200); // the slowness itself
    expect(program.stream.readableLength).toBeLessThan(1_000_000);
    expect(await exitedAlready(program)).toBe(false);
    let bytes = 0;
    for await (const chunk of program.stream.iterator({ destroyOnReturn: false }))
      bytes += (chunk as Buffer).length;
    expect(bytes).toBe(LARGE);
  });

  test("gets 50 MB whole, and gives them back", async () => {
    const sent = randomBytes(LARGE);
    await using program = await dial({ kind: "exec", command: ["cat"] });
    program.stream.end(sent);
    expect(sha(await bytesOf(program))).toBe(sha(sent));
  });

  test("has its arguments as they are, no shell between", async () => {
    const words = ["a b", "$HOME", "*", "", "'", "\\", "é\n"];
    const command = [
      process.execPath,
      "-p",
      "JSON.stringify(process.argv.slice(1))",
      "--",
      ...words,
    ];
    await using program = await dial({ kind: "exec", command });
    program.stream.end();
    expect(JSON.parse(await textOf(program))).toEqual(words);
  });

  test("has the environment that is given, and no other", async () => {
    await using program = await dial(
      { kind: "exec", command: ["/usr/bin/env"] },
      given({ env: { A: "1" } }),
    );
    program.stream.end();
    expect(await textOf(program)).toBe("A=1\n");
  });

  test("has its stderr with its stdout for the peer, in the order that it wrote them", async () => {
    const words = ["-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2"];
    const command = ["/bin/sh", ...words];
    await using program = await dial({ kind: "exec", command }, given({ stderr: "peer" }));
    program.stream.end();
    expect(await textOf(program)).toBe("1\n2\n3\n4\n");
    await using line = await dial(
      { kind: "sh", command: "echo oops >&2" },
      given({ stderr: "peer" }),
    );
    line.stream.end();
    expect(await textOf(line)).toBe("oops\n");
  });

  test.each<[string, Endpoint, string, string]>([
    [
      "is nowhere",
      { kind: "exec", command: ["/no/such/program"] },
      "REFUSED",
      "no such file or directory",
    ],
    [
      "is on no PATH",
      { kind: "exec", command: ["no-such-program"] },
      "REFUSED",
      "no such file or directory",
    ],
    ["is no program", { kind: "exec", command: ["/etc/passwd"] }, "DENIED", "permission denied"],
    ["is a folder", { kind: "exec", command: ["/tmp"] }, "DENIED", "permission denied"],
  ])("that %s is refused", async (_, endpoint, code, state) => {
    const name = "command" in endpoint ? endpoint.command[0] : "";
    await expect(dial(endpoint)).rejects.toMatchObject({
      name: "NcxError",
      code,
      message: `Cannot run "${name}": ${state}`,
    });
  });

  test("without a name is a programmer's mistake", async () => {
    await expect(dial({ kind: "exec", command: [""] })).rejects.toThrow(TypeError);
    await expect(dial({ kind: "pty", command: [] })).rejects.toThrow(TypeError);
  });

  test("that is nowhere is refused with its stderr for the peer, too", async () => {
    const endpoint: Endpoint = { kind: "exec", command: ["/no/such/program"] };
    await expect(dial(endpoint, given({ stderr: "peer" }))).rejects.toMatchObject({
      code: "REFUSED",
    });
  });
});

describe("a program that nobody talks to any more", () => {
  test("is ended by SIGHUP, with what it started", async () => {
    const program = await sh("sleep 1000 & echo $!; wait");
    const pid = Number(await lineOf(program));
    await program[Symbol.asyncDispose]();
    expect(await exitOf(program)).toEqual({ code: null, signal: "SIGHUP" });
    await goneOf(pid);
  });

  test("is ended by SIGKILL where it ignores SIGHUP, after the grace that it has", async () => {
    const program = await sh("trap '' HUP; echo ready; while :; do sleep 1000; done", {
      grace: 100,
    });
    await lineOf(program);
    await program[Symbol.asyncDispose]();
    expect(await exitOf(program)).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("takes those of its group with it who ignore SIGHUP, though it has ended itself", async () => {
    // The shell ends by SIGHUP; the other keeps its output open, and says when it can be left alone.
    const line = "sh -c 'trap \"\" HUP; echo $$; while :; do sleep 1000; done' & wait";
    const program = await sh(line, { grace: 100 });
    const pid = Number(await lineOf(program));
    await program[Symbol.asyncDispose]();
    expect(await exitOf(program)).toEqual({ code: null, signal: "SIGHUP" });
    await goneOf(pid);
  });

  test("may end by itself on SIGHUP, with an exit code of its own", async () => {
    const program = await sh(
      "exec 2>/dev/null; trap 'exit 7' HUP; echo ready; while :; do sleep 0.05; done",
    );
    await lineOf(program);
    await program[Symbol.asyncDispose]();
    expect(await exitOf(program)).toEqual({ code: 7, signal: null });
  });

  test("is gone with those that it left behind with its output", async () => {
    const program = await sh("sleep 1000 & echo $!");
    const pid = Number(await lineOf(program));
    await exitOf(program);
    await program[Symbol.asyncDispose]();
    await goneOf(pid);
  });

  test.each(["reset", "close"] as const)("as its client went by %s, ends", async (how) => {
    await using server = await relay(TCP0, {
      kind: "sh",
      command: "echo $$; exec yes 2>/dev/null",
    });
    const socket = await rawSocket(server.endpoint);
    const [first] = (await once(socket, "data")) as [Buffer];
    const pid = Number(/^\d+/.exec(String(first))?.[0]);
    if (how === "reset") socket.resetAndDestroy();
    else socket.destroy();
    await goneOf(pid);
  });

  test("as its client went by reset, ends though it has not read what that had sent", async () => {
    const near = await dial({ kind: "sh", command: "echo $$; exec sleep 1000" });
    const pid = Number(await lineOf(near));
    await using server = await listen(TCP0, async (client, signal) => {
      await link(near, client, { signal });
      await near[Symbol.asyncDispose]();
    });
    const socket = await rawSocket(server.endpoint);
    // A little more than the system keeps for a program, and so less than would stop us reading.
    while (near.stream.writableLength === 0) {
      socket.write(Buffer.alloc(8192));
      await delay(5);
    }
    socket.resetAndDestroy();
    await goneOf(pid);
  });
});

describe("a relay to a program", () => {
  test("starts one for each client", async () => {
    await using server = await relay(TCP0, "sh:echo $$; cat");
    await using first = await rawClient(server.endpoint);
    await using second = await rawClient(server.endpoint);
    first.socket.end("first");
    second.socket.end("second");
    const [one, two] = await Promise.all([first.received, second.received]);
    expect(one).toMatch(/^\d+\nfirst$/);
    expect(two).toMatch(/^\d+\nsecond$/);
    expect(parseInt(one)).not.toBe(parseInt(two));
  });

  test("tells onError of one that is not there, and goes on", async () => {
    const errors: string[] = [];
    const onError = (error: Error): void => void errors.push(error.message);
    await using server = await relay(TCP0, "exec:/no/such/program", { onError });
    await using client = await rawClient(server.endpoint);
    expect(await client.received.catch(() => "")).toBe("");
    expect(errors).toEqual(['Cannot run "/no/such/program": no such file or directory']);
  });

  test.skipIf(!HAS_PROC)(
    `leaves no process and no descriptor of ${MANY} in turn`,
    async () => {
      await using server = await relay(TCP0, "exec:cat");
      const turn = async (): Promise<void> => {
        await using client = await rawClient(server.endpoint);
        client.socket.end("hello");
        expect(await client.received).toBe("hello");
      };
      await turn();
      const before = [descriptors(), children()];
      for (let i = 0; i < MANY; i += 1) await turn();
      while (server.connections > 0) await delay(1);
      expect([descriptors(), children()]).toEqual(before);
    },
    120_000,
  );
});

const pty = await findPty();

describe.skipIf(!pty)("a program in a terminal", () => {
  test("sees a terminal, of the size and name that are asked for", async () => {
    const terminal = { columns: 91, rows: 33, name: "vt100" };
    await using program = await shell("tty; stty size; echo $TERM", { terminal });
    expect(await textOf(program)).toMatch(/^\/dev\/\S+\r\n33 91\r\nvt100\r\n$/);
    expect(await exitOf(program)).toEqual({ code: 0, signal: null });
  });

  test("gives all its output, to a late reader as well", async () => {
    for (const wait of [0, 400]) {
      await using program = await shell("seq 1 3000");
      await delay(wait); // the lateness itself: node-pty closes a terminal after 200 ms
      expect(await textOf(program)).toBe(sequence(3000).replaceAll("\n", "\r\n"));
    }
  });

  test("gives a large output whole, and passes bytes that are no text", async () => {
    await using program = await shell(`stty raw; head -c 1000000 /dev/zero | tr '\\0' '\\377'`);
    expect(sha(await bytesOf(program))).toBe(sha(Buffer.alloc(1_000_000, 0xff)));
  });

  test("is told of the end of its input, in the middle of a line and after one", async () => {
    for (const text of ["line\n", "no line", ""]) {
      await using program = await shell("stty -echo; echo ready; cat; echo over");
      await untilShown(program, "ready");
      program.stream.end(text);
      const shown = await textOf(program);
      expect(shown.replaceAll("\r\n", "\n")).toBe(`${text}over\n`);
    }
  });

  test("is told again where another reads its end", async () => {
    await using program = await shell("cat >/dev/null; cat >/dev/null; echo over");
    program.stream.end();
    expect(await textOf(program)).toMatch(/over\r\n$/);
  });

  test("holds back who types more than it reads", async () => {
    await using program = await shell("stty raw -echo; echo ready; exec sleep 1000");
    await untilShown(program, "ready");
    const chunk = Buffer.alloc(100_000);
    expect(program.stream.write(chunk)).toBe(false);
    const drained = once(program.stream, "drain").then(() => true);
    expect(await Promise.race([drained, delay(300, false)])).toBe(false);
    drained.catch(() => {});
  });

  test("is ended as by a terminal that closes, by SIGKILL at last", async () => {
    const mild = await shell("echo ready; exec sleep 1000");
    await untilShown(mild, "ready");
    await mild[Symbol.asyncDispose]();
    expect(await exitOf(mild)).toEqual({ code: null, signal: "SIGHUP" });
    const hard = await shell("trap '' HUP; echo ready; while :; do sleep 1000; done", {
      grace: 100,
    });
    await untilShown(hard, "ready");
    await hard[Symbol.asyncDispose]();
    expect(await exitOf(hard)).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("has an exit code", async () => {
    await using program = await shell("exit 9");
    program.stream.resume();
    expect(await exitOf(program)).toEqual({ code: 9, signal: null });
  });

  test("that is not there is refused", async () => {
    const endpoint: Endpoint = { kind: "pty", command: ["/no/such/program"] };
    await expect(dial(endpoint)).rejects.toMatchObject({ code: "REFUSED" });
  });

  test.skipIf(!HAS_PROC)(
    "leaves no process and no descriptor of 50 in turn",
    async () => {
      const turn = async (): Promise<void> => {
        await using program = await shell("echo hello");
        expect(await textOf(program)).toBe("hello\r\n");
      };
      await turn();
      const before = [descriptors(), children()];
      for (let i = 0; i < 50; i += 1) await turn();
      expect([descriptors(), children()]).toEqual(before);
    },
    60_000,
  );
});

needs("lua5.4")("a Lua script is a program like another", async () => {
  await using folder = await scratch();
  const file = folder.path("upper.lua");
  await writeFile(file, "for line in io.lines() do print(line:upper()) end");
  await using program = await dial({ kind: "exec", command: ["lua5.4", file] });
  program.stream.end("shout\n");
  expect(await textOf(program)).toBe("SHOUT\n");
});

function sh(command: string, program: ProgramOptions = {}): Promise<Connection> {
  return dial({ kind: "sh", command }, given(program));
}

function shell(line: string, program: ProgramOptions = {}): Promise<Connection> {
  return dial({ kind: "pty", command: ["/bin/sh", "-c", line] }, given(program));
}

function given(program: ProgramOptions): { program: ProgramOptions } {
  return { program };
}

async function bytesOf({ stream }: Connection): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (!stream.readableEnded) await once(stream, "end");
  return Buffer.concat(chunks);
}

async function textOf(program: Connection): Promise<string> {
  return String(await bytesOf(program));
}

/** The first line; what comes after it stays where it is. */
async function lineOf({ stream }: Connection): Promise<string> {
  await once(stream, "readable");
  return String(stream.read()).split("\n", 1)[0] ?? "";
}

async function untilShown({ stream }: Connection, text: string): Promise<void> {
  let shown = "";
  while (!shown.includes(`${text}\r\n`) && !shown.includes(`${text}\n`)) {
    await once(stream, "readable");
    shown += String(stream.read() ?? "");
  }
}

async function exitedAlready(program: Connection): Promise<boolean> {
  return Promise.race([exitOf(program)?.then(() => true), delay(0, false)]) as Promise<boolean>;
}

/** Resolves once a process has ended. */
async function goneOf(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  while (isAlive(pid)) await delay(5);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      process.platform !== "linux" ||
      !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
    );
  } catch {
    return false;
  }
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Zombies included. */
function children(): string {
  return readdirSync("/proc/self/task")
    .map((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8"))
    .join("");
}

function sequence(last: number): string {
  return Array.from({ length: last }, (_, index) => `${index + 1}\n`).join("");
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
