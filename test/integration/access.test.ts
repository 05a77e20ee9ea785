/** Who is let in: lists, limits, and what those see who are not. */
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { listen, type ListenOptions } from "../../src/listen/index.ts";
import { relay } from "../../src/relay/index.ts";
import type { Connection } from "../../src/stream/connection.ts";
import { bind } from "../../src/transport/index.ts";
import { HAS_IPV6 } from "../helpers/peers.ts";
import { scratch } from "../helpers/run-cli.ts";
import { rawClient, rawSocket, tcpServer, TCP0, UDP0 } from "../helpers/sockets.ts";
import { callFrom, HAS_LOOPBACK_NET, udpFrom } from "../helpers/sources.ts";

const SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.1.3"];

interface Turned {
  readonly from: string;
  readonly reason: string;
}

function witness(): { turned: Turned[]; onReject: NonNullable<ListenOptions["onReject"]> } {
  const turned: Turned[] = [];
  const onReject = (remote: Endpoint, reason: string): void =>
    void turned.push({ from: "host" in remote ? remote.host : remote.kind, reason });
  return { turned, onReject };
}

async function echo({ stream }: Connection): Promise<void> {
  await pipeline(stream, stream);
}

function portOf(endpoint: Endpoint): number {
  if (!("port" in endpoint)) throw new TypeError("it has no port");
  return endpoint.port;
}

describe.runIf(HAS_LOOPBACK_NET)("lists of hosts", () => {
  test.each<[string, ListenOptions, string[]]>([
    ["one address", { allow: ["127.0.0.2"] }, ["127.0.0.2"]],
    ["a list of the last octet", { allow: ["127.0.0.1,2"] }, ["127.0.0.1", "127.0.0.2"]],
    ["ranges of octets", { allow: ["127.0.1-9.*"] }, ["127.0.1.3"]],
    ["a network", { allow: ["127.0.0.0/24"] }, ["127.0.0.1", "127.0.0.2"]],
    ["several", { allow: ["127.0.0.1", "127.0.1.3"] }, ["127.0.0.1", "127.0.1.3"]],
    ["a name", { allow: ["localhost"] }, ["127.0.0.1"]],
    ["everybody", { allow: ["*"] }, SOURCES],
    ["nobody, the list being empty", { allow: [] }, []],
    ["the other family", { allow: ["::/0"] }, []],
    ["all but one", { deny: ["127.0.0.2"] }, ["127.0.0.1", "127.0.1.3"]],
    ["everybody, no one being denied", { deny: [] }, SOURCES],
    ["those that are not denied", { allow: ["127.0.0.0/24"], deny: ["127.0.0.2"] }, ["127.0.0.1"]],
    ["nobody: deny wins", { allow: ["127.0.0.1"], deny: ["*"] }, []],
  ])("let in %s", async (_name, lists, expected) => {
    const { turned, onReject } = witness();
    await using server = await listen(TCP0, echo, { ...lists, onReject });
    const fates = await Promise.all(
      SOURCES.map((source) => callFrom(source, portOf(server.endpoint))),
    );
    // Who came in has the echo; who did not has an end, or, its words being unread, a reset.
    expect(SOURCES.filter((_, at) => fates[at] === "hello")).toEqual(expected);
    expect(turned.map(({ from }) => from).toSorted()).toEqual(
      SOURCES.filter((source) => !expected.includes(source)),
    );
    for (const { reason } of turned) expect(reason).toBe("not allowed");
  });

  test.each([
    ["close", ""],
    ["reset", "ECONNRESET"],
  ] as const)("turn away by %s, before a byte is read or sent", async (denyMode, fate) => {
    const served: Connection[] = [];
    await using server = await listen(
      TCP0,
      async (connection) => {
        served.push(connection);
        connection.stream.end("secret");
      },
      { deny: ["127.0.0.2"], denyMode },
    );
    const port = portOf(server.endpoint);
    expect(await callFrom("127.0.0.2", port, { says: "" })).toBe(fate);
    expect(served).toEqual([]);
  });

  test("a client turned away does not use maxAccepts up", async () => {
    const { turned, onReject } = witness();
    const options = { allow: ["127.0.0.2"], maxAccepts: 1, onReject };
    await using server = await listen(TCP0, echo, options);
    const port = portOf(server.endpoint);
    for (const source of ["127.0.0.1", "127.0.1.3"])
      expect(await callFrom(source, port, { says: "" })).toBe("");
    expect(await callFrom("127.0.0.2", port)).toBe("hello");
    await server.done;
    expect(turned).toHaveLength(2);
  });

  test("a client turned away does not count among maxConns", async () => {
    await using server = await listen(TCP0, echo, { allow: ["127.0.0.2"], maxConns: 1 });
    const port = portOf(server.endpoint);
    for (let call = 0; call < 3; call += 1) await callFrom("127.0.0.1", port, { says: "" });
    expect(await callFrom("127.0.0.2", port)).toBe("hello");
    expect(await callFrom("127.0.0.2", port)).toBe("hello");
  });

  test("hold for a relay, whose upstream never sees who is turned away", async () => {
    let seen = 0;
    await using upstream = await tcpServer((client) => {
      seen += 1;
      client.pipe(client);
    });
    await using server = await relay(TCP0, upstream.endpoint, { bind: { deny: ["127.0.0.2"] } });
    const port = portOf(server.endpoint);
    expect(await callFrom("127.0.0.2", port, { says: "" })).toBe("");
    expect(await callFrom("127.0.0.1", port)).toBe("hello");
    expect(seen).toBe(1);
  });

  test("a v4 client of a dual-stack socket is a v4 one", async (context) => {
    if (!HAS_IPV6) return context.skip();
    const at = { kind: "tcp", host: "*", port: 0 } as const;
    await using server = await listen(at, echo, { allow: ["127.0.0.2", "::1"] });
    const port = portOf(server.endpoint);
    expect(await callFrom("127.0.0.1", port, { says: "" })).toBe("");
    expect(await callFrom("127.0.0.2", port)).toBe("hello");
    expect(await callFrom("::1", port, { to: "::1" })).toBe("hello");
  });

  test.runIf(HAS_IPV6)("v6 clients are let in, or not, by v6 networks", async () => {
    const at = { kind: "tcp", host: "::1", port: 0 } as const;
    await using open = await listen(at, echo, { allow: ["::/127"] });
    await using shut = await listen(at, echo, { allow: ["2001:db8::/32", "0.0.0.0/0"] });
    expect(await callFrom("::1", portOf(open.endpoint), { to: "::1" })).toBe("hello");
    expect(await callFrom("::1", portOf(shut.endpoint), { to: "::1", says: "" })).toBe("");
  });

  test("peerPort lets in who comes from that port alone", async () => {
    const free = await rawPort();
    await using server = await listen(TCP0, echo, { allow: ["127.0.0.2"], peerPort: free });
    const port = portOf(server.endpoint);
    expect(await callFrom("127.0.0.2", port, { says: "" })).toBe("");
    expect(await callFrom("127.0.0.2", port, { port: free })).toBe("hello");
  });
});

