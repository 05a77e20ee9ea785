/** ncx relay --tap: what passes is on stdout, and nothing else is changed by it. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { read, serves, tcpClient, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { run, scratch, start, startListening, type Running } from "../helpers/run-cli.ts";
import { rawSocket } from "../helpers/sockets.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\n\r\nhello\n";

/** A server that answers once the request is whole. */
const answers = (socket: Parameters<typeof serves.echo>[0]): void => {
  let asked = "";
  socket.on("data", (chunk: Buffer) => {
    asked += String(chunk);
    if (asked.endsWith("\r\n\r\n")) socket.end(RESPONSE);
  });
};

/** Stops a relay, and gives all that it has shown, a row each. */
async function rowsOf(relay: Running): Promise<string[]> {
  relay.kill("SIGTERM");
  const { stdout } = await relay.ended;
  return stdout.split("\n").slice(0, -1);
}

test("both directions of an HTTP request, with who and where to, whatever the chunks", async () => {
  await using upstream = await tcpPeer(answers);
  const to = `127.0.0.1:${upstream.port}`;
  await using relay = await startListening(["relay", "127.0.0.1:0", to, "--tap"]);
  await using client = await tcpClient(relay.port);
  client.socket.write(REQUEST.slice(0, 20));
  client.socket.write(REQUEST.slice(20));
  expect(String(await client.received)).toBe(RESPONSE);
  client.socket.end();
  await relay.gave(/\(eof\)\n/);
  const rows = await rowsOf(relay);
  const [open, ...rest] = rows;
  const from = `tcp:127.0.0.1:${client.port}`;
  const [, id] = /^\[(\d+)\] (.*) open$/.exec(open ?? "") ?? [];
  expect(open).toBe(`[${id}] ${from} -> tcp:${to} open`);
  expect(rest.at(-1)).toMatch(/: 27 B there, 25 B back in .* \(eof\)$/);
  // A row that had to wait for too long may have come in two.
  const texts = (arrow: string): string =>
    rest
      .filter((row) => row.startsWith(`[${id}] ${arrow} `))
      .map((row) => row.slice(`[${id}] ${arrow} 00000000  `.length))
      .join("");
  expect(texts(">")).toBe("GET / HTTP/1.1\\rHost: x\\r\\r");
  expect(rest.slice(-5, -1)).toEqual([
    expect.stringMatching(/ > \w{8}  \\r$/),
    `[${id}] < 00000000  HTTP/1.1 200 OK\\r`,
    `[${id}] < 00000011  \\r`,
    `[${id}] < 00000013  hello`,
  ]);
});

test("two clients at once are told apart, each in its order", async () => {
  await using upstream = await tcpPeer(serves.echo);
  const words = ["relay", "127.0.0.1:0", `127.0.0.1:${upstream.port}`, "--tap=text"];
  await using relay = await startListening(words);
  await using one = await tcpClient(relay.port);
  await using two = await tcpClient(relay.port);
  for (const round of [1, 2, 3]) {
    for (const [name, client] of Object.entries({ one, two })) {
      client.socket.write(`${name} ${round}\n`);
      await client.got(`${name} ${round}\n`);
    }
  }
  one.socket.end();
  two.socket.end();
  await relay.gave(/(\(eof\)\n[^]*){2}/);
  const rows = await rowsOf(relay);
  for (const [name, { port }] of Object.entries({ one, two })) {
    const [, id] =
      rows
        .map((row) => /^\[(\d+)\] .*:(\d+) -> .* open$/.exec(row))
        .find((m) => m?.[2] === `${port}`) ?? [];
    const said = rows.filter((row) => row.startsWith(`[${id}] `)).slice(1, -1);
    expect(said).toEqual(
      [1, 2, 3].flatMap((round) =>
        [">", "<"].map((arrow) => {
          const place = ((round - 1) * 6).toString(16).padStart(8, "0");
          return `[${id}] ${arrow} ${place}  ${name} ${round}`;
        }),
      ),
    );
  }
});

