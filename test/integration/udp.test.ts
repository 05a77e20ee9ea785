import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { UdpEndpoint } from "../../src/core/endpoint.ts";
import { link } from "../../src/stream/link.ts";
import type { Connection } from "../../src/stream/connection.ts";
import { bind, dial, type BindOptions, type Listener } from "../../src/transport/index.ts";
import { read } from "../contract/transport.ts";

const loopback: UdpEndpoint = { kind: "udp", host: "127.0.0.1", port: 0 };

async function next(listener: Listener): Promise<Connection> {
  const { value } = await listener[Symbol.asyncIterator]().next();
  return value as Connection; // the listener is open: there is a next one
}

async function speak(listener: Listener, text: string): Promise<Connection> {
  const { port } = listener.endpoint as UdpEndpoint;
  const connection = await dial({ ...loopback, port });
  connection.stream.write(text);
  return connection;
}

function ended({ stream }: Connection): Promise<unknown> {
  return once(stream.resume(), "end");
}

function closed({ stream }: Connection): Promise<void> {
  return new Promise((resolve) => (stream.closed ? resolve() : stream.once("close", resolve)));
}

describe("a UDP listener", () => {
  test("keeps a session for each peer", async () => {
    await using listener = await bind(loopback);
    await using a = await speak(listener, "a1");
    await using atA = await next(listener);
    await using b = await speak(listener, "b1");
    await using atB = await next(listener);
    a.stream.write("a2");
    b.stream.write("b2");
    const heard = [await read(atA), await read(atA), await read(atB), await read(atB)];
    expect(heard.map(String)).toEqual(["a1", "a2", "b1", "b2"]);
    atA.stream.write("for a");
    expect(String(await read(a))).toBe("for a");
  });

  test("ends a silent peer's session, and opens a new one when it speaks again", async () => {
    await using listener = await bind(loopback, { udpIdle: 30 });
    await using peer = await speak(listener, "one");
    await using first = await next(listener);
    expect(String(await read(first))).toBe("one");
    await ended(first);
    first.stream.write("an ended session may still answer");
    expect(String(await read(peer))).toBe("an ended session may still answer");
    peer.stream.write("two");
    await using second = await next(listener);
    expect(second.id).not.toBe(first.id);
    expect(String(await read(second))).toBe("two");
  });

  test("turns peers away at its limit; an idle end frees the place", async () => {
    const rejected: string[] = [];
    const options: BindOptions = {
      maxConns: 1,
      udpIdle: 300,
      onReject: (_, why) => rejected.push(why),
    };
    await using listener = await bind(loopback, options);
    await using a = await speak(listener, "a");
    await using atA = await next(listener);
    await using b = await speak(listener, "b");
    while (rejected.length === 0) await new Promise(setImmediate);
    await ended(atA);
    b.stream.write("b again");
    await using atB = await next(listener);
    expect(String(await read(atB))).toBe("b again");
    expect(a.stream.errored).toBeNull();
  });

  test.each([
    ["*", ["::", "0.0.0.0"], ["127.0.0.1", "::1"]],
    ["127.0.0.1", ["127.0.0.1"], ["127.0.0.1"]],
  ])("on %s binds %j", async (host, bound, reached) => {
    await using listener = await bind({ kind: "udp", host, port: 0 });
    const { port } = listener.endpoint as UdpEndpoint;
    expect(listener.endpoints).toEqual(
      bound.map((address) => ({ kind: "udp", host: address, port })),
    );
    for (const address of reached) {
      await using peer = await dial({ kind: "udp", host: address, port });
      peer.stream.write("hi");
      await using session = await next(listener);
      expect(session.remote).toEqual(peer.local);
      session.stream.write("there");
      expect(String(await read(peer))).toBe("there");
    }
  });

  test.each([
    [4, "0.0.0.0"],
    [6, "::"],
  ] as const)("with family %i binds %s alone", async (family, host) => {
    await using listener = await bind({ kind: "udp", host: "*", port: 0 }, { family });
    expect(listener.endpoints).toMatchObject([{ host }]);
  });

  test("applies ttl, broadcast and buffer sizes, and refuses impossible ones", async () => {
    await using listener = await bind(loopback, {
      ttl: 9,
      broadcast: true,
      recvBuffer: 65_536,
      sendBuffer: 65_536,
    });
    expect(listener.endpoint.kind).toBe("udp");
    await expect(bind(loopback, { ttl: 0 })).rejects.toMatchObject({ name: "NcxError" });
  });
});