describe.runIf(HAS_LOOPBACK_NET)("lists of hosts and UDP", () => {
  test.each([false, true])("drop what is denied, firstPeerOnly %j", async (firstPeerOnly) => {
    const { turned, onReject } = witness();
    const heard: string[] = [];
    const options = { allow: ["127.0.0.2"], firstPeerOnly, udpIdle: 1000, onReject };
    await using server = await listen(
      UDP0,
      async ({ stream }) => {
        stream.on("data", (datagram: Buffer) => {
          heard.push(String(datagram));
          stream.write(`to you: ${datagram}`);
        });
        await once(stream, "close");
      },
      options,
    );
    const port = portOf(server.endpoint);
    await using stranger = await udpFrom("127.0.0.1", port);
    await using friend = await udpFrom("127.0.0.2", port);
    stranger.say("let me in");
    friend.say("it's me");
    expect(await friend.next()).toBe("to you: it's me");
    stranger.say("and now?");
    friend.say("still me");
    expect(await friend.next()).toBe("to you: still me");
    expect(heard).toEqual(["it's me", "still me"]);
    expect(turned[0]).toEqual({ from: "127.0.0.1", reason: "not allowed" });
  });

  test("maxConns 0 lets no first peer in, and the listener stays", async () => {
    const { turned, onReject } = witness();
    const options = { maxConns: 0, firstPeerOnly: true, maxAccepts: 1, onReject };
    await using server = await listen(UDP0, echo, options);
    await using caller = await udpFrom("127.0.0.1", portOf(server.endpoint));
    for (let call = 1; call <= 2; call += 1) {
      caller.say("hello");
      await until(() => turned.length === call);
    }
    expect(server.connections).toBe(0);
  });
});

