/** link() over two real connections: what the direct way may not lose, and when it isn't taken. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { Transform } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  connect,
  link,
  listen,
  type Connection,
  type LinkOptions,
  type LinkReport,
  type Observer,
} from "../../src/index.ts";
import {
  TCP0,
  UDP0,
  closed,
  gone,
  rawSocket,
  rawClient,
  readText,
  readToEnd,
  tcpServer,
  udpSocket,
  unixServer,
} from "../helpers/sockets.ts";
import { scratch } from "../helpers/run-cli.ts";
import { WAYS, hideHandle, warmUp, type Way } from "../helpers/ways.ts";

const FLOOD = 256 << 20;

describe.each(WAYS)("a link $name", (way) => {
  test("tells observers of every byte, in order", async () => {
    const seen = { forward: "", backward: "", rest: [] as string[] };
    const observer: Observer = {
      onOpen: ({ id }) => seen.rest.push(`open ${id}`),
      // The chunk is valid only now: a copy is what we keep.
      onData: (_connection, direction, chunk) => void (seen[direction] += Buffer.from(chunk)),
      onClose: ({ id }, { reason }) => seen.rest.push(`close ${id} ${reason}`),
    };
    await using ends = await linkedEnds(way, { observers: [observer] });
    const { peer, server, far, linked } = ends;
    peer.end("to the right");
    await readToEnd(server);
    server.end("to the left");
    await readToEnd(peer);
    const { forward, backward } = await linked;
    expect(seen.rest).toEqual([`open ${far.id}`, `close ${far.id} eof`]);
    expect([seen.forward.length, seen.backward.length]).toEqual([forward, backward]);
    expect([seen.forward, seen.backward]).toEqual([
      expect.stringMatching(/^w*to the right$/),
      expect.stringMatching(/^w*to the left$/),
    ]);
  });

  test("does not read on while the other side takes nothing", async () => {
    let passed = 0;
    const observer: Observer = {
      onData: (_connection, _direction, chunk) => void (passed += chunk.length),
    };
    await using ends = await linkedEnds(way, { observers: [observer] });
    const { peer, server, linked } = ends;
    const before = passed;
    const sent = flood(peer, FLOOD);
    await settled(() => passed);
    expect(passed - before).toBeLessThan(FLOOD / 4);
    server.resume();
    await sent;
    await expect.poll(() => passed - before, { timeout: 20_000 }).toBe(FLOOD);
    peer.end();
    server.end();
    expect(await linked).toMatchObject({ reason: "eof" });
  });

  test("passes on what came before a reset, and then the reset", async () => {
    await using ends = await linkedEnds(way);
    const { peer, server, linked } = ends;
    peer.write("last words");
    expect(await readText(server, 10)).toBe("last words");
    peer.resetAndDestroy();
    server.resume();
    expect(await closed(server)).toBe("ECONNRESET");
    expect(await linked).toMatchObject({ reason: "reset", error: { code: "RESET" } });
  });

  test("waits `linger` for an answer, and no longer", async () => {
    await using ends = await linkedEnds(way, { linger: 60 });
    ends.peer.end("anybody?");
    const report = await ends.linked;
    expect(report.reason).toBe("eof");
    expect(report.duration).toBeGreaterThan(50);
  });
});

describe.each([
  ["as Node is", () => {}],
  ["without _handle", hideHandle],
])("a late link, %s,", (_name, prepare) => {
  test.each([10, 3_000_000])(
    "loses nothing of %d bytes from a server that speaks first",
    async (length) => {
      const greeting = "g".repeat(length);
      await using upstream = await tcpServer((server) => void server.end(greeting));
      await using near = await accepted();
      await using far = await connect(upstream.endpoint);
      await arrived();
      prepare(near.connection);
      const linked = link(near.connection, far);
      near.peer.end();
      expect((await readToEnd(near.peer)) === greeting).toBe(true);
      expect(await linked).toMatchObject({ reason: "eof", forward: 0, backward: length });
    },
  );

  test("loses nothing of a client that speaks first, and has ended by then", async () => {
    await using upstream = await tcpServer();
    await using near = await accepted();
    near.peer.end("question");
    await using far = await connect(upstream.endpoint);
    await arrived();
    prepare(near.connection);
    const linked = link(near.connection, far);
    const server = await upstream.next();
    expect(await readToEnd(server)).toBe("question");
    server.end("answer");
    expect(await readToEnd(near.peer)).toBe("answer");
    expect(await linked).toMatchObject({ reason: "eof", forward: 8, backward: 6 });
  });
});

describe("link()", () => {
  test("joins a unix socket to tcp directly, both ways round", async () => {
    await using folder = await scratch();
    await using upstream = await unixServer(folder.path("s"));
    await using near = await accepted();
    await using far = await connect(upstream.endpoint);
    const linked = link(near.connection, far);
    const server = await upstream.next();
    await warmUp(near.peer, server);
    expect([near.connection.stream.destroyed, far.stream.destroyed]).toEqual([true, true]);
    near.peer.end("over");
    expect(await readToEnd(server)).toBe("over");
    server.end("and back");
    expect(await readToEnd(near.peer)).toBe("and back");
    expect((await linked).reason).toBe("eof");
  });

  test("gives what was unread back to the streams when a part had been read", async () => {
    await using upstream = await tcpServer((server) => void server.pipe(server));
    await using near = await accepted();
    await using far = await connect(upstream.endpoint);
    near.peer.write("magic|rest");
    const { stream } = near.connection;
    await once(stream, "readable");
    expect(`${stream.read(6)}`).toBe("magic|");
    stream.resume();
    const linked = link(near.connection, far);
    near.peer.end(" and more");
    expect(await readToEnd(near.peer)).toBe("rest and more");
    expect(await linked).toMatchObject({ reason: "eof", forward: 13, backward: 13 });
  });

  test("goes through the streams when there is a filter", async () => {
    const upper = (): Transform =>
      new Transform({
        transform: (chunk: Buffer, _encoding, done) => done(null, `${chunk}`.toUpperCase()),
      });
    await using upstream = await tcpServer((server) => void server.pipe(server));
    await using near = await accepted();
    await using far = await connect(upstream.endpoint);
    const linked = link(near.connection, far, { forward: [upper] });
    near.peer.end("loud");
    expect(await readToEnd(near.peer)).toBe("LOUD");
    expect(await linked).toMatchObject({ reason: "eof" });
  });

  test("joins two UDP peers datagram by datagram", async () => {
    await using upstream = await udpSocket((datagram) => datagram);
    await using listener = await listen(UDP0);
    await using client = await udpSocket();
    client.send("first", listener.endpoint);
    const near = await firstOf(listener);
    await using far = await connect(upstream.endpoint);
    const stop = new AbortController();
    const linked = link(near, far, { signal: stop.signal });
    expect(`${await client.next()}`).toBe("first");
    client.send("", listener.endpoint);
    expect((await client.next()).length).toBe(0);
    stop.abort();
    expect(await linked).toMatchObject({ reason: "aborted", forward: 5, backward: 5 });
  });

  test("is offered the direct way once it pays, and while nothing waits in a stream", async () => {
    await using upstream = await tcpServer();
    await using near = await accepted();
    await using far = await connect(upstream.endpoint);
    const offered = (bulk: boolean): string =>
      typeof near.connection.direct?.(far, {
        bulk,
        moved() {},
        ended() {},
        deafened() {},
        failed() {},
      });
    expect([offered(false), offered(true)]).toEqual(["undefined", "function"]);
    near.peer.write("waiting");
    await once(near.connection.stream, "readable");
    expect(offered(true)).toBe("undefined");
    near.connection.stream.read();
    expect(offered(true)).toBe("function");
    far.stream.cork();
    far.stream.write("on its way");
    expect(offered(true)).toBe("undefined");
  });

  test("counts the server's connections down after its handles were taken over", async () => {
    await using upstream = await tcpServer((server) => void server.pipe(server));
    let live = -1;
    await using server = await listen(TCP0, async (near) => {
      await using far = await connect(upstream.endpoint);
      live = server.connections;
      await link(near, far);
    });
    await using client = await rawClient(server.endpoint);
    client.socket.end("counted");
    expect(await client.received).toBe("counted");
    await expect.poll(() => server.connections).toBe(0);
    await expect.poll(() => upstream.count()).toBe(0);
    expect(live).toBe(1);
  });
});

interface Accepted extends AsyncDisposable {
  readonly connection: Connection;
  /** The other end. */
  readonly peer: Socket;
}