describe("a UDP listener for the first peer only", () => {
  test.each(["127.0.0.1", "*"])("on %s stays with it: no other datagram gets in", async (host) => {
    await using listener = await bind({ kind: "udp", host, port: 0 }, { firstPeerOnly: true });
    await using peer = await speak(listener, "first");
    await using session = await next(listener);
    expect(String(await read(session))).toBe("first");
    const { port } = listener.endpoint as UdpEndpoint;
    const stranger = createSocket("udp4");
    await new Promise((resolve) => stranger.send("let me in", port, "127.0.0.1", resolve));
    peer.stream.write("second");
    expect(String(await read(session))).toBe("second");
    session.stream.write("answer");
    expect(String(await read(peer))).toBe("answer");
    expect((await listener[Symbol.asyncIterator]().next()).done).toBe(true);
    stranger.close();
  });

  test("loses none of the first peer's datagrams, however many wait, and none of the others' get in", async () => {
    await using listener = await bind(loopback, { firstPeerOnly: true });
    const { port } = listener.endpoint as UdpEndpoint;
    await using peer = await dial({ ...loopback, port });
    await using other = await dial({ ...loopback, port });
    // All of them are in the kernel's queue before the listener reads the first: sends are done at once.
    for (let i = 0; i < 60; i += 1) {
      peer.stream.write(`mine ${i}`);
      other.stream.write(`theirs ${i}`);
    }
    await using session = await next(listener);
    for (let i = 0; i < 60; i += 1) expect(String(await read(session))).toBe(`mine ${i}`);
    expect(session.stream.readableLength).toBe(0);
  });

  test("sees that its peer is gone", async () => {
    await using listener = await bind(loopback, { firstPeerOnly: true });
    const peer = await speak(listener, "bye");
    await using session = await next(listener);
    await peer[Symbol.asyncDispose]();
    session.stream.write("anybody?");
    await closed(session);
    expect(session.stream.errored).toMatchObject({ name: "NcxError", code: "REFUSED" });
  });

  test("has no idle end unless one is given", async () => {
    await using listener = await bind(loopback, { firstPeerOnly: true, udpIdle: 20 });
    await using peer = await speak(listener, "hi");
    await using session = await next(listener);
    await ended(session);
    expect(peer.stream.destroyed).toBe(false);
  });
});

describe("a UDP dial", () => {
  test("to port 0 is an ADDRESS error; a name without an address is RESOLVE", async () => {
    await expect(dial(loopback)).rejects.toMatchObject({ code: "ADDRESS" });
    await expect(dial({ kind: "udp", host: "::1", port: 9 }, { family: 4 })).rejects.toMatchObject({
      code: "RESOLVE",
    });
  });

  test("goes out from the source address and port that are asked for", async () => {
    await using listener = await bind(loopback);
    const { port } = listener.endpoint as UdpEndpoint;
    const probe = await dial({ ...loopback, port });
    const { port: free } = probe.local as UdpEndpoint;
    await probe[Symbol.asyncDispose]();
    await using peer = await dial(
      { ...loopback, port },
      { source: { host: "127.0.0.2", port: free } },
    );
    expect(peer.local).toEqual({ kind: "udp", host: "127.0.0.2", port: free });
  });

  test("hears that nobody is there after the first datagram, and after later ones", async () => {
    const gone = await bind(loopback);
    await using early = await dial(gone.endpoint);
    await using late = await dial(gone.endpoint);
    late.stream.write("while there");
    await using session = await next(gone);
    expect(String(await read(session))).toBe("while there");
    await session[Symbol.asyncDispose]();
    await gone[Symbol.asyncDispose]();
    for (const connection of [early, late]) {
      connection.stream.write("too late");
      await closed(connection);
      expect(connection.stream.errored).toMatchObject({
        code: "REFUSED",
        message: expect.stringContaining("connection refused"),
      });
    }
  });
});

describe("a link of two UDP connections", () => {
  async function relay(options: BindOptions = {}) {
    const server = await bind(loopback);
    const front = await bind(loopback, options);
    const client = await speak(front, "early 1");
    client.stream.write("early 2");
    const near = await next(front);
    const far = await dial(server.endpoint);
    const seen: string[] = [];
    const observer = {
      onData: (_: Connection, way: string, chunk: Uint8Array) =>
        void seen.push(`${way} ${chunk.length}`),
    };
    const stop = new AbortController();
    const report = link(near, far, {
      eof: { left: "close" },
      signal: stop.signal,
      observers: [observer],
    });
    const behind = await next(server);
    return {
      client,
      near,
      far,
      behind,
      report,
      seen,
      stop,
      async [Symbol.asyncDispose]() {
        for (const each of [client, near, far, behind, front, server])
          await each[Symbol.asyncDispose]();
      },
    };
  }

  test("passes datagrams whole, those that came before it first, and counts them", async () => {
    await using relayed = await relay();
    const { client, behind, seen, stop, report } = relayed;
    expect([String(await read(behind)), String(await read(behind))]).toEqual([
      "early 1",
      "early 2",
    ]);
    client.stream.write(Buffer.alloc(0));
    expect((await read(behind)).length).toBe(0);
    behind.stream.write(Buffer.alloc(65_507, 7));
    expect((await read(client)).equals(Buffer.alloc(65_507, 7))).toBe(true);
    expect(seen).toEqual(["forward 7", "forward 7", "forward 0", "backward 65507"]);
    stop.abort();
    expect(await report).toMatchObject({ forward: 14, backward: 65_507, reason: "aborted" });
  });

  test("ends with the near session's idle end", async () => {
    await using relayed = await relay({ udpIdle: 40 });
    expect(await relayed.report).toMatchObject({ forward: 14, backward: 0, reason: "eof" });
  });

  test("ends with an error when nobody is behind it any more", async () => {
    await using server = await bind(loopback);
    const { endpoint } = server;
    await server.close();
    await using front = await bind(loopback);
    await using client = await speak(front, "hello?");
    await using near = await next(front);
    await using far = await dial(endpoint);
    const report = await link(near, far, { eof: { left: "close" } });
    expect(report).toMatchObject({ reason: "error", error: { code: "REFUSED" } });
    expect(client.stream.errored).toBeNull();
  });
});