describe("a listener whose lists make no sense is not opened", () => {
  test.each<[string, ListenOptions, string, RegExp]>([
    ["a typo", { allow: ["127.0.0.1", "127.0.0.300"] }, "ADDRESS", /"127\.0\.0\.300"/],
    ["a typo in deny", { deny: ["127.0.0.1/33"] }, "ADDRESS", /"127\.0\.0\.1\/33"/],
    ["an unknown name", { allow: ["127.0.0.1,nosuch.invalid"] }, "RESOLVE", /"nosuch\.invalid"/],
    ["a name where none is asked", { deny: ["a.test"], numeric: true }, "RESOLVE", /"a\.test"/],
    ["a mask too long for a name", { deny: ["localhost/33"], family: 4 }, "ADDRESS", /mask/],
  ])("%s", async (_name, options, code, message) => {
    const at = { kind: "tcp", host: "127.0.0.1", port: await rawPort() } as const;
    const opening = listen(at, echo, options);
    await expect(opening).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    await expect(rawSocket(at)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test.each<[string, ListenOptions]>([
    ["allow", { allow: ["127.0.0.1"] }],
    ["deny", { deny: [] }],
    ["maxConnsPerIp", { maxConnsPerIp: 1 }],
    ["denyMode reset", { denyMode: "reset" }],
  ])("a unix socket with %s", async (_name, options) => {
    await using folder = await scratch();
    const at = { kind: "unix", path: folder.path("a.sock") } as const;
    await expect(listen(at, echo, options)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(rawSocket(at)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a text in the place of a list", async () => {
    // What a caller without types may do: its characters would be hosts.
    const options = { allow: "127.0.0.1" as unknown as string[] };
    await expect(bind(TCP0, options)).rejects.toBeInstanceOf(TypeError);
  });
});

describe("limits", () => {
  test("maxConns 0 lets nobody in, over TCP and unix sockets", async () => {
    await using folder = await scratch();
    for (const at of [TCP0, { kind: "unix", path: folder.path("a.sock") } as const]) {
      const { turned, onReject } = witness();
      await using server = await listen(at, echo, { maxConns: 0, maxAccepts: 1, onReject });
      for (let call = 1; call <= 2; call += 1) {
        await using client = await rawClient(server.endpoint);
        expect(await client.received).toBe("");
        expect(turned).toHaveLength(call);
      }
      expect(turned[0]?.reason).toBe("the limit of 0 connections is reached");
    }
  });

  test.runIf(HAS_LOOPBACK_NET)(
    "maxConnsPerIp counts those of each address, and forgets them",
    async () => {
      const { turned, onReject } = witness();
      await using server = await listen(TCP0, echo, { maxConnsPerIp: 1, onReject });
      const port = portOf(server.endpoint);
      await using first = await rawClient(server.endpoint);
      first.socket.write("in");
      await once(first.socket, "data");
      expect(await callFrom("127.0.0.1", port, { says: "" })).toBe("");
      expect(turned).toEqual([
        { from: "127.0.0.1", reason: "the limit of 1 connections of one address is reached" },
      ]);
      expect(await callFrom("127.0.0.2", port)).toBe("hello");
      first.socket.end();
      await first.received;
      // Our side has closed; the server's may be a moment behind.
      await until(() => server.connections === 0);
      expect(await callFrom("127.0.0.1", port)).toBe("hello");
    },
  );

  test("maxConnsPerIp counts the sessions of UDP, each port being one", async () => {
    const { turned, onReject } = witness();
    await using server = await listen(UDP0, echo, { maxConnsPerIp: 1, onReject });
    const port = portOf(server.endpoint);
    await using first = await udpFrom("127.0.0.1", port);
    await using second = await udpFrom("127.0.0.1", port);
    first.say("one");
    expect(await first.next()).toBe("one");
    second.say("two");
    await until(() => turned.length === 1);
    first.say("three");
    expect(await first.next()).toBe("three");
  });

  test("acceptRate takes that many at once, and no more", async () => {
    const { turned, onReject } = witness();
    await using server = await listen(TCP0, echo, { acceptRate: 3, onReject });
    const started = performance.now();
    const calls = Array.from({ length: 10 }, () => callFrom("127.0.0.1", portOf(server.endpoint)));
    const echoes = (await Promise.all(calls)).filter((fate) => fate === "hello").length;
    const refilled = Math.floor(((performance.now() - started) / 1000) * 3);
    expect(echoes).toBeGreaterThanOrEqual(3);
    expect(echoes).toBeLessThanOrEqual(3 + refilled);
    expect(turned).toHaveLength(10 - echoes);
    expect(turned[0]?.reason).toBe("more than 3 a second");
  });
});

/** A port that was free a moment ago. */
async function rawPort(): Promise<number> {
  await using server = await tcpServer();
  return server.endpoint.port;
}

/** Waits, a turn of the event loop at a time. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
