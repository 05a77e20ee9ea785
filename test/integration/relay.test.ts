/** relay() by library call, on the direct way and on the streams that stand in for it. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  relay,
  type Connection,
  type Endpoint,
  type LinkReport,
  type NcxError,
  type RelayOptions,
  type Server,
} from "../../src/index.ts";
import type { TcpEndpoint } from "../../src/core/endpoint.ts";
import {
  TCP0,
  UDP0,
  closed,
  gone,
  hungUp,
  rawClient,
  rawSocket,
  readText,
  readToEnd,
  tcpServer,
  udpSocket,
  unixServer,
  type RawServer,
} from "../helpers/sockets.ts";
import { scratch } from "../helpers/run-cli.ts";
import { fullBacklog } from "../helpers/full-backlog.ts";
import { WARM_BYTES, WAYS, hideHandle, warmUp, type Way } from "../helpers/ways.ts";

const echo = (client: Socket): void => void client.pipe(client);

describe.each(WAYS)("a connection through relay() $name", (way) => {
  const { prepare } = way;

  test("goes that way", async () => {
    let near: Connection | undefined;
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, {
      onOpen: (connection) => prepare((near = connection)),
    });
    const { client, far } = await open(server, upstream, way);
    client.write("x");
    await readText(far, 1);
    // A socket whose handle was taken over is destroyed, though its connection lives.
    expect(near?.stream.destroyed).toBe(way.direct);
    await gone(client);
  });

  test("is seen by who observes it, in order, with both its ends", async () => {
    const seen: string[] = [];
    const bytes = { forward: 0, backward: 0 };
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, {
      onOpen: prepare,
      observe: (near, far) => [
        {
          onOpen: (connection) =>
            seen.push(`open ${connection === far} ${near.remote.kind === "tcp"}`),
          onData: (_connection, direction, chunk) => {
            bytes[direction] += chunk.length;
            seen.push(`${direction} ${Buffer.from(chunk.subarray(-3)).toString()}`);
          },
          onClose: (_connection, { reason }) => seen.push(`close ${reason}`),
        },
      ],
    });
    const { client, far } = await open(server, upstream, way);
    const warm = way.warm ? WARM_BYTES : 0;
    client.end("ask");
    expect(await readToEnd(far)).toBe("ask");
    far.end("say");
    expect(await readToEnd(client)).toBe("say");
    await untilIdle(server);
    expect(bytes).toEqual({ forward: warm + 3, backward: warm + 3 });
    expect(seen[0]).toBe("open true true");
    expect(seen.slice(-3)).toEqual(["forward ask", "backward say", "close eof"]);
  });

  test("passes the client's end of input on, and the answer that comes after it", async () => {
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    const { client, far } = await open(server, upstream, way);
    client.end("question");
    expect(await readToEnd(far)).toBe("question");
    far.end("late answer");
    expect(await readToEnd(client)).toBe("late answer");
  });

  test("passes the server's end of input on, and what the client says after it", async () => {
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    const { client, far } = await open(server, upstream, way);
    far.end("greeting");
    expect(await readToEnd(client)).toBe("greeting");
    client.end("and yet");
    expect(await readToEnd(far)).toBe("and yet");
  });

  test("passes megabytes on after the other side has ended", async () => {
    const late = "late".repeat(1 << 20);
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    const { client, far } = await open(server, upstream, way);
    client.end("question");
    expect(await readToEnd(far)).toBe("question");
    far.end(late);
    expect((await readToEnd(client)) === late).toBe(true);
  });

  test("passes a reset of the client on", async () => {
    const reports: LinkReport[] = [];
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, {
      onOpen: prepare,
      onClose: (_near, _far, report) => reports.push(report),
    });
    const { client, far } = await open(server, upstream, way);
    client.write("hello");
    expect(await readText(far, 5)).toBe("hello");
    client.resetAndDestroy();
    far.resume();
    expect(await closed(far)).toBe("ECONNRESET");
    await untilIdle(server);
    const forward = 5 + (way.warm ? WARM_BYTES : 0);
    expect(reports).toMatchObject([{ reason: "reset", forward, error: { code: "RESET" } }]);
  });

  test("passes a reset of the server on", async () => {
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    const { client, far } = await open(server, upstream, way);
    far.write("hello");
    expect(await readText(client, 5)).toBe("hello");
    far.resetAndDestroy();
    client.resume();
    expect(await closed(client)).toBe("ECONNRESET");
  });

  test("leaves nothing behind: connections are 0 on every count", async () => {
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    for (let round = 0; round < 10; round += 1) {
      const { client, far } = await open(server, upstream, way);
      client.end(`round ${round}`);
      expect(await readToEnd(far)).toBe(`round ${round}`);
      far.end();
      expect(await readToEnd(client)).toBe("");
    }
    await untilIdle(server);
    await expect.poll(() => upstream.count()).toBe(0);
    await server.close();
    await server.done;
  });

  test("is reported with what went each way", async () => {
    const reports: LinkReport[] = [];
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, {
      onOpen: prepare,
      onClose: (_near, _far, report) => reports.push(report),
    });
    const { client, far } = await open(server, upstream, way);
    client.end("abc");
    expect(await readToEnd(far)).toBe("abc");
    far.end("12345");
    expect(await readToEnd(client)).toBe("12345");
    await untilIdle(server);
    const warm = way.warm ? WARM_BYTES : 0;
    expect(reports).toMatchObject([{ reason: "eof", forward: 3 + warm, backward: 5 + warm }]);
    expect(reports[0]?.duration).toBeGreaterThan(0);
  });

  test("ends after `idle` milliseconds of silence", async () => {
    const reports: LinkReport[] = [];
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, {
      idle: 500,
      onOpen: prepare,
      onClose: (_near, _far, report) => reports.push(report),
    });
    const { client, far } = await open(server, upstream, way);
    await Promise.all([hungUp(client), hungUp(far)]);
    await untilIdle(server);
    expect(reports).toMatchObject([{ reason: "idle" }]);
    expect(reports[0]?.duration).toBeGreaterThan(490);
  });

  test("is ended by the relay's signal", async () => {
    const stop = new AbortController();
    const reports: LinkReport[] = [];
    await using upstream = await tcpServer();
    await using server = await relay(TCP0, upstream.endpoint, {
      signal: stop.signal,
      onOpen: prepare,
      onClose: (_near, _far, report) => reports.push(report),
    });
    const { client, far } = await open(server, upstream, way);
    far.write("linked");
    expect(await readText(client, 6)).toBe("linked");
    stop.abort();
    await Promise.all([hungUp(client), hungUp(far), server.done]);
    expect(reports).toMatchObject([{ reason: "aborted" }]);
    expect(server.connections).toBe(0);
  });
});

describe.each([
  ["as Node is", () => {}],
  ["without _handle", hideHandle],
])("relay(), %s,", (_name, prepare) => {
  test("carries megabytes both ways at once, unchanged", async () => {
    const sent = randomBytes(32 << 20);
    await using upstream = await tcpServer(echo);
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    const socket = await rawSocket(server.endpoint);
    const hash = createHash("sha256");
    socket.on("data", (chunk: Buffer) => hash.update(chunk));
    socket.end(sent);
    await once(socket, "end");
    expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
    await gone(socket);
  });

  test("serves a thousand clients at once", async () => {
    await using upstream = await tcpServer(echo);
    await using server = await relay(TCP0, upstream.endpoint, { onOpen: prepare });
    const clients = await Promise.all(
      Array.from({ length: 1000 }, () => rawClient(server.endpoint)),
    );
    for (const [index, { socket }] of clients.entries()) socket.write(`client ${index}`);
    await Promise.all(clients.map(({ socket }) => once(socket, "data")));
    expect(server.connections).toBe(1000);
    expect(await upstream.count()).toBe(1000);
    for (const { socket } of clients) socket.end();
    const answers = await Promise.all(clients.map(({ received }) => received));
    expect(answers).toEqual(clients.map((_, index) => `client ${index}`));
    await untilIdle(server);
  });
});

describe("relay()", () => {
  const kinds = ["tcp", "udp", "unix", "@unix"] as const;
  const pairs = kinds.flatMap((near) => kinds.map((far) => [near, far] as const));

  test.each(pairs)("joins %s to %s", async (near, far) => {
    if ((near === "@unix" || far === "@unix") && process.platform !== "linux") return;
    await using folder = await scratch();
    await using upstream = await shouter(far, folder.path("far"));
    await using server = await relay(placeOf(near, folder.path("near")), upstream.endpoint);
    if (near === "udp") {
      await using client = await udpSocket();
      client.send("hello", server.endpoint);
      expect(`${await client.next()}`).toBe("HELLO");
    } else {
      const client = await rawSocket(server.endpoint);
      client.write("hello");
      expect(await readText(client, 5)).toBe("HELLO");
      await gone(client);
    }
  });

  test("keeps datagrams whole, the largest included", async () => {
    await using upstream = await udpSocket((datagram) => datagram);
    await using server = await relay(UDP0, upstream.endpoint);
    await using client = await udpSocket();
    const sizes = [1, 65_507, 0, 1500, 65_507];
    for (const size of sizes) {
      client.send(Buffer.alloc(size, 7), server.endpoint);
      expect((await client.next()).length).toBe(size);
    }
  });

  test("gives every UDP client a session of its own", async () => {
    const seen = new Set<number>();
    await using upstream = await udpSocket((datagram, { port }) => {
      seen.add(port);
      return datagram;
    });
    await using server = await relay(UDP0, upstream.endpoint);
    await using first = await udpSocket();
    await using second = await udpSocket();
    for (const client of [first, second, first, second]) {
      const text = `from ${client.endpoint.port}`;
      client.send(text, server.endpoint);
      expect(`${await client.next()}`).toBe(text);
    }
    expect(seen.size).toBe(2);
    expect(server.connections).toBe(2);
  });

  test("cuts bytes into datagrams no larger than there are", async () => {
    await using upstream = await udpSocket();
    await using server = await relay(TCP0, upstream.endpoint);
    const client = await rawSocket(server.endpoint);
    client.write(Buffer.alloc(200_000, 1));
    let total = 0;
    while (total < 200_000) total += (await upstream.next()).length;
    expect(total).toBe(200_000);
    await gone(client);
  });

  test("turns clients away beyond maxConns, and takes others once there is room", async () => {
    const rejected: string[] = [];
    await using upstream = await tcpServer(echo);
    await using server = await relay(TCP0, upstream.endpoint, {
      maxConns: 2,
      bind: { onReject: (_remote, reason) => rejected.push(reason) },
    });
    await using first = await answered(server.endpoint);
    await using second = await answered(server.endpoint);
    await hungUp(await rawSocket(server.endpoint));
    expect(rejected).toEqual(["the limit of 2 connections is reached"]);
    first.socket.end();
    await first.received;
    await expect.poll(() => server.connections).toBe(1);
    await using fourth = await answered(server.endpoint);
    expect(fourth.socket.destroyed || second.socket.destroyed).toBe(false);
  });

  test("a destination that refuses costs its client alone", async () => {
    await using folder = await scratch();
    const failures: NcxError[] = [];
    const to: Endpoint = { kind: "unix", path: folder.path("later") };
    await using server = await relay(TCP0, to, { onError: (error) => failures.push(error) });
    await hungUp(await rawSocket(server.endpoint));
    expect(failures).toMatchObject([{ name: "NcxError", code: "REFUSED", endpoint: to }]);
    await using upstream = await unixServer(to.path, echo);
    await using client = await answered(server.endpoint);
    expect(client.socket.destroyed).toBe(false);
    expect(upstream.endpoint).toEqual(to);
  });

  test("dials again while the destination isn't there, and loses nothing that was sent meanwhile", async () => {
    await using folder = await scratch();
    const path = folder.path("later");
    await using server = await relay(TCP0, { kind: "unix", path }, { retries: 8 });
    await using client = await rawClient(server.endpoint);
    client.socket.end("patience");
    await expect.poll(() => server.connections).toBe(1);
    await delay(100); // the first dial has failed by now; a second one follows after 200 ms
    await using upstream = await unixServer(path, echo);
    expect(await client.received).toBe("patience");
    expect(upstream.endpoint.path).toBe(path);
  });

  test("gives a dial that hangs up after connectTimeout", async () => {
    await using hung = await fullBacklog();
    const failures: NcxError[] = [];
    await using server = await relay(TCP0, hung.endpoint, {
      connectTimeout: 100,
      onError: (error) => failures.push(error),
    });
    await hungUp(await rawSocket(server.endpoint));
    expect(failures).toMatchObject([{ code: "TIMEOUT" }]);
  });

  test("drain() takes no new clients and waits for those that are there", async () => {
    await using upstream = await tcpServer(echo);
    await using server = await relay(TCP0, upstream.endpoint);
    await using client = await answered(server.endpoint);
    let drained = false;
    const draining = server.drain(20_000).then(() => (drained = true));
    await expect(rawClientRefused(server.endpoint)).resolves.toBe("ECONNREFUSED");
    client.socket.write("still here");
    await once(client.socket, "data");
    expect(drained).toBe(false);
    client.socket.end();
    await client.received;
    await draining;
    expect(server.connections).toBe(0);
  });

  test("drain() aborts what is left when the time is up", async () => {
    await using upstream = await tcpServer(echo);
    await using server = await relay(TCP0, upstream.endpoint);
    await using client = await answered(server.endpoint);
    await server.drain(50);
    expect(server.connections).toBe(0);
    expect(await client.received).toBe("hello");
  });

  test("stops by itself after maxAccepts clients", async () => {
    await using upstream = await tcpServer(echo);
    await using server = await relay(TCP0, upstream.endpoint, { maxAccepts: 1 });
    await using client = await answered(server.endpoint);
    client.socket.end();
    await server.done;
    expect(await rawClientRefused(server.endpoint)).toBe("ECONNREFUSED");
  });

  test("binds loopback when the text names no host", async () => {
    await using upstream = await tcpServer(echo);
    await using server = await relay("0", upstream.endpoint);
    const hosts = server.endpoints.map((at) => ("host" in at ? at.host : ""));
    expect(hosts.length).toBeGreaterThan(0);
    expect(hosts.every((host) => host === "127.0.0.1" || host === "::1")).toBe(true);
  });

  test.each([
    ["a port in use", "IN_USE"],
    ["an aborted signal", "ABORTED"],
    ["an address that is none", "ADDRESS"],
    ["a host that isn't ours", "ADDRESS"],
  ])("rejects %s with %s", async (what, code) => {
    await using taken = await tcpServer();
    const tries: Record<string, [Endpoint | string, RelayOptions]> = {
      "a port in use": [taken.endpoint, {}],
      "an aborted signal": [TCP0, { signal: AbortSignal.abort() }],
      "an address that is none": ["[::1", {}],
      "a host that isn't ours": [{ kind: "tcp", host: "192.0.2.1", port: 0 }, {}],
    };
    const [from, options] = tries[what] ?? [TCP0, {}];
    await expect(relay(from, "127.0.0.1:1", options)).rejects.toMatchObject({
      name: "NcxError",
      code,
    });
  });
});

interface Ends {
  readonly client: Socket;
  readonly far: Socket;
}

/** Both ends of a connection through a relay, warmed up where the way asks for it. */
async function open(server: Server, upstream: RawServer<TcpEndpoint>, way: Way): Promise<Ends> {
  const client = await rawSocket(server.endpoint);
  const far = await upstream.next();
  if (way.warm) await warmUp(client, far);
  return { client, far };
}

