/** When a run ends: netcat.md §1.5, the column of ncx, a real process each. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { open, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { read, serves, tcpClient, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { CLI, run, scratch, start, startListening } from "../helpers/run-cli.ts";

const LARGE = 20_000_000;

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes that no two places have alike. */
function largeBytes(): Buffer {
  const bytes = Buffer.alloc(LARGE);
  for (let at = 0; at < LARGE; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, at);
  return bytes;
}

describe("the end of stdin", () => {
  test("half-closes, and an answer that comes later is still printed", async () => {
    await using peer = await tcpPeer(serves.late);
    const { code, stdout } = await run(["127.0.0.1", String(peer.port)], { input: "question" });
    expect(stdout).toBe("question");
    expect(code).toBe(0);
  });

  test("with -q 0 ends the run once all is sent, and the answer is lost", async () => {
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      asked = read(socket);
    });
    const { code, stdout } = await run(["-q", "0", "127.0.0.1", String(peer.port)], {
      input: "question",
    });
    expect([code, stdout]).toEqual([0, ""]);
    expect(String(await asked)).toBe("question");
  });

  test("with -q 1 waits at most that long for a peer that stays", async () => {
    await using peer = await tcpPeer(serves.sink);
    const { code, stderr } = await run(["-v", "-q", "1", "127.0.0.1", String(peer.port)]);
    expect(code).toBe(0);
    expect(Number(/in ([\d.]+) seconds/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(0.99);
  });

  test("with -q 600 ends as soon as the peer does", async () => {
    await using peer = await tcpPeer(serves.late);
    const { code, stdout } = await run(["-q", "600", "127.0.0.1", String(peer.port)], {
      input: "x",
    });
    expect([code, stdout]).toEqual([0, "x"]);
  });

  test("with -q -1 waits without limit", async () => {
    await using peer = await tcpPeer(serves.late);
    const { code, stdout } = await run(["-q", "-1", "127.0.0.1", String(peer.port)], {
      input: "x",
    });
    expect([code, stdout]).toEqual([0, "x"]);
  });

  test("with --no-shutdown is not told to the peer", async () => {
    await using peer = await tcpPeer();
    await using client = start(["--no-shutdown", "127.0.0.1", String(peer.port)]);
    const socket = await peer.next();
    let ended = false;
    socket.once("end", () => (ended = true));
    client.stdin.end("bye");
    await once(socket, "data");
    socket.write("still there?");
    await client.gave(/still there\?/);
    expect(ended).toBe(false);
    socket.end();
    expect((await client.ended).code).toBe(0);
  });

  test("with -N is told, as it is without", async () => {
    await using peer = await tcpPeer(serves.late);
    const { stdout } = await run(["-N", "127.0.0.1", String(peer.port)], { input: "N" });
    expect(stdout).toBe("N");
  });

  test("with --send-only ends the run, though the peer stays", async () => {
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      asked = read(socket);
      socket.write("ignored");
    });
    const ended = await run(["--send-only", "127.0.0.1", String(peer.port)], { input: "data" });
    expect([ended.code, ended.stdout]).toEqual([0, ""]);
    expect(String(await asked)).toBe("data");
  });

  test("is not waited for with --recv-only, nor is a byte of stdin sent", async () => {
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      asked = read(socket);
      socket.end("all of it");
    });
    await using client = start(["--recv-only", "127.0.0.1", String(peer.port)]);
    client.stdin.write("never sent");
    expect(await client.ended).toMatchObject({ code: 0, stdout: "all of it" });
    expect(String(await asked)).toBe("");
  });

  test("with -d is never seen: stdin is not read", async () => {
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      asked = read(socket);
      setTimeout(() => socket.end("answer"), 300);
    });
    const { code, stdout } = await run(["-d", "127.0.0.1", String(peer.port)], { input: "unread" });
    expect([code, stdout]).toEqual([0, "answer"]);
    expect(String(await asked)).toBe("");
  });
});

describe("the end of stdin under --compat", () => {
  test.each([
    ["openbsd", [], false],
    ["openbsd", ["-N"], true],
    ["openbsd", ["-q", "600"], true],
    ["traditional", [], false],
    ["ncat", [], true],
    ["ncat", ["--no-shutdown"], false],
  ])("%s %j tells the peer: %j", async (who, flags, told) => {
    await using peer = await tcpPeer();
    const port = String(peer.port);
    await using client = start(["--compat", who, ...flags, "127.0.0.1", port]);
    const socket = await peer.next();
    client.stdin.end("bye");
    await once(socket, "data");
    const ended = once(socket, "end").then(() => true);
    // What is told is waited for; what is not, only for a while.
    expect(await (told ? ended : Promise.race([ended, delay(500, false)]))).toBe(told);
    socket.end();
    expect((await client.ended).code).toBe(0);
  });
});

