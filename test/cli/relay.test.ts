/** ncx relay, as typed: rules, where it listens, what passes through, what is said. */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import {
  closedPort,
  serves,
  tcpClient,
  tcpPeer,
  udpPeer,
  type TcpClient,
} from "../helpers/peers.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";

describe("relay", () => {
  test("forwards both ways, half-close included, many clients at once", async () => {
    await using upstream = await tcpPeer(serves.late);
    await using relay = await startListening(["relay", "0", `127.0.0.1:${upstream.port}`]);
    const answers = ["one", "two", "three"].map(async (word) => {
      await using client = await tcpClient(relay.port);
      client.socket.end(word);
      return String(await client.received);
    });
    expect(await Promise.all(answers)).toEqual(["one", "two", "three"]);
  });

  test("passes a reset of either side on to the other", async () => {
    await using upstream = await tcpPeer();
    await using relay = await startListening(["relay", "0", `127.0.0.1:${upstream.port}`]);
    const pair = async (): Promise<[near: TcpClient, far: Socket]> => {
      const near = await tcpClient(relay.port);
      const far = await upstream.next();
      // Before the relay is done with its own dial, a reset is that dial's failure.
      far.write("linked");
      await near.got("linked");
      return [near, far];
    };
    const [one, far] = await pair();
    const reset = new Promise((resolve) => far.once("error", resolve));
    one.socket.resetAndDestroy();
    expect(await reset).toMatchObject({ code: "ECONNRESET" });
    const [two, other] = await pair();
    const told = new Promise((resolve) => two.socket.once("error", resolve));
    other.resetAndDestroy();
    expect(await told).toMatchObject({ code: "ECONNRESET" });
  });

  test("listens on loopback only, and with --public everywhere", async () => {
    await using relay = start(["relay", "-v", "0", "127.0.0.1:1"]);
    await relay.said(/Listening on (127\.0\.0\.1|::1):\d+\n/);
    expect(relay.stderr()).not.toMatch(/0\.0\.0\.0|:::/);
    await using everywhere = start(["relay", "-v", "--public", "0", "127.0.0.1:1"]);
    await everywhere.said(/Listening on 0\.0\.0\.0:\d+\n/);
  });

  test.each([
    ["in pairs", (a: string, b: string) => ["127.0.0.1:0", a, "127.0.0.1:0", b]],
    ["with -- between", (a: string, b: string) => ["127.0.0.1:0", a, "--", "127.0.0.1:0", b]],
    ["as -L", (a: string, b: string) => ["-L", `127.0.0.1:0:${a}`, "-L", `127.0.0.1:0:${b}`]],
  ])("takes several rules, %s", async (_, rules) => {
    await using one = await tcpPeer(serves.says("one"));
    await using two = await tcpPeer(serves.says("two"));
    const words = rules(`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`);
    await using relay = start(["relay", ...words, "-v"]);
    await relay.said(/(Listening[^]*){2}\n/);
    const ports = Array.from(relay.stderr().matchAll(/127\.0\.0\.1:(\d+)\n/g), ([, port]) =>
      Number(port),
    );
    const answers: string[] = [];
    for (const port of ports) {
      await using client = await tcpClient(port);
      answers.push(String(await client.received));
    }
    expect(answers).toEqual(["one", "two"]);
  });

  test("writes the ports of its rules to --port-file, one a line", async () => {
    await using files = await scratch();
    const file = files.path("ports");
    await using relay = start([
      "relay",
      "-v",
      "--port-file",
      file,
      "127.0.0.1:0",
      "a:1",
      "127.0.0.1:0",
      "b:2",
    ]);
    await relay.said(/(Listening[^]*){2}\n/);
    const ports = Array.from(relay.stderr().matchAll(/127\.0\.0\.1:(\d+)\n/g), ([, port]) => port);
    await expect.poll(() => readFile(file, "utf8").catch(() => "")).toBe(`${ports.join("\n")}\n`);
  });

  test("says with -v who, where to, how much each way, how long and why", async () => {
    await using upstream = await tcpPeer(serves.says("answer"));
    const to = `127.0.0.1:${upstream.port}`;
    await using relay = await startListening(["relay", "127.0.0.1:0", to]);
    await using client = await tcpClient(relay.port);
    client.socket.end("ask");
    await client.received;
    await relay.said(
      new RegExp(
        `^Ncx: \\[\\d+\\] tcp:127\\.0\\.0\\.1:${client.port} -> tcp:${to}: 3 B there, 6 B back in [\\d.]+ m?s \\(eof\\)$`,
        "m",
      ),
    );
  });

  test("says a failed dial without -v, closes that client and serves the next", async () => {
    const port = await closedPort();
    await using relay = start(["relay", "127.0.0.1:0", `127.0.0.1:${port}`]);
    const [, at] = await relay.said(/Listening on 127\.0\.0\.1:(\d+)\n/);
    for (const _ of ["first", "second"]) {
      await using client = await tcpClient(Number(at));
      expect(String(await client.received)).toBe("");
    }
    const line = `Ncx: connect to 127.0.0.1 port ${port} (tcp) failed: Connection refused\n`;
    await relay.said(new RegExp(`(${line.replace(/[().]/g, "\\$&")}){2}`));
  });

  test("--retries dials again", async () => {
    const port = await closedPort();
    const rule = ["127.0.0.1:0", `127.0.0.1:${port}`];
    await using relay = await startListening(["relay", "--retries", "100", ...rule]);
    await using client = await tcpClient(relay.port);
    await using _late = await tcpPeer(serves.says("at last"), { host: "127.0.0.1", port });
    expect(String(await client.received)).toBe("at last");
  });

  test("--max-conns and --max-accepts", async () => {
    await using upstream = await tcpPeer(serves.echo);
    const to = `127.0.0.1:${upstream.port}`;
    await using relay = await startListening([
      "relay",
      "--max-conns",
      "1",
      "--max-accepts",
      "2",
      "127.0.0.1:0",
      to,
    ]);
    await using one = await tcpClient(relay.port);
    one.socket.write("1");
    await one.got("1");
    await using turnedAway = await tcpClient(relay.port);
    expect(String(await turnedAway.received)).toBe("");
    await relay.said(/turned away: the limit of 1 connections is reached/);
    one.socket.end();
    await one.received;
    await relay.said(/\(eof\)/);
    await using two = await tcpClient(relay.port);
    two.socket.end("2");
    expect(String(await two.received)).toBe("2");
    expect((await relay.ended).code).toBe(0);
  });

  test("--idle-timeout ends a silent connection", async () => {
    await using upstream = await tcpPeer();
    const rule = ["127.0.0.1:0", `127.0.0.1:${upstream.port}`];
    await using relay = await startListening(["relay", "--idle-timeout", "200ms", ...rule]);
    await using client = await tcpClient(relay.port);
    await client.received;
    await relay.said(/\(idle\)/);
  });

  test("tcp to unix, unix to tcp", async () => {
    await using files = await scratch();
    const [near, far] = [files.path("near.sock"), files.path("far.sock")];
    await using _upstream = await tcpPeer(serves.late, { path: far });
    await using inner = await startListening(["relay", "127.0.0.1:0", `unix:${far}`]);
    await using outer = start(["relay", "-v", `unix:${near}`, `127.0.0.1:${inner.port}`]);
    await outer.said(/Listening/);
    await using client = await tcpClient(near);
    client.socket.end("through three");
    expect(String(await client.received)).toBe("through three");
  });

  test("udp has a session for each client", async () => {
    await using upstream = await udpPeer((datagram, from, socket) =>
      socket.send(`${datagram} from ${from.port}`, from.port, from.address),
    );
    await using relay = await startListening([
      "relay",
      "udp:127.0.0.1:0",
      `127.0.0.1:${upstream.port}`,
    ]);
    await using one = await udpPeer();
    await using two = await udpPeer();
    const large = Buffer.alloc(60_000, "x");
    one.send("a", relay.port);
    two.send("b", relay.port);
    const [first, second] = await Promise.all([one.next(), two.next()]);
    expect(String(first.datagram)).toMatch(/^a from \d+$/);
    expect(String(second.datagram)).toMatch(/^b from \d+$/);
    expect(String(first.datagram).slice(1)).not.toBe(String(second.datagram).slice(1));
    one.send(large, relay.port);
    expect((await one.next()).datagram.length).toBeGreaterThan(60_000);
  });

  test("a place that is taken ends it with 2, and the rules before it with it", async () => {
    await using peer = await tcpPeer();
    const rules = ["127.0.0.1:0", "a:1", `127.0.0.1:${peer.port}`, "b:2"];
    const { code, stderr } = await run(["relay", ...rules]);
    expect(stderr).toMatch(
      /^Ncx: bind to 127\.0\.0\.1:\d+: Address already in use \(held by .+\)\.\n$/,
    );
    expect(code).toBe(2);
  });
});