/** A client whose first bytes have come back. */
async function answered(to: Endpoint): ReturnType<typeof rawClient> {
  const client = await rawClient(to);
  client.socket.write("hello");
  await once(client.socket, "data");
  return client;
}

async function rawClientRefused(to: Endpoint): Promise<string> {
  return rawSocket(to).then(
    (socket) => gone(socket).then(() => "connected"),
    (error: NodeJS.ErrnoException) => error.code ?? "",
  );
}

async function untilIdle(server: { readonly connections: number }): Promise<void> {
  await expect.poll(() => server.connections, { timeout: 10_000 }).toBe(0);
}

type Carrier = "tcp" | "udp" | "unix" | "@unix";

function placeOf(kind: Carrier, path: string): Endpoint {
  if (kind === "tcp") return TCP0;
  if (kind === "udp") return UDP0;
  return { kind: "unix", path: kind === "unix" ? path : `@${path}` };
}

/** A server that shouts what it hears. */
async function shouter(
  kind: Carrier,
  path: string,
): Promise<AsyncDisposable & { readonly endpoint: Endpoint }> {
  const shout = (chunk: Buffer): string => `${chunk}`.toUpperCase();
  if (kind === "udp") return udpSocket(shout);
  const serve = (client: Socket): void => {
    client.on("data", (chunk: Buffer) => client.write(shout(chunk)));
  };
  if (kind === "tcp") return tcpServer(serve);
  return unixServer(kind === "unix" ? path : `@${path}`, serve);
}
