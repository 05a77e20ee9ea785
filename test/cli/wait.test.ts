/** ncx wait. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { selfSigned } from "../helpers/certs.ts";
import { closedPort, HAS_IPV6, serves, tcpPeer } from "../helpers/peers.ts";
import { run, start } from "../helpers/run-cli.ts";

const QUICK = ["--interval", "20ms"];

describe("ncx wait", () => {
  test("says nothing, and is 0, once the target is there", async () => {
    await using peer = await tcpPeer();
    expect(await run(["wait", `127.0.0.1:${peer.port}`])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("is 124 after --timeout, and says what was wrong", async () => {
    const port = await closedPort();
    const { code, stderr } = await run([
      "wait",
      `127.0.0.1:${port}`,
      "--timeout",
      "100ms",
      ...QUICK,
    ]);
    expect([code, stderr]).toEqual([
      124,
      `Ncx: Cannot wait any longer for tcp:127.0.0.1:${port} (connection refused): not there after 100 ms\n`,
    ]);
  });

  test("runs the command afterwards, and has its exit code, output and input", async () => {
    await using peer = await tcpPeer();
    const command = ["sh", "-c", 'cat; echo "$0 $1"; exit 7', "-v", "--timeout"];
    const ended = await run(["wait", `127.0.0.1:${peer.port}`, "--", ...command], {
      input: "in\n",
    });
    expect([ended.code, ended.stdout]).toEqual([7, "in\n-v --timeout\n"]);
  });

  test("does not run the command when time ran out", async () => {
    const { code, stdout } = await run([
      "wait",
      `127.0.0.1:${await closedPort()}`,
      "-t",
      "50ms",
      "--",
      "echo",
      "no",
    ]);
    expect([code, stdout]).toEqual([124, ""]);
  });

  test("passes signals on to the command, whose end is ours", async () => {
    await using peer = await tcpPeer();
    const script = 'trap "echo got; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
    await using running = start(["wait", `127.0.0.1:${peer.port}`, "--", "sh", "-c", script]);
    await running.gave(/ready/);
    running.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 9, stdout: "ready\ngot\n" });
  });

  test("is 128 and the number of the signal that the command ended by", async () => {
    await using peer = await tcpPeer();
    const { code } = await run([
      "wait",
      `127.0.0.1:${peer.port}`,
      "--",
      "sh",
      "-c",
      "kill -KILL $$",
    ]);
    expect(code).toBe(137);
  });

  test("is 127 for a command that isn't there, and 126 for one that cannot be run", async () => {
    await using peer = await tcpPeer();
    const at = `127.0.0.1:${peer.port}`;
    const missing = await run(["wait", at, "--", "ncx-no-such-program"]);
    expect([missing.code, missing.stderr]).toEqual([
      127,
      'Ncx: Cannot run "ncx-no-such-program": it is not found\n',
    ]);
    expect((await run(["wait", at, "--", "/etc/passwd"])).code).toBe(126);
  });

  test("ends by a signal while it waits", async () => {
    const port = await closedPort();
    await using running = start(["wait", "-vv", `127.0.0.1:${port}`]);
    await running.said(/is not there/);
    running.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130 });
  });

  test("--gone waits for the end, --any for one of several", async () => {
    await using peer = await tcpPeer();
    const closed = `127.0.0.1:${await closedPort()}`;
    expect((await run(["wait", "--gone", closed])).code).toBe(0);
    const still = await run(["wait", "--gone", `127.0.0.1:${peer.port}`, "-t", "2"]);
    expect([still.code, still.stderr]).toEqual([
      124,
      expect.stringContaining("still there after 2 s"),
    ]);
    expect((await run(["wait", "--any", closed, `127.0.0.1:${peer.port}`])).code).toBe(0);
    expect((await run(["wait", closed, `127.0.0.1:${peer.port}`, "-t", "50ms"])).code).toBe(124);
  });

  test("--status, --banner and --send say what is an answer", async () => {
    await using web = await tcpPeer(serves.says("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"));
    const url = `http://127.0.0.1:${web.port}/`;
    expect((await run(["wait", url, "-t", "200ms"])).code).toBe(124);
    expect((await run(["wait", url, "--status", "2xx,404"])).code).toBe(0);
    await using redis = await tcpPeer((socket) =>
      socket.once("data", (chunk) => socket.end(`+${chunk}`)),
    );
    const at = `127.0.0.1:${redis.port}`;
    expect((await run(["wait", at, "--send", "PING\\r\\n", "--banner", "^\\+PING\\r$"])).code).toBe(
      0,
    );
  });

  test("tls: wants a handshake with a certificate that counts, --insecure any", async () => {
    await using server = await tlsPeer();
    const at = `tls:127.0.0.1:${server.port}`;
    expect((await run(["wait", at, "--insecure"])).code).toBe(0);
    const { code, stderr } = await run(["wait", at, "-t", "1s", ...QUICK]);
    expect([code, stderr]).toEqual([124, expect.stringMatching(/certificate/)]);
  });

  test("-v tells of each target, --json as events", async () => {
    await using peer = await tcpPeer();
    const at = `127.0.0.1:${peer.port}`;
    expect((await run(["wait", "-v", at])).stderr).toMatch(
      /^Ncx: tcp:\S+ is there after \d+ ms\n$/,
    );
    const { stderr } = await run(["wait", "--json", at]);
    expect(JSON.parse(stderr)).toMatchObject({ type: "ready", target: `tcp:${at}` });
  });

  test.skipIf(!HAS_IPV6)("-6 :PORT is ::1", async () => {
    await using peer = await tcpPeer(undefined, { host: "::1", port: 0 });
    expect((await run(["wait", "-6", `:${peer.port}`])).code).toBe(0);
  });

  test("-v says after a while what it waits for, -vv --json each attempt", async () => {
    const at = `127.0.0.1:${await closedPort()}`;
    await using running = start(["wait", "-v", at]);
    await running.said(/^Ncx: waiting for tcp:\S+(?: \(connection refused\))?, 1 m 0 s at most\n/);
    await using silent = start(["wait", "--json", "-vv", at, ...QUICK]);
    const [line] = await silent.said(/^.*\n/);
    expect(JSON.parse(line)).toMatchObject({
      type: "attempt",
      target: `tcp:${at}`,
      reason: `Cannot connect to tcp:${at}: connection refused`,
    });
  });

  test.each([
    [[], "there is no target"],
    [["exec:cat"], "is nothing to wait for"],
    [["a:1", "--", ""], "Cannot run a command: its name is empty"],
    [["a:1", "b:99999"], "port must be 0-65535"],
    [[":80", "echo", "hi"], "hint: a command goes after --: ncx wait TARGET -- echo ...\n"],
    [[":80", ":81", "no-such"], "a command goes after --"],
    [["a:1", "--banner", "("], 'Cannot use --banner "("'],
    [
      ["a:1", "--status", "700"],
      'Cannot use --status "700": it is not understood\nNcx: hint: --status CODES: http: ',
    ],
    [["http://u:secret@h:x/"], "it is not a URL"],
  ])("refuses %j", async (args, state) => {
    const { code, stderr } = await run(["wait", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(state)]);
    expect(stderr).not.toContain("secret");
  });
});

async function tlsPeer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(selfSigned("DNS:a.example"), (socket) => {
    socket.on("error", () => {}).resume();
  });
  server.on("tlsClientError", () => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