describe("the end of the peer", () => {
  test("ends the run while a pipe on stdin stays open and silent", async () => {
    await using peer = await tcpPeer(serves.says("hello"));
    await using client = start(["127.0.0.1", String(peer.port)]);
    expect(await client.ended).toMatchObject({ code: 0, stdout: "hello", stderr: "" });
  });

  test("that only half-closes does not cut a file on stdin: all of it is sent", async () => {
    await using files = await scratch();
    const bytes = largeBytes();
    await writeFile(files.path("large"), bytes);
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      socket.end();
      asked = read(socket);
    });
    const file = await open(files.path("large"));
    const { code } = await run(["127.0.0.1", String(peer.port)], { stdin: file.fd });
    await file.close();
    expect(code).toBe(0);
    expect(digest((await asked) as Buffer)).toBe(digest(bytes));
  });

  test("that only half-closes does not cut a pipe on stdin that keeps giving", async () => {
    await using files = await scratch();
    const bytes = largeBytes();
    await writeFile(files.path("large"), bytes);
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      socket.end();
      asked = read(socket);
    });
    const line = 'cat "$1" | exec "$2" "$3" 127.0.0.1 "$4"';
    const words = ["-c", line, "sh", files.path("large"), process.execPath, CLI, String(peer.port)];
    const { code } = await run(words, { program: "sh", stdin: "ignore" });
    expect(code).toBe(0);
    expect(digest((await asked) as Buffer)).toBe(digest(bytes));
  });

  test.each(["--half-open", "--no-exit-on-close", "-k"])(
    "with %s leaves stdin to be sent until it ends",
    async (flag) => {
      await using peer = await tcpPeer((socket) => void socket.end("first"));
      await using client = start([flag, "127.0.0.1", String(peer.port)]);
      const socket = await peer.next();
      const asked = read(socket);
      await client.gave(/first/);
      // Longer than a silent pipe gets where the peer's end is the end.
      expect(await Promise.race([client.ended, delay(600, "still there")])).toBe("still there");
      client.stdin.write("one ");
      await once(socket, "data");
      client.stdin.end("two");
      expect(String(await asked)).toBe("one two");
      expect((await client.ended).code).toBe(0);
    },
  );

  test("loses nothing of what had come: 20 MB, read slowly", async () => {
    const bytes = largeBytes();
    await using peer = await tcpPeer(serves.says(bytes));
    await using client = start(["127.0.0.1", String(peer.port)], { stdin: "ignore" });
    client.child.stdout?.pause();
    await peer.next();
    client.child.stdout?.resume();
    const { code, bytes: got } = await client.ended;
    expect(code).toBe(0);
    expect(digest(got)).toBe(digest(bytes));
  });
});

describe("a peer that answers and leaves in the middle of our upload", () => {
  const answer = Buffer.from(`413 too much\n${"x".repeat(50_000)}\n`);

  // It reads a little of what is sent and closes, so that its kernel resets the connection.
  async function refuser() {
    return tcpPeer((socket) => {
      socket.once("data", () => {
        socket.pause();
        socket.end(answer, () => socket.destroy());
      });
    });
  }

  test.each(["a file", "a pipe"])("has been heard to its end: %s on stdin", async (kind) => {
    await using peer = await refuser();
    await using at = await scratch();
    const file = at.path("upload");
    await writeFile(file, largeBytes());
    await using input = await open(file);
    const args = ["127.0.0.1", String(peer.port)];
    const { bytes } = await (kind === "a file"
      ? start(args, { stdin: input.fd }).ended
      : run(args, { input: largeBytes() }));
    expect(bytes.equals(answer)).toBe(true);
  });
});

