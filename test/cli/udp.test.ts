/** -u: the first peer or, with -k, all of them; datagrams stay whole. */
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { serves, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { run, start, startListening } from "../helpers/run-cli.ts";

const LARGEST = 65_507;

describe("--compat openbsd -u -w0", () => {
  test("sends what stdin has, always, and does not wait", async () => {
    await using peer = await udpPeer();
    const flags = ["--compat", "openbsd", "-u", "-w0", "127.0.0.1", String(peer.port)];
    for (let turn = 0; turn < 5; turn += 1) {
      const sent = await run(flags, { input: `datagram ${turn}` });
      expect(sent).toMatchObject({ code: 0, stderr: "" });
      expect(String((await peer.next()).datagram)).toBe(`datagram ${turn}`);
    }
  });
});

describe("-lu", () => {
  test("stays with the first peer that speaks, whom stdin goes to", async () => {
    await using server = await startListening(["-lu", "127.0.0.1", "0"]);
    await using first = await udpPeer();
    await using other = await udpPeer();
    first.send("first ", server.port);
    await server.gave(/first/);
    other.send("other ", server.port);
    first.send("again ", server.port);
    await server.gave(/again/);
    server.stdin.write("answer");
    expect(String((await first.next()).datagram)).toBe("answer");
    server.kill("SIGTERM");
    expect((await server.ended).stdout).toBe("first again ");
  });

  test("with </dev/null goes on receiving", async () => {
    await using server = await startListening(["-lu", "127.0.0.1", "0"], { stdin: "ignore" });
    await using peer = await udpPeer();
    peer.send("one ", server.port);
    await server.gave(/one/);
    // Longer than UDP waits for answers after the end of a stdin that did say something.
    expect(await Promise.race([server.ended, patience(1500)])).toBe("still there");
    peer.send("two", server.port);
    await server.gave(/two/);
  });

  test("with a stdin that has given its answer ends a second after the last datagram", async () => {
    await using server = await startListening(["-lu", "127.0.0.1", "0"]);
    server.stdin.end("answer");
    await using peer = await udpPeer();
    peer.send("question", server.port);
    expect(String((await peer.next()).datagram)).toBe("answer");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "question" });
  });

  test("-k keeps its sessions when stdin ends", async () => {
    await using server = await startListening(["-lku", "127.0.0.1", "0"]);
    server.stdin.end("answer");
    await using peer = await udpPeer();
    peer.send("one", server.port);
    expect(String((await peer.next()).datagram)).toBe("answer");
    await patience(1500);
    peer.send("two", server.port);
    await server.gave(/onetwo/);
    expect(server.stderr().match(/Connection from/g)).toHaveLength(1);
  });

  test("-k has a session for each peer: all are heard, and stdin goes to all", async () => {
    await using server = await startListening(["-lku", "127.0.0.1", "0"]);
    await using one = await udpPeer();
    await using two = await udpPeer();
    one.send("[1]", server.port);
    await server.gave(/\[1\]/);
    two.send("[2]", server.port);
    await server.gave(/\[2\]/);
    server.stdin.write("to all");
    expect(String((await one.next()).datagram)).toBe("to all");
    expect(String((await two.next()).datagram)).toBe("to all");
    one.send("[1 again]", server.port);
    await server.gave(/\[1 again\]/);
    expect(server.stderr().match(/Connection from/g)).toHaveLength(2);
  });

  test("-k ends a peer's session when it has been idle, and opens another for the same peer", async () => {
    await using server = await startListening([
      "-lku",
      "--idle-timeout",
      "200ms",
      "127.0.0.1",
      "0",
    ]);
    await using peer = await udpPeer();
    peer.send("one", server.port);
    await server.said(/bytes received in/);
    peer.send("two", server.port);
    await server.gave(/two/);
    expect(server.stderr().match(/Connection from/g)).toHaveLength(2);
    expect(server.child.exitCode).toBeNull();
  });

  test("-k -m 1 hears one peer at a time", async () => {
    await using server = await startListening(["-lku", "-m", "1", "127.0.0.1", "0"]);
    await using one = await udpPeer();
    await using two = await udpPeer();
    one.send("one", server.port);
    await server.gave(/one/);
    two.send("two", server.port);
    await server.said(/turned away: the limit of 1 connections? is reached/);
    one.send("more", server.port);
    await server.gave(/more/);
    server.kill("SIGINT");
    expect((await server.ended).stdout).toBe("onemore");
  });
});

