/** What passes, and in which shape: line ends, pauses, limits, dumps. */
import { readFile, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { read, serves, tcpClient, tcpPeer, udpPeer, type TcpPeer } from "../helpers/peers.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";

/** A peer that keeps what it is sent. */
async function keeper(answer = ""): Promise<TcpPeer & { asked(): Promise<Buffer> }> {
  let asked: Promise<Buffer> | undefined;
  const peer = await tcpPeer((socket) => {
    if (answer !== "") socket.write(answer);
    asked = read(socket);
    void asked.then(() => socket.end());
  });
  return Object.assign(peer, { asked: () => asked ?? Promise.resolve(Buffer.alloc(0)) });
}

describe("line ends", () => {
  test.each([
    ["-C", "a\r\nb\r\nc"],
    ["--crlf", "a\r\nb\r\nc"],
    ["--eol=crlf", "a\r\nb\r\nc"],
    ["--eol=cr", "a\rb\rc"],
    ["--eol=none", "abc"],
    ["--eol=lf", "a\nb\r\nc"],
  ])("%s sends a LF and a CRLF as %j", async (flag, sent) => {
    await using peer = await keeper();
    await run([flag, "127.0.0.1", String(peer.port)], { input: "a\nb\r\nc" });
    expect(String(await peer.asked())).toBe(sent);
  });

  test("-C leaves what is received as it is", async () => {
    await using peer = await tcpPeer(serves.says("a\nb"));
    const { stdout } = await run(["-C", "127.0.0.1", String(peer.port)], { stdin: "ignore" });
    expect(stdout).toBe("a\nb");
  });

  test("-C makes the line ends of a datagram, and leaves it one", async () => {
    await using peer = await udpPeer();
    await run(["-u", "-q", "0", "-C", "127.0.0.1", String(peer.port)], { input: "a\nb\r\nc\r" });
    expect(String((await peer.next()).datagram)).toBe("a\r\nb\r\nc\r");
  });

  test("-C doubles no CR whose LF is written later, and does not wait for it", async () => {
    await using peer = await tcpPeer();
    await using client = start(["-C", "127.0.0.1", String(peer.port)]);
    const socket = await peer.next();
    let came = "";
    socket.on("data", (chunk: Buffer) => (came += String(chunk)));
    client.stdin.write("a\r");
    while (came !== "a\r") await once(socket, "data");
    client.stdin.end("\nb");
    await once(socket, "end");
    expect(came).toBe("a\r\nb");
  });

  test("-C works for a listener's stdin, and for each client of -k", async () => {
    await using server = await startListening(["-lkC", "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    await using two = await tcpClient(server.port);
    one.socket.write("1");
    two.socket.write("2");
    await server.gave(/12|21/);
    server.stdin.write("x\n");
    await Promise.all([one.got("x\r\n"), two.got("x\r\n")]);
  });
});

describe("pauses", () => {
  test("-i waits between lines sent", async () => {
    await using peer = await keeper();
    const { code, stderr } = await run(["-v", "-i", "200ms", "127.0.0.1", String(peer.port)], {
      input: "1\n2\n3\n",
    });
    expect(code).toBe(0);
    expect(String(await peer.asked())).toBe("1\n2\n3\n");
    expect(seconds(stderr)).toBeGreaterThanOrEqual(0.39);
  });

  test("--delay waits before each read and write", async () => {
    await using peer = await tcpPeer(serves.late);
    const { stdout, stderr } = await run(["-v", "--delay", "0.3", "127.0.0.1", String(peer.port)], {
      input: "x",
    });
    expect(stdout).toBe("x");
    expect(seconds(stderr)).toBeGreaterThanOrEqual(0.59);
  });
});

describe("limits", () => {
  test("-W 2 ends after two datagrams, whatever else is still to come", async () => {
    await using peer = await udpPeer((_, from, socket) => {
      for (const text of ["one ", "two ", "three "]) socket.send(text, from.port, from.address);
    });
    await using client = start(["-u", "-W", "2", "127.0.0.1", String(peer.port)]);
    client.stdin.write("go");
    expect(await client.ended).toMatchObject({ code: 0, stdout: "one two " });
  });

  test("-W 1 ends a TCP connection after what is read first", async () => {
    await using peer = await tcpPeer((socket) => void socket.write("first"));
    await using client = start(["-W", "1", "127.0.0.1", String(peer.port)]);
    expect(await client.ended).toMatchObject({ code: 0, stdout: "first" });
  });
});

describe("dumps", () => {
  test("-o FILE is what passed both ways, byte for byte, for the owner alone", async () => {
    await using files = await scratch();
    const file = files.path("dump");
    await using peer = await tcpPeer(serves.late);
    await run(["-o", file, "127.0.0.1", String(peer.port)], { input: "A\0\xff" });
    expect(await readFile(file)).toEqual(Buffer.from("A\0\xffA\0\xff"));
  });

  test("-o starts the file afresh, and with --append-output adds to it", async () => {
    await using files = await scratch();
    const file = files.path("dump");
    await writeFile(file, "old");
    await using peer = await tcpPeer(serves.says("new"));
    const args = ["-d", "-o", file, "127.0.0.1", String(peer.port)];
    await run(args);
    expect(await readFile(file, "utf8")).toBe("new");
    await run(["--append-output", ...args]);
    expect(await readFile(file, "utf8")).toBe("newnew");
  });

  test("-o of a file that cannot be written ends with 2 before anything is dialled", async () => {
    await using files = await scratch();
    await using peer = await tcpPeer();
    const file = files.path("no/such/dump");
    const { code, stderr } = await run(["-o", file, "127.0.0.1", String(peer.port)]);
    expect(stderr).toBe(`Ncx: Cannot write to "${file}": no such file or directory\n`);
    expect(code).toBe(2);
    const listening = await run(["-l", "-o", file, "127.0.0.1", "0"]);
    expect([listening.code, listening.stderr]).toEqual([code, stderr]);
  });

  test("--hex shows both directions on stderr, and the payload alone on stdout", async () => {
    await using peer = await tcpPeer(serves.late);
    const { stdout, stderr } = await run(["--hex", "127.0.0.1", String(peer.port)], {
      input: "hi\n",
    });
    expect(stdout).toBe("hi\n");
    const bytes = `00000000  68 69 0a${" ".repeat(15)}  ${" ".repeat(23)}  |hi.|\n`;
    expect(stderr).toBe(`> ${bytes}< ${bytes}`);
  });

  test("--hex-dump FILE has the same in a file", async () => {
    await using files = await scratch();
    const file = files.path("dump");
    await using peer = await tcpPeer(serves.says("0123456789abcdef+"));
    const { stderr } = await run(["-d", "--hex-dump", file, "127.0.0.1", String(peer.port)]);
    expect(stderr).toBe("");
    expect(await readFile(file, "utf8")).toBe(
      "< 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n" +
        `< 00000010  2b${" ".repeat(21)}  ${" ".repeat(23)}  |+|\n`,
    );
  });

  test("do not change what passes: 5 MB with all three", async () => {
    await using files = await scratch();
    const bytes = Buffer.alloc(5_000_000, "0123456789abcdef");
    await using peer = await tcpPeer(serves.says(bytes));
    const args = ["-d", "-o", files.path("raw"), "--hex-dump", files.path("hex")];
    const ended = await run([...args, "127.0.0.1", String(peer.port)]);
    expect(digest(ended.bytes)).toBe(digest(bytes));
    expect(digest(await readFile(files.path("raw")))).toBe(digest(bytes));
  });
});

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function seconds(stderr: string): number {
  return Number(/in ([\d.]+) seconds/.exec(stderr)?.[1]);
}
