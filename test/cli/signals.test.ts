/** Signals, readers that go away, and what ends a run from outside: the exit codes of the house. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { makeCaptureWriter } from "../../src/protocol/capture/writer.ts";
import { udpPacket } from "../helpers/packets.ts";
import { closedPort, read, serves, stuckListener, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { CLI, run, scratch, start, startListening } from "../helpers/run-cli.ts";

/** Runs a shell line with $NCX standing for the command. */
function shell(line: string, port: number): ReturnType<typeof run> {
  const env = { NCX: CLI, NODE: process.execPath, PORT: String(port) };
  return run(["-c", line], { program: "sh", env });
}

describe("SIGINT, SIGTERM, SIGHUP and SIGQUIT", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
  ] as const)("%s ends a connection with %i, and the peer sees its end", async (signal, code) => {
    await using peer = await tcpPeer((socket) => void socket.write("hello"));
    await using client = start(["127.0.0.1", String(peer.port)]);
    await client.gave(/hello/);
    const socket = await peer.next();
    client.kill(signal);
    expect(await client.ended).toMatchObject({ code, stderr: "" });
    if (!socket.readableEnded) await once(socket.resume(), "end");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
  ] as const)("%s ends a listener that waits with %i", async (signal, code) => {
    await using server = await startListening(["-l", "127.0.0.1", "0"]);
    server.kill(signal);
    expect((await server.ended).code).toBe(code);
  });

  test.each(["SIGHUP", "SIGQUIT"] as const)("%s leaves no unix socket behind", async (signal) => {
    await using folder = await scratch();
    await using server = start(["-lvU", folder.path("socket")]);
    await server.said(/istening on/);
    expect(existsSync(folder.path("socket"))).toBe(true);
    server.kill(signal);
    await server.ended;
    expect(existsSync(folder.path("socket"))).toBe(false);
  });

  test("SIGINT ends -k with its clients, who see their end", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    await using two = await tcpClient(server.port);
    one.socket.write("1");
    two.socket.write("2");
    await server.gave(/12|21/);
    server.kill("SIGINT");
    expect((await server.ended).code).toBe(130);
    await Promise.all([one.received, two.received]);
  });

  test("SIGINT ends a dial that hangs", async () => {
    await using full = await stuckListener();
    await using client = start(["-v", "127.0.0.1", String(full.port)]);
    await client.said(/Version/);
    client.kill("SIGINT");
    expect((await client.ended).code).toBe(130);
  });

  test("SIGTERM lets a relay's connections end, and says so", async () => {
    await using upstream = await tcpPeer(serves.echo);
    await using relay = await startListening(["relay", "0", `127.0.0.1:${upstream.port}`]);
    await using client = await tcpClient(relay.port);
    client.socket.write("before ");
    await client.got("before");
    relay.kill("SIGTERM");
    await relay.said(/Waiting up to 10 s for 1 connection to end; again to end now/);
    await expect(tcpClient(relay.port)).rejects.toThrow("ECONNREFUSED");
    client.socket.end("after");
    expect(String(await client.received)).toBe("before after");
    expect((await relay.ended).code).toBe(143);
  });

  test("a second SIGINT ends a relay at once", async () => {
    await using upstream = await tcpPeer(serves.echo);
    await using relay = await startListening(["relay", "0", `127.0.0.1:${upstream.port}`]);
    await using client = await tcpClient(relay.port);
    client.socket.write("x");
    await client.got("x");
    relay.kill("SIGINT");
    await relay.said(/Waiting up to/);
    relay.kill("SIGINT");
    expect((await relay.ended).code).toBe(130);
    await client.received;
  });

  test("--drain bounds the wait", async () => {
    await using upstream = await tcpPeer(serves.echo);
    await using relay = await startListening([
      "relay",
      "--drain",
      "100ms",
      "0",
      `127.0.0.1:${upstream.port}`,
    ]);
    await using client = await tcpClient(relay.port);
    client.socket.write("x");
    await client.got("x");
    relay.kill("SIGTERM");
    expect((await relay.ended).code).toBe(143);
  });

  test("SIGTERM ends a relay without connections at once and in silence", async () => {
    await using relay = await startListening(["relay", "127.0.0.1:0", "127.0.0.1:1"]);
    const before = relay.stderr();
    relay.kill("SIGTERM");
    expect(await relay.ended).toMatchObject({ code: 143, stderr: before });
  });
});

