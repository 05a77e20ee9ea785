/** `ncx telnet` as scripts use it, and against servers that mean no good. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { encodeSubnegotiation, escapeIac, TelnetParser } from "../../src/protocol/telnet.ts";
import { closedPort, read, tcpPeer, type TcpPeer } from "../helpers/peers.ts";
import { run, start } from "../helpers/run-cli.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A server that says this, and is sent that. */
async function says(...parts: readonly (string | Uint8Array)[]): Promise<
  TcpPeer & {
    readonly port: number;
    sent(): Promise<Buffer>;
  }
> {
  let sent: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));
  const peer = await tcpPeer((socket) => {
    sent = read(socket);
    for (const part of parts) socket.write(part);
    socket.end();
  });
  return Object.assign(peer, { sent: () => sent });
}

/** A whole run with nothing to say, and what the server was sent by it. */
async function visit(
  peer: Awaited<ReturnType<typeof says>>,
  ...args: readonly string[]
): Promise<{ stdout: string; stderr: string; code: number | null; bytes: Buffer; sent: string }> {
  const [port = `${peer.port}`] = args.filter((word) => /^-?\d{2,}$/.test(word));
  const flags = args.filter((word) => word !== port);
  const ended = await run(["telnet", ...flags, "127.0.0.1", port], { stdin: "ignore" });
  return { ...ended, sent: (await peer.sent()).toString("hex") };
}