test("UDP: each datagram, and the end of a session", async () => {
  await using upstream = await udpPeer((_, { port }, socket) =>
    socket.send("pong", port, "127.0.0.1"),
  );
  const rule = ["udp:127.0.0.1:0", `udp:127.0.0.1:${upstream.port}`];
  await using relay = await startListening(["relay", ...rule, "--tap", "--idle-timeout", "300ms"]);
  const asked = await run(["-u", "-W", "1", "127.0.0.1", `${relay.port}`], { input: "ping" });
  expect(asked.stdout).toBe("pong");
  await relay.gave(/\(idle\)\n/);
  const rows = (await rowsOf(relay)).map((row) => row.replace(/^\[\d+\] /, ""));
  expect(rows).toEqual([
    expect.stringMatching(/^udp:.* -> udp:.* open$/),
    "> 00000000  ping",
    "< 00000000  pong",
    expect.stringMatching(/: 4 B there, 4 B back in .* \(idle\)$/),
  ]);
});

test.skipIf(process.platform === "win32")("unix sockets on both sides, in hex", async () => {
  await using files = await scratch();
  const [near, far] = [files.path("near"), files.path("far")];
  await using _upstream = await tcpPeer(serves.says("answer"), { path: far });
  await using relay = start(["relay", "-v", "--tap=hex", `unix:${near}`, `unix:${far}`]);
  await relay.said(/istening/);
  await using client = await tcpClient(near);
  client.socket.end();
  expect(String(await client.received)).toBe("answer");
  await relay.gave(/\(eof\)\n/);
  const rows = await rowsOf(relay);
  expect(rows[1]).toMatch(/^\[\d+\] < 00000000  61 6e 73 77 65 72 +\|answer\|$/);
  expect(rows).toHaveLength(3);
});

test("-L is tapped as well, and a relay that ends TLS shows what was in it", async () => {
  await using upstream = await tcpPeer(serves.says("the answer\n"));
  const rule = `127.0.0.1:0:127.0.0.1:${upstream.port}`;
  await using plain = await startListening(["relay", "--tap", "-L", rule]);
  const words = ["relay", "--tap", "tls:127.0.0.1:0", `127.0.0.1:${plain.port}`];
  await using secret = await startListening(words);
  const client = connectTls({ port: secret.port, host: "127.0.0.1", rejectUnauthorized: false });
  client.end("the question\n");
  expect(String(await read(client))).toBe("the answer\n");
  for (const relay of [plain, secret]) {
    await relay.gave(/\(eof\)\n/);
    const text = (await rowsOf(relay)).join("\n");
    expect(text).toMatch(/> 00000000 {2}the question\n/);
    expect(text).toMatch(/< 00000000 {2}the answer\n/);
  }
});

test("no escape of the wire reaches the terminal", async () => {
  const nasty = "\u001b[2J\u009b31m\u001b]0;owned\u0007\r\u0008ok\n";
  await using upstream = await tcpPeer(serves.says(nasty));
  const words = ["relay", "127.0.0.1:0", `127.0.0.1:${upstream.port}`, "--tap"];
  await using relay = await startListening(words, { env: { FORCE_COLOR: "1" } });
  await using client = await tcpClient(relay.port);
  client.socket.end();
  expect(String(await client.received)).toBe(nasty);
  await relay.gave(/\(eof\)\n/);
  const rows = await rowsOf(relay);
  expect(rows.join("")).not.toMatch(/[\p{C}]/u);
  expect(rows[1]).toMatch(/< 00000000 {2}\\x1b\[2J\\u\{9b\}31m\\x1b\]0;owned\\x07\\r\\x08ok$/);
});

