import dns from "node:dns";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { listen, waitFor, type WaitOptions } from "../../src/index.ts";
import { fullBacklog } from "../helpers/full-backlog.ts";
import { closedPort, serves, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { scratch } from "../helpers/run-cli.ts";

const SOON: WaitOptions = { interval: 10, timeout: 20_000 };
const BRIEF: WaitOptions = { interval: 10, timeout: 100 };

/** Waits; resolves once an attempt has failed, with the promise of its end. */
async function waiting(
  targets: string | string[],
  options: WaitOptions = SOON,
): Promise<{ done: Promise<void> }> {
  let done: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    done = waitFor(targets, { ...options, onAttempt: () => resolve() });
  });
  return { done };
}

const answers = (status: string, body = ""): ((socket: Socket) => void) =>
  serves.says(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

describe("waitFor()", () => {
  test("returns once a TCP port is there that was not", async () => {
    const port = await closedPort();
    const { done } = await waiting(`127.0.0.1:${port}`);
    await using _ = await tcpPeer(undefined, { host: "127.0.0.1", port });
    await expect(done).resolves.toBeUndefined();
  });

  test("returns once a unix socket is there that was not", async () => {
    await using folder = await scratch();
    const path = folder.path("x.sock");
    const { done } = await waiting(`unix:${path}`);
    await using _ = await tcpPeer(undefined, { path });
    await expect(done).resolves.toBeUndefined();
  });

  test("takes the time-out as an error that says what was wrong last", async () => {
    const port = await closedPort();
    await expect(waitFor(`127.0.0.1:${port}`, BRIEF)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: `Cannot wait any longer for tcp:127.0.0.1:${port} (connection refused): not there after 100 ms`,
    });
  });

  test("gives one attempt only so much time", async () => {
    await using full = await fullBacklog();
    const { host, port } = full.endpoint;
    const states: (string | undefined)[] = [];
    const options = { ...SOON, connectTimeout: 50, timeout: 400 };
    const done = waitFor(`${host}:${port}`, {
      ...options,
      onAttempt: (_, error) => states.push(error?.code),
    });
    await expect(done).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(states).toContain("TIMEOUT");
  });

  test("waits for all targets, or with `any` for one", async () => {
    await using peer = await tcpPeer();
    const both = [`127.0.0.1:${await closedPort()}`, `127.0.0.1:${peer.port}`];
    await expect(waitFor(both, BRIEF)).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(waitFor(both, { ...SOON, any: true })).resolves.toBeUndefined();
  });

  test("with `gone` returns once nobody is there", async () => {
    const peer = await tcpPeer();
    const { done } = await waiting(`127.0.0.1:${peer.port}`, { ...SOON, gone: true });
    await peer[Symbol.asyncDispose]();
    await expect(done).resolves.toBeUndefined();
  });

  test("with `gone` says that it is still there", async () => {
    await using peer = await tcpPeer();
    const options = { ...BRIEF, timeout: 2000, gone: true }; // long enough to be asked once
    await expect(waitFor(`127.0.0.1:${peer.port}`, options)).rejects.toThrow(
      `tcp:127.0.0.1:${peer.port}: still there after 2 s`,
    );
  });

  test("takes HTTP for there when its status is one that counts", async () => {
    let status = "503 Busy";
    await using peer = await tcpPeer((socket) => answers(status)(socket));
    const url = `http://127.0.0.1:${peer.port}/health`;
    const { done } = await waiting(url);
    status = "204 Fine";
    await expect(done).resolves.toBeUndefined();
    await expect(waitFor(url, { ...BRIEF, status: [{ first: 200, last: 200 }] })).rejects.toThrow(
      "its status is 204",
    );
  });

  test("asks for the URL's path, with its credentials, which no error has", async () => {
    const heads: string[] = [];
    await using peer = await tcpPeer((socket) => {
      socket.once("data", (chunk: Buffer) => heads.push(String(chunk)));
      answers("500 No")(socket);
    });
    const url = `http://joe:secret@127.0.0.1:${peer.port}/a?b=c`;
    await expect(waitFor(url, BRIEF)).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/joe|secret/) }),
    );
    expect(heads[0]).toMatch(/^GET \/a\?b=c HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    expect(heads[0]).toContain(
      `Authorization: Basic ${Buffer.from("joe:secret").toString("base64")}`,
    );
  });

  test("matches an HTTP body, and a banner that comes in pieces", async () => {
    await using web = await tcpPeer(answers("200 OK", '{"ready": true}'));
    const url = `http://127.0.0.1:${web.port}/`;
    await expect(waitFor(url, { ...SOON, banner: /"ready": true/ })).resolves.toBeUndefined();
    await expect(waitFor(url, { ...BRIEF, banner: /nothing/ })).rejects.toThrow(
      "does not match /nothing/",
    );
    await using mail = await tcpPeer((socket) => {
      socket.setNoDelay().write("22");
      setImmediate(() => socket.write("0 ready\r\n"));
    });
    await expect(
      waitFor(`127.0.0.1:${mail.port}`, { ...SOON, banner: /^220 /g }),
    ).resolves.toBeUndefined();
  });

  test("gives up on a banner without end", async () => {
    await using peer = await tcpPeer((socket) => {
      const more = (): void => void (socket.destroyed || socket.write("x".repeat(65_536), more));
      more();
    });
    await expect(
      waitFor(`127.0.0.1:${peer.port}`, { ...BRIEF, timeout: 500, banner: /y/ }),
    ).rejects.toThrow("does not match");
  });

  test("sends what it is told to, before it looks at the answer", async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once("data", (chunk: Buffer) =>
        socket.end(String(chunk) === "PING\r\n" ? "+PONG\r\n" : "-ERR\r\n"),
      );
    });
    const options = { ...SOON, send: "PING\r\n", banner: /^\+PONG/ };
    await expect(waitFor(`127.0.0.1:${peer.port}`, options)).resolves.toBeUndefined();
  });

  test("takes a UDP port for there only when it answers", async () => {
    await using silent = await udpPeer();
    await expect(
      waitFor(`udp:127.0.0.1:${silent.port}`, { ...BRIEF, send: "?" }),
    ).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await using echo = await udpPeer((datagram, from, socket) =>
      socket.send(datagram, from.port, from.address),
    );
    await expect(
      waitFor(`udp:127.0.0.1:${echo.port}`, { ...SOON, send: "?" }),
    ).resolves.toBeUndefined();
  });

  test("takes a UDP port that refuses a datagram for gone, asked a question or not", async () => {
    const port = await udpPeer();
    await port[Symbol.asyncDispose]();
    const at = `udp:127.0.0.1:${port.port}`;
    await expect(waitFor(at, { ...SOON, gone: true, connectTimeout: 60_000 })).resolves.toBe(
      undefined,
    );
    await expect(waitFor(at, BRIEF)).rejects.toThrow("(connection refused)");
  });

  test("tells what the attempt saw that the deadline cut off", async () => {
    const slow = { ...BRIEF, connectTimeout: 60_000, banner: /^xx/ };
    await using talker = await tcpPeer((socket) => void socket.write("220 hello"));
    await expect(waitFor(`127.0.0.1:${talker.port}`, { ...slow, timeout: 2000 })).rejects.toThrow(
      '("220 hello" does not match /^xx/)',
    );
    await using silent = await tcpPeer(() => {});
    await expect(waitFor(`127.0.0.1:${silent.port}`, slow)).rejects.toThrow("it said nothing");
  });

  test("with `gone` goes on where no name server answers", async () => {
    let answer = "EAI_AGAIN";
    const lookup = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((_name: string, _options: object, done: (error: Error) => void) =>
        done(Object.assign(new Error(answer), { code: answer }))) as typeof dns.lookup);
    syncBuiltinESMExports();
    try {
      await expect(waitFor("db.test:80", { ...BRIEF, gone: true })).rejects.toThrow(
        "db.test:80 (temporary failure in name resolution): not known to be gone after",
      );
      answer = "ENOTFOUND";
      await expect(waitFor("db.test:80", { ...SOON, gone: true })).resolves.toBeUndefined();
    } finally {
      lookup.mockRestore();
      syncBuiltinESMExports();
    }
  });

  test.each<[string, WaitOptions, string]>([
    ["127.0.0.1:0", {}, "ADDRESS"],
    ["127.0.0.1:1", { family: 6 }, "RESOLVE"],
    ["localhost:1", { numeric: true }, "RESOLVE"],
  ])("ends at once for %s %j, with `gone` or without", async (target, options, code) => {
    for (const gone of [false, true])
      await expect(waitFor(target, { ...SOON, ...options, gone })).rejects.toMatchObject({ code });
  });

  test("is not taken in by a connection to itself", async () => {
    // From its own port, a connect to a port of this host that nobody has succeeds.
    const port = await closedPort();
    const self = new Socket().connect({ host: "127.0.0.1", port, localPort: port });
    const [outcome] = await Promise.race([
      once(self, "connect").then(() => ["itself"]),
      once(self, "error").then(() => ["refused"]),
    ]);
    expect(outcome).toBe("itself");
    const { check } = await import("../../src/wait/check.ts");
    const { parseTarget } = await import("../../src/wait/index.ts");
    self.destroy();
    await once(self, "close");
    const options = { timeout: 0, interval: 0, connectTimeout: 0, status: [] };
    await expect(
      check(parseTarget(`127.0.0.1:${port}`), options, new AbortController().signal),
    ).rejects.toMatchObject({ code: "REFUSED" });
  });

  test("ends with its signal, and refuses what is no target at once", async () => {
    const { done } = await (async () => {
      const stop = new AbortController();
      const begun = await waiting(`127.0.0.1:${await closedPort()}`, {
        ...SOON,
        signal: stop.signal,
      });
      stop.abort();
      return begun;
    })();
    await expect(done).rejects.toMatchObject({ code: "ABORTED" });
    await expect(waitFor("exec:cat")).rejects.toMatchObject({ code: "ADDRESS" });
    await expect(waitFor([])).resolves.toBeUndefined();
    await expect(waitFor("host:1", { interval: -1 })).rejects.toThrow(RangeError);
  });

  test("waits for a listener of this library", async () => {
    const ready: string[] = [];
    await using server = await listen("memory:waited");
    expect(server).toBeDefined();
    await waitFor("memory:waited", { ...SOON, onReady: (target) => ready.push(target) });
    expect(ready).toEqual(["memory:waited"]);
  });
});