describe("a reader that goes away", () => {
  const lines = "line\n".repeat(200_000);

  test("of stdout ends a connection with 0 and without a word", async () => {
    await using peer = await tcpPeer((socket) => {
      socket.resume();
      socket.write(lines);
    });
    const { stdout, stderr } = await shell(
      '{ "$NODE" "$NCX" 127.0.0.1 "$PORT" </dev/null; echo "code $?" >&2; } | head -n 1',
      peer.port,
    );
    expect(stdout).toBe("line\n");
    expect(stderr).toBe("code 0\n");
  });

  test("of stdout ends a listener with -k that has nobody else to serve", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"]);
    await using client = await tcpClient(server.port);
    client.socket.write("x");
    await server.gave(/x/);
    server.child.stdout?.destroy();
    client.socket.write(lines);
    expect((await server.ended).code).toBe(0);
    expect(server.stderr()).not.toMatch(/EPIPE|at /);
  });

  test("of a listener's stdout ends it while its client is still there", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0"]);
    await using client = await tcpClient(server.port);
    client.socket.write("x");
    await server.gave(/x/);
    server.child.stdout?.destroy();
    client.socket.write(lines);
    expect((await server.ended).code).toBe(0);
  });

  test("of stderr changes nothing for the payload", async () => {
    await using peer = await tcpPeer(serves.says("payload"));
    const gone = await shell(
      'exec 3>&1; "$NODE" "$NCX" -v --hex 127.0.0.1 "$PORT" </dev/null 2>&1 >&3 3>&- | true',
      peer.port,
    );
    expect(gone.stdout).toBe("payload");
    const closed = await shell(
      '"$NODE" "$NCX" -v 127.0.0.1 "$PORT" </dev/null 2>&-; echo "code $?"',
      peer.port,
    );
    expect(closed.stdout).toBe("payloadcode 0\n");
  });

  test("of stdout ends a capture with 0 at the next packet", async () => {
    const writer = makeCaptureWriter("pcap");
    const packet = (): Buffer => writer.add([udpPacket("10.0.0.1:5000", "10.0.0.2:6000", "x")]);
    await using capture = start(["capture", "-nr", "-"]);
    capture.stdin.write(packet());
    await capture.gave(/UDP/);
    capture.child.stdout?.destroy();
    capture.stdin.write(packet());
    expect(await capture.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("of stdout ends ports --watch with 0 at the next change", async () => {
    await using watch = start(["ports", "--watch=50ms", "--json", "-t"]);
    await watch.gave(/watching/);
    watch.child.stdout?.destroy();
    await using _ = await tcpPeer();
    expect(await watch.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("of stdout ends a scan with 0, long before its end", async () => {
    const port = String(await closedPort());
    // All of it would take a day at this rate.
    const slow = ["-p", port, "127.0.0-255.0-255", "--rate", "1"];
    await using scan = start(["scan", "--json", ...slow]);
    await scan.gave(/"port"/);
    scan.child.stdout?.destroy();
    expect(await scan.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("of stdout ends ncx services with 0 and without a word", async () => {
    const line = '{ "$NODE" "$NCX" services; echo "code $?" >&2; } | head -n 1';
    const { stdout, stderr } = await shell(line, 0);
    expect([stdout.split("\n").length, stderr]).toEqual([2, "code 0\n"]);
  });

  test("that was never there: stdout closed", async () => {
    let asked: Promise<Buffer> | undefined;
    await using peer = await tcpPeer((socket) => {
      asked = read(socket);
      socket.end("x");
    });
    const { stdout } = await shell(
      'exec 3>&1; printf q | "$NODE" "$NCX" 127.0.0.1 "$PORT" >&-; echo "code $?" >&3',
      peer.port,
    );
    expect(stdout).toMatch(/^code [01]\n$/);
    expect(String(await asked)).toBe("q");
  });
});

describe("time", () => {
  test("--timeout ends an open connection with 124 and says so", async () => {
    await using peer = await tcpPeer((socket) => void socket.write("early"));
    const { code, stdout, stderr } = await (async () => {
      await using client = start(["--timeout", "400ms", "127.0.0.1", String(peer.port)]);
      return await client.ended;
    })();
    expect([code, stdout, stderr]).toEqual([
      124,
      "early",
      "Ncx: Timeout: ended after 400 ms in all.\n",
    ]);
  });

  test.each([
    ["a listener that waits", ["-l", "127.0.0.1", "0"]],
    ["a relay", ["relay", "0", "127.0.0.1:1"]],
  ])("--timeout ends %s with 124", async (_, args) => {
    await using server = start([...args, "--timeout", "300ms"]);
    expect((await server.ended).code).toBe(124);
  });

  test.each(["-w", "--wait", "-G", "--connect-timeout"])(
    "%s ends a dial that hangs, with 1",
    async (flag) => {
      await using full = await stuckListener();
      const { code, stderr } = await run([flag, "500ms", "127.0.0.1", String(full.port)]);
      expect(stderr).toBe(
        `Ncx: connect to 127.0.0.1 port ${full.port} (tcp) failed: Operation timed out\n`,
      );
      expect(code).toBe(1);
    },
  );

  test("-w says nothing about a connection that is idle", async () => {
    await using peer = await tcpPeer((socket) => void setTimeout(() => socket.end("late"), 600));
    await using client = start(["-w", "200ms", "127.0.0.1", String(peer.port)]);
    expect(await client.ended).toMatchObject({ code: 0, stdout: "late", stderr: "" });
  });

  test("--idle-timeout ends a silent connection with 1", async () => {
    await using peer = await tcpPeer((socket) => void socket.write("some"));
    await using client = start(["--idle-timeout", "300ms", "127.0.0.1", String(peer.port)]);
    expect(await client.ended).toMatchObject({
      code: 1,
      stdout: "some",
      stderr: "Ncx: Idle timeout expired (300 ms).\n",
    });
  });

  test("under --compat openbsd -w is the idle timeout, too: silent, with 0", async () => {
    await using peer = await tcpPeer((socket) => void socket.write("some"));
    await using client = start(["--compat", "openbsd", "-w", "1", "127.0.0.1", String(peer.port)]);
    expect(await client.ended).toMatchObject({ code: 0, stdout: "some", stderr: "" });
  });

  test("under --compat openbsd -w ends a listener's silent client, too, with 0", async () => {
    await using server = await startListening([
      "--compat",
      "openbsd",
      "-l",
      "-w",
      "1",
      "127.0.0.1",
      "0",
    ]);
    await using client = await tcpClient(server.port);
    client.socket.write("some");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "some" });
  });

  test("-w with -l, and -m without -k, say that they have no effect", async () => {
    await using server = await startListening(["-l", "-w", "1", "-m", "2", "127.0.0.1", "0"]);
    await server.said(/Ignored the connect timeout: a listener makes no connection/);
    await server.said(/Ignored --max-conns: it counts the clients of -l -k/);
  });
});

test("a peer that resets: what had come is printed, then the message, with 1", async () => {
  await using peer = await tcpPeer((socket) => void socket.write("had come"));
  await using client = start(["127.0.0.1", String(peer.port)]);
  await client.gave(/had come/);
  (await peer.next()).resetAndDestroy();
  expect(await client.ended).toMatchObject({
    code: 1,
    stdout: "had come",
    stderr: "Ncx: Connection reset by peer\n",
  });
});

test("a peer that goes in the middle of a large file: the message, with 1, and nothing hangs", async () => {
  await using files = await scratch();
  await writeFile(files.path("large"), Buffer.alloc(20_000_000));
  await using peer = await tcpPeer((socket) => {
    socket.once("data", () => {
      socket.pause();
      socket.destroy();
    });
  });
  const file = await open(files.path("large"));
  const { code, stderr } = await run(["127.0.0.1", String(peer.port)], { stdin: file.fd });
  await file.close();
  expect(stderr).toBe("Ncx: Connection reset by peer\n");
  expect(code).toBe(1);
});