describe("a listener", () => {
  test("without -k ends after its first client, who gets what is typed", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0"]);
    await using client = await tcpClient(server.port);
    server.stdin.write("typed");
    await client.got("typed");
    client.socket.end("sent");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "sent" });
    expect(String(await client.received)).toBe("typed");
  });

  test("without -k takes no second client", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0"]);
    await using first = await tcpClient(server.port);
    await server.said(/Connection from/);
    await expect(tcpClient(server.port)).rejects.toThrow("ECONNREFUSED");
    first.socket.end();
    expect((await server.ended).code).toBe(0);
  });

  test("with </dev/null does not half-close: its client's answer is still to come", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0"], { stdin: "ignore" });
    await using client = await tcpClient(server.port);
    let ended = false;
    client.socket.once("end", () => (ended = true));
    client.socket.write("one ");
    await server.gave(/one/);
    client.socket.write("two");
    await server.gave(/two/);
    expect(ended).toBe(false);
    client.socket.end();
    expect(await server.ended).toMatchObject({ code: 0, stdout: "one two" });
  });

  test("with a file on stdin gives it and half-closes", async () => {
    await using files = await scratch();
    const bytes = largeBytes();
    await writeFile(files.path("large"), bytes);
    const file = await open(files.path("large"));
    await using server = await startListening(["-l", "127.0.0.1", "0"], { stdin: file.fd });
    await file.close();
    await using client = await tcpClient(server.port);
    expect(digest(await client.received)).toBe(digest(bytes));
    client.socket.end("thanks");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "thanks" });
  });

  test("with -k serves many, at once and one after another, and keeps stdout open", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    await using two = await tcpClient(server.port);
    one.socket.write("[one]");
    two.socket.write("[two]");
    await server.gave(/\[one\]/);
    await server.gave(/\[two\]/);
    server.stdin.write("to all");
    await Promise.all([one.got("to all"), two.got("to all")]);
    one.socket.end();
    two.socket.end();
    await Promise.all([one.received, two.received]);
    await using three = await tcpClient(server.port);
    three.socket.write("[three]");
    await server.gave(/\[three\]/);
    expect(server.child.exitCode).toBeNull();
  });

  test("with -k and </dev/null half-closes nobody", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"], { stdin: "ignore" });
    await using client = await tcpClient(server.port);
    let ended = false;
    client.socket.once("end", () => (ended = true));
    for (const word of ["one", "two", "three"]) {
      client.socket.write(word);
      await server.gave(new RegExp(word));
    }
    expect(ended).toBe(false);
  });

  test("with -k half-closes at the end of stdin those that are there and those that come", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    server.stdin.end("last words");
    expect(String(await one.received)).toBe("last words");
    await using two = await tcpClient(server.port);
    two.socket.write("hi");
    await server.gave(/hi/);
    expect(String(await two.received)).toBe("");
    expect(server.child.exitCode).toBeNull();
  });

  test.each(["-l", "-lk"])("with %s --max-accepts 2 ends after the second client", async (l) => {
    await using server = await startListening([l, "--max-accepts", "2", "127.0.0.1", "0"]);
    for (const text of ["one ", "two"]) {
      await using client = await tcpClient(server.port);
      client.socket.end(text);
      await client.received;
    }
    expect(await server.ended).toMatchObject({ code: 0, stdout: "one two" });
  });
});

describe("UDP", () => {
  test("waits for the answer after the end of stdin, and a second after the last one", async () => {
    await using peer = await udpPeer((_, from, socket) => {
      setTimeout(() => socket.send("late answer", from.port, from.address), 300);
    });
    const { code, stdout, stderr } = await run(["-vu", "127.0.0.1", String(peer.port)], {
      input: "question",
    });
    expect([code, stdout]).toEqual([0, "late answer"]);
    expect(Number(/in ([\d.]+) seconds/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(1.25);
  });

  test("with -q 3 waits that long instead", async () => {
    await using peer = await udpPeer((_, from, socket) => {
      setTimeout(() => socket.send("very late", from.port, from.address), 1500);
    });
    const { code, stdout } = await run(["-u", "-q", "3", "127.0.0.1", String(peer.port)], {
      input: "?",
    });
    expect([code, stdout]).toEqual([0, "very late"]);
  });
});

describe("a time of 0 is no limit", () => {
  test.each(["-w", "--connect-timeout", "--idle-timeout", "--timeout"])("%s 0", async (flag) => {
    await using peer = await tcpPeer(serves.late);
    const { code, stdout } = await run([flag, "0", "127.0.0.1", String(peer.port)], {
      input: "question",
    });
    expect([code, stdout]).toEqual([0, "question"]);
  });

  test("--compat openbsd -w0: all of stdin is sent, and then nothing waited for", async () => {
    const size = 4_000_000;
    const received: Promise<Buffer>[] = [];
    await using peer = await tcpPeer((socket) => void received.push(read(socket)));
    const { code } = await run(["--compat", "openbsd", "-w0", "127.0.0.1", String(peer.port)], {
      input: Buffer.alloc(size),
    });
    expect(code).toBe(0);
    expect((await received[0])?.length).toBe(size);
  });

  test("--compat openbsd -d -w0 ends at once", async () => {
    await using peer = await tcpPeer();
    const args = ["--compat", "openbsd", "-d", "-w0", "127.0.0.1", String(peer.port)];
    await using client = start(args);
    expect((await client.ended).code).toBe(0);
  });
});