test("the tail that has no line end is there, also when the relay is told to end twice", async () => {
  await using upstream = await tcpPeer(serves.echo);
  const words = ["relay", "127.0.0.1:0", `127.0.0.1:${upstream.port}`, "--tap"];
  await using relay = await startListening(words);
  await using client = await tcpClient(relay.port);
  client.socket.write("no end");
  await client.got("no end");
  relay.kill("SIGTERM");
  await relay.said(/Waiting up to/);
  relay.kill("SIGTERM");
  const { stdout, code } = await relay.ended;
  expect(stdout).toMatch(/> 00000000 {2}no end\n[^]*< 00000000 {2}no end\n[^]*\(aborted\)\n$/);
  expect(code).toBe(143);
});

test("a reader that does not read holds nobody up, and is told what it has missed", async () => {
  const bytes = 48 * 1024 * 1024;
  const line = `${"y".repeat(63)}\n`;
  await using upstream = await tcpPeer(serves.says(Buffer.alloc(bytes, line)));
  const words = ["relay", "127.0.0.1:0", `127.0.0.1:${upstream.port}`, "--tap"];
  await using relay = await startListening(words);
  relay.child.stdout?.pause();
  const client = await rawSocket({ kind: "tcp", host: "127.0.0.1", port: relay.port });
  client.end();
  let came = 0;
  client.on("data", (chunk: Buffer) => (came += chunk.length));
  await once(client, "close");
  expect(came).toBe(bytes);
  relay.child.stdout?.resume();
  await relay.gave(/not shown/);
  relay.kill("SIGTERM");
  const { stdout } = await relay.ended;
  const shown = stdout.split("\n").filter((row) => row.endsWith("y".repeat(63))).length * 64;
  const missed = Array.from(stdout.matchAll(/^-- (\d+) bytes/gm), ([, count]) => Number(count));
  const sum = missed.reduce((all, one) => all + one, shown);
  expect(sum).toBe(bytes);
  expect(shown).toBeLessThan(bytes / 2);
});

test("a reader that leaves ends it quietly, once the connections have", async () => {
  await using upstream = await tcpPeer(serves.echo);
  const words = ["relay", "127.0.0.1:0", `127.0.0.1:${upstream.port}`, "--tap"];
  await using relay = await startListening(words);
  await using client = await tcpClient(relay.port);
  await relay.gave(/open\n/);
  relay.child.stdout?.destroy();
  // What passes when nobody reads any more tells it; the connection goes on.
  client.socket.write("one\n");
  await client.got("one\n");
  await relay.said(/Waiting up to/);
  client.socket.write("two\n");
  await client.got("two\n");
  client.socket.end();
  await client.received;
  const { code, stderr } = await relay.ended;
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/Cannot|EPIPE/);
});

test.skipIf(!existsSync("/dev/full"))("a full disk under it is said, with 2", async () => {
  await using upstream = await tcpPeer(serves.echo);
  await using full = await open("/dev/full", "w");
  const words = ["relay", "127.0.0.1:0", `127.0.0.1:${upstream.port}`, "--tap"];
  await using relay = await startListening(words, { stdout: full.fd });
  await using client = await tcpClient(relay.port);
  client.socket.end("x");
  expect(String(await client.received)).toBe("x");
  const { code, stderr } = await relay.ended;
  expect(stderr).toContain("Cannot write to stdout: no space left on device\n");
  expect(code).toBe(2);
});

describe("--tap", () => {
  test.each([
    [["relay", "--tap", "0", "127.0.0.1:1"]],
    [["relay", "--tap", "hex", "0", "127.0.0.1:1"]],
    [["relay", "--tap=none", "0", "127.0.0.1:1"]],
    [["relay", "0", "127.0.0.1:1", "--tap"]],
  ])("%j is understood", async (words) => {
    await using relay = await startListening(words);
    expect(relay.port).toBeGreaterThan(0);
  });

  test("takes no other word", async () => {
    const { code, stderr } = await run(["relay", "--tap=json", "0", "127.0.0.1:1"]);
    expect(stderr).toMatch(/Cannot use --tap "json": not one of its values\n.*text, hex, none/);
    expect(code).toBe(2);
  });
});