describe("ncx telnet in a pipe", () => {
  test("sends lines as CR LF and shows CR LF as a line, the sentences apart", async () => {
    await using peer = await tcpPeer((socket) => {
      socket.write("login\r\nbare\r\0cr \u00e9\n");
      void read(socket).then((bytes) => socket.end(bytes));
    });
    await using client = start(["telnet", "127.0.0.1", `${peer.port}`]);
    client.stdin.end("one\ntwo\r\n");
    const { stdout, stderr, code } = await client.ended;
    expect(stdout).toBe("login\nbare\rcr \u00e9\none\ntwo\n");
    expect(stderr).toMatch(/^Trying 127\.0\.0\.1\.\.\.\nConnected to 127\.0\.0\.1\.\n/);
    expect(stderr).toMatch(/Connection closed by foreign host\.\n$/);
    expect(code).toBe(0); // it answered the end of our input
  });

  test("answers only, but begins by itself with a minus before the port", async () => {
    await using quiet = await says("hello\r\n");
    expect((await visit(quiet)).sent).toBe("");
    await using eager = await says("hello\r\n");
    const { sent, stdout } = await visit(eager, `-${eager.port}`);
    // DO SGA; WILL TTYPE, TSPEED, LFLOW, LINEMODE, NEW-ENVIRON; DO STATUS. A pipe has no size.
    expect(sent).toBe("fffd03fffb18fffb20fffb21fffb22fffb27fffd05");
    expect(stdout).toBe("hello\n");
  });

  test("ends its events with close, and with -v says how much passed", async () => {
    await using peer = await says("hello\r\n");
    const { stderr } = await visit(peer, "--json");
    const events = stderr
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(events).toMatchObject([
      { type: "open", id: expect.any(Number) },
      { type: "close", sent: 0, received: 7, reason: "eof", remote: { port: peer.port } },
    ]);
    await using again = await says("hello\r\n");
    expect((await visit(again, "-v")).stderr).toMatch(/: 0 bytes sent, 7 bytes received in /);
  });

  test("--help speaks of telnet alone, and hints name what telnet has", async () => {
    const { stdout } = await run(["telnet", "--help"]);
    expect(stdout).toMatch(/-w, --wait TIME/);
    expect(stdout).not.toMatch(/ -u |listener|-x HOST|be such/);
    const { stderr, code } = await run(["telnet", "--foo"]);
    expect(stderr).toMatch(/unknown option "--foo"\n.*ncx telnet --help lists the options\n$/);
    expect(code).toBe(2);
    expect((await run(["telnet", "127.0.0.1", "-1x"])).stderr).toMatch(/port "1x": not a number/);
    const late = await run(["telnet", "-w", "5", "127.0.0.1", `${await closedPort()}`]);
    expect(late.stderr).toMatch(/Connection refused\n$/);
  });

  test("has no use for an escape key, which is looked at all the same", async () => {
    await using peer = await says("hello\r\n");
    expect(await visit(peer, "-e", "^T", "-l", "anna")).toMatchObject({ stdout: "hello\n" });
    const wrong = await run(["telnet", "-e", "foo", "127.0.0.1", `${peer.port}`]);
    expect(wrong).toMatchObject({ stdout: "", code: 2 });
    expect(wrong.stderr).toMatch(/Cannot use -e "foo": it is not one key\n.*\^\], \^A, ~ or none/);
  });

  test("takes HOST:PORT as one word, too", async () => {
    await using peer = await says("hello\r\n");
    const { stdout } = await run(["telnet", `localhost:${peer.port}`], { stdin: "ignore" });
    expect(stdout).toBe("hello\n");
    const { stderr, code } = await run(["telnet", `[::1]:${await closedPort()}`]);
    expect(stderr).toMatch(/Trying ::1\.\.\./);
    expect(code).toBe(1);
    const wrong = await run(["telnet", "localhost:nosvc"]);
    expect(wrong.stderr).toMatch(/^telnet: Cannot parse [^]*\ntelnet: hint: /);
    expect(wrong.stderr).toMatch(/port "nosvc": not a.*\n.*a port is 0-65535, or a name/);
    expect(wrong.code).toBe(2);
  });

  test("says 1 and telnet's sentence where nobody listens, or the name is none", async () => {
    const refused = await run(["telnet", "127.0.0.1", `${await closedPort()}`]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /telnet: Unable to connect to remote host: Connection refused\n$/,
    );
  });

  test("shows the negotiation decoded with --trace", async () => {
    await using peer = await says(hex("fffd18 fffa1801fff0 fffd63"), "text\n");
    const { stdout, stderr } = await visit(peer, "--trace");
    expect(stdout).toBe("text\n");
    expect(stderr).toContain("< DO TERMINAL-TYPE\n> WILL TERMINAL-TYPE\n");
    expect(stderr).toContain("< SB TERMINAL-TYPE SEND\n> SB TERMINAL-TYPE IS ");
    expect(stderr).toContain("< DO 99\n> WONT 99\n");
  });

  test("tells USER with -l, and nothing of the environment without", async () => {
    const asks = [hex("fffd27 fffa2701fff0")];
    await using nobody = await says(...asks);
    expect((await visit(nobody)).sent).toBe("fffb27" + "fffa2700fff0");
    await using anna = await says(...asks);
    const user = Buffer.from("USER").toString("hex");
    const name = Buffer.from("anna").toString("hex");
    expect((await visit(anna, "-l", "anna")).sent).toBe(`fffb27fffa270000${user}01${name}fff0`);
  });

  test.each([
    ["-8", "fffb00fffd00"],
    ["-L", "fffb00"],
  ])("asks for BINARY with %s", async (flag, sent) => {
    await using peer = await says("");
    expect((await visit(peer, flag)).sent).toBe(sent);
  });

  test("reads a bulletin board's characters with --charset cp437", async () => {
    await using peer = await says(hex("c9cdbb e1"));
    expect((await visit(peer, "--charset", "cp437")).stdout).toBe("╔═╗ß");
  });

  test("passes every byte on both ways in BINARY, however large the chunks", async () => {
    const bytes = randomBytes(6_000_000);
    let sent: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      sent = read(socket);
      socket.write(hex("fffb00 fffd00"));
      // Asked for again and again, between the data: the answers share the way with what is sent.
      for (let at = 0; at < bytes.length; at += 500_000) {
        socket.write(escapeIac(bytes.subarray(at, at + 500_000)));
        socket.write(hex("fffd06"));
      }
      void sent.then(() => socket.end());
    });
    await using client = start(["telnet", "-8", "127.0.0.1", `${peer.port}`]);
    await once(await peer.next(), "data");
    client.stdin.end(bytes);
    const ended = await client.ended;
    expect(ended.bytes.equals(bytes)).toBe(true);
    const events = new TelnetParser().push((await sent) ?? Buffer.alloc(0));
    const data = events.flatMap((event) => (event.type === "data" ? event.bytes : []));
    expect(Buffer.concat(data).equals(bytes)).toBe(true);
  });
});