describe("-u", () => {
  test("a stdin longer than a datagram goes in several, in order and complete", async () => {
    const large = Buffer.alloc(100_000, "0123456789");
    await using peer = await udpPeer();
    const ended = run(["-u", "127.0.0.1", String(peer.port)], { input: large });
    let sent = Buffer.alloc(0);
    while (sent.length < large.length) {
      const { datagram } = await peer.next();
      expect(datagram.length).toBeLessThanOrEqual(LARGEST);
      sent = Buffer.concat([sent, datagram]);
    }
    expect(sent.equals(large)).toBe(true);
    expect((await ended).code).toBe(0);
  });

  test("a datagram of 65,507 bytes is received whole", async () => {
    const large = Buffer.alloc(LARGEST, "0123456789");
    await using server = await startListening(["-lu", "-W", "1", "127.0.0.1", "0"]);
    await using peer = await udpPeer();
    peer.send(large, server.port);
    const { code, bytes } = await server.ended;
    expect(code).toBe(0);
    expect(bytes.equals(large)).toBe(true);
  });

  test("-p is the source port, -C sends CRLF, each chunk of stdin is a datagram", async () => {
    await using peer = await udpPeer();
    await using client = start(["-uC", "-v", "127.0.0.1", String(peer.port)]);
    await client.said(/Connected to/);
    client.stdin.write("one\n");
    expect(String((await peer.next()).datagram)).toBe("one\r\n");
    client.stdin.end("two\n");
    expect(String((await peer.next()).datagram)).toBe("two\r\n");
    expect((await client.ended).code).toBe(0);
  });

  test("--ttl, --recv-buffer and --send-buffer are taken without a word", async () => {
    await using peer = await udpPeer((_, from, socket) =>
      socket.send("ok", from.port, from.address),
    );
    const flags = ["-u", "-M", "7", "-I", "64k", "-O", "64k", "-W", "1"];
    await using client = start([...flags, "127.0.0.1", String(peer.port)]);
    client.stdin.write("?");
    expect(await client.ended).toMatchObject({ code: 0, stdout: "ok", stderr: "" });
  });

  test("-b allows a broadcast, which is refused without", async () => {
    const without = await run(["-u", "127.255.255.255", "9"], { input: "x" });
    expect([without.code, without.stderr]).toEqual([
      1,
      "Ncx: connect to 127.255.255.255 port 9 (udp) failed: Permission denied\n",
    ]);
    const allowed = await run(["-u", "-b", "-q", "0", "127.255.255.255", "9"], { input: "x" });
    expect([allowed.code, allowed.stderr]).toEqual([0, ""]);
  });
});

test.each([
  [["-M", "7"], "Ncx: Ignored --ttl: Node sets the hop limit of UDP sockets only\n"],
  [["-I", "4k"], "Ncx: Ignored --recv-buffer: Node sets the buffers of UDP sockets only\n"],
  [["-O", "4k"], "Ncx: Ignored --send-buffer: Node sets the buffers of UDP sockets only\n"],
])("%s for TCP is said to have no effect", async (flags, said) => {
  const { stderr } = await run([...flags, "-n", "nowhere", "80"]);
  expect(stderr.startsWith(said)).toBe(true);
});

test.each([
  [["-T", "lowdelay"], !("setTypeOfService" in Socket.prototype)],
  [["-T", "af11"], !("setTypeOfService" in Socket.prototype)],
  [["-u", "-T", "0x10"], true],
])("%j is heeded where Node can, else said to have no effect", async (flags, ignored) => {
  await using peer = await tcpPeer(serves.hangUp);
  const { code, stderr } = await run([...flags, "-q", "0", "127.0.0.1", String(peer.port)]);
  expect(stderr).toMatch(
    ignored ? /^Ncx: Ignored -T: .+ cannot set the type of service.*\n$/ : /^$/,
  );
  expect(code).toBe(0);
});

function patience(ms: number): Promise<"still there"> {
  return new Promise((resolve) => setTimeout(() => resolve("still there"), ms));
}