/** A connection that a listener of ours has accepted, and its raw peer. */
async function accepted(): Promise<Accepted> {
  const listener = await listen(TCP0);
  const peer = await rawSocket(listener.endpoint);
  const connection = await firstOf(listener);
  return {
    connection,
    peer,
    async [Symbol.asyncDispose]() {
      await gone(peer);
      await connection[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

interface LinkedEnds extends AsyncDisposable {
  readonly linked: Promise<LinkReport>;
  /** The right connection, and the raw ends: peer ◀─▶ link ◀─▶ server. */
  readonly far: Connection;
  readonly peer: Socket;
  readonly server: Socket;
}

/** A link of an accepted and a dialled connection, warmed up where the way asks for it. */
async function linkedEnds(way: Way, options: LinkOptions = {}): Promise<LinkedEnds> {
  const upstream = await tcpServer();
  const near = await accepted();
  const far = await connect(upstream.endpoint);
  way.prepare(near.connection);
  const linked = link(near.connection, far, options);
  const server = await upstream.next();
  if (way.warm) await warmUp(near.peer, server);
  expect(near.connection.stream.destroyed).toBe(way.direct);
  return {
    linked,
    far,
    peer: near.peer,
    server,
    async [Symbol.asyncDispose]() {
      await gone(server);
      await near[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await linked;
    },
  };
}

async function firstOf(listener: AsyncIterable<Connection>): Promise<Connection> {
  for await (const connection of listener) return connection;
  throw new Error("no connection came");
}

/** Turns of the loop in which a loopback delivers what was sent. */
async function arrived(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await turn();
}

async function flood(socket: Socket, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(1 << 20, 7);
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!socket.write(chunk)) await once(socket, "drain");
  }
}

/** Waits until a count has stopped rising. */
async function settled(count: () => number): Promise<void> {
  let last = -1;
  await expect
    .poll(
      () => {
        const same = last === count() && last > 0;
        last = count();
        return same;
      },
      { interval: 150, timeout: 20_000 },
    )
    .toBe(true);
}