describe("--charset", () => {
  test.each([
    ["cp437", Buffer.of(0x82, 0x84, 13, 10)],
    ["latin1", Buffer.of(0xe9, 0xe4, 13, 10)],
  ])("%s gets a character whole that came in two chunks", async (charset, expected) => {
    let sent: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => void (sent = read(socket)));
    await using client = start(["telnet", "--charset", charset, "127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    const text = Buffer.from("éä\n");
    client.stdin.write(text.subarray(0, 3)); // é, and half of ä
    await once(server, "data");
    client.stdin.end(text.subarray(3));
    server.end();
    await client.ended;
    expect(await sent).toEqual(expected);
  });
});

describe("-t and --telnet", () => {
  test.each([["-t"], ["--telnet"]])("%s keeps a file's bytes among answers", async (flag) => {
    await using peer = await tcpPeer((socket) => {
      const timer = setInterval(() => socket.write(hex("fffd06")), 1);
      void read(socket).then((bytes) => {
        clearInterval(timer);
        const events = new TelnetParser().push(bytes);
        const data = events.flatMap((event) => (event.type === "data" ? event.bytes : []));
        socket.end(escapeIac(Buffer.concat(data)));
      });
    });
    const bytes = Buffer.alloc(4_000_000, hex("ff 61 ff ff 62"));
    await using client = start([flag, "127.0.0.1", `${peer.port}`]);
    client.stdin.end(bytes);
    expect((await client.ended).bytes.equals(bytes)).toBe(true);
  });

  test("--telnet agrees to what is about text, and refuses the rest", async () => {
    await using peer = await says(hex("fffd03 fffb03 fffd18 fffb01"), "a\r\n");
    const place = ["127.0.0.1", `${peer.port}`];
    const { stdout } = await run(["--telnet", "-d", ...place], { stdin: "ignore" });
    expect(stdout).toBe("a\n");
    expect((await peer.sent()).toString("hex")).toBe("fffb03fffd03fffc18fffe01");
  });
});

describe("a server that means no good", () => {
  test("may close in mid-negotiation", async () => {
    await using peer = await says(hex("fffd18 fffa18"));
    const { code, sent, stderr } = await visit(peer);
    expect(sent).toBe("fffb18");
    expect(stderr).toMatch(/Connection closed by foreign host\.\n$/);
    expect(code).toBe(0); // stdin had ended before
  });

  test("gets no more answers than it asks, in a storm of options", async () => {
    const storm = Buffer.concat(
      Array.from({ length: 100_000 }, (_, at) =>
        Buffer.of(255, [251, 252, 253, 254][at & 3] ?? 0, (at >> 2) & 255),
      ),
    );
    await using peer = await says(storm, "after\n");
    const { stdout, sent } = await visit(peer);
    expect(stdout).toBe("after\n");
    expect(sent.length / 2).toBeLessThanOrEqual(storm.length);
  });

  test("is read on after a subnegotiation without end, and sizes of nothing", async () => {
    const endless = Buffer.concat([hex("fffa18"), Buffer.alloc(5_000_000, "x"), hex("fff0")]);
    const types = encodeSubnegotiation(24, Buffer.from("\0\u001B]0;x\u0007"));
    await using peer = await says(endless, hex("fffd1f"), types, "after\n");
    const { stdout } = await visit(peer);
    expect(stdout).toBe("after\n");
  });

  test("may deflate (MCCP2), and end that", async () => {
    const packed = deflateSync(Buffer.concat([Buffer.from("packed\r\n"), hex("fffd63")]));
    const peer = await compressing((socket) =>
      socket.end(Buffer.concat([packed, Buffer.from("plain\r\n")])),
    );
    await using _ = peer;
    const { stdout, sent } = await visit(peer);
    expect(stdout).toBe("packed\nplain\n");
    expect(sent).toBe("fffd56" + "fffc63");
  });

  test("may not deflate (MCCP2) within what is deflated; again after it, as often as it likes", async () => {
    const begin = hex("fffa56fff0");
    const within = deflateSync(Buffer.concat([Buffer.from("one "), begin, Buffer.from("two ")]));
    const again = Array.from({ length: 2000 }, () => Buffer.concat([begin, deflateSync("x")]));
    const wire = [within, ...again, Buffer.from(" end\r\n")];
    await using peer = await compressing((socket) => socket.end(Buffer.concat(wire)));
    const { stdout } = await visit(peer);
    expect(stdout).toBe(`one two ${"x".repeat(2000)} end\n`);
  });

  test("is told of where it deflates nothing", async () => {
    const peer = await compressing((socket) => socket.end("not deflated at all"));
    await using _ = peer;
    const { code, stderr } = await visit(peer);
    expect(stderr).toContain("Cannot inflate what the server sends: not MCCP2");
    expect(code).not.toBe(70);
  });

  test("gives its GMCP as events", async () => {
    await using peer = await says(
      hex("fffbc9"),
      encodeSubnegotiation(201, Buffer.from('Char.Vitals {"hp":5}')),
    );
    const { stderr } = await visit(peer, "--json");
    const events = stderr
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(events).toContainEqual(
      expect.objectContaining({ type: "gmcp", name: "Char.Vitals", value: { hp: 5 } }),
    );
  });
});

/** A server that offers MCCP2, and goes on once it is agreed to. */
async function compressing(
  goOn: (socket: Socket) => void,
): Promise<Awaited<ReturnType<typeof says>>> {
  let sent: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));
  const peer = await tcpPeer((socket) => {
    sent = read(socket);
    socket.write(hex("fffb56"));
    socket.once("data", () => {
      socket.write(hex("fffa56fff0"));
      goOn(socket);
    });
  });
  return Object.assign(peer, { sent: () => sent });
}
