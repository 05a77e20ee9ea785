/** listen() by library call. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import {
  connect,
  listen,
  type Connection,
  type Endpoint,
  type Handler,
  type NcxError,
} from "../../src/index.ts";
import {
  TCP0,
  UDP0,
  hungUp,
  rawClient,
  rawSocket,
  readText,
  readToEnd,
  tcpServer,
  udpSocket,
} from "../helpers/sockets.ts";
import { scratch } from "../helpers/run-cli.ts";

const echo: Handler = async ({ stream }) => pipeline(stream, stream);

describe("listen() with a handler", () => {
  test("answers after the client half-closes", async () => {
    await using server = await listen(TCP0, async ({ stream }) => {
      const question = await readToEnd(stream);
      await new Promise(setImmediate); // what would end by itself has, by now
      await pipeline([`you said ${question}`], stream);
    });
    await using client = await rawClient(server.endpoint);
    client.socket.end("hello");
    expect(await client.received).toBe("you said hello");
  });

  test("lets a handler end first, and hear the client out", async () => {
    let heard = "";
    await using server = await listen(TCP0, async ({ stream }) => {
      stream.end("bye");
      heard = await readToEnd(stream);
    });
    await using client = await rawClient(server.endpoint);
    expect(await client.received).toBe("bye");
    client.socket.end("wait");
    await expect.poll(() => heard).toBe("wait");
  });

  test("closes a connection once its handler is done", async () => {
    await using server = await listen(TCP0, async ({ stream }) => void stream.write("bye"));
    await using client = await rawClient(server.endpoint);
    expect(await client.received).toBe("bye");
    await expect.poll(() => server.connections).toBe(0);
  });

  test("tells onError of a handler that failed, wrapped, and serves on", async () => {
    const failures: [NcxError, Connection][] = [];
    let first = true;
    await using server = await listen(
      TCP0,
      async (connection, signal) => {
        if (!first) return echo(connection, signal);
        first = false;
        throw new TypeError("of its own");
      },
      { onError: (error, connection) => failures.push([error, connection]) },
    );
    await hungUp(await rawSocket(server.endpoint));
    await using client = await rawClient(server.endpoint);
    client.socket.end("served");
    expect(await client.received).toBe("served");
    expect(failures).toMatchObject([
      [
        { name: "NcxError", message: expect.stringContaining("of its own") },
        { id: expect.any(Number) },
      ],
    ]);
    expect(failures[0]?.[0].cause).toBeInstanceOf(TypeError);
  });

  test("survives a client that resets before anybody reads", async () => {
    await using server = await listen(TCP0, echo, { onError: () => {} });
    const rude = await rawSocket(server.endpoint);
    rude.resetAndDestroy();
    await using client = await rawClient(server.endpoint);
    client.socket.end("polite");
    expect(await client.received).toBe("polite");
  });

  test("close() takes no new clients and lets the others live", async () => {
    await using server = await listen(TCP0, echo);
    await using client = await rawClient(server.endpoint);
    client.socket.write("one");
    await once(client.socket, "data");
    await server.close();
    await expect(rawSocket(server.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    client.socket.end("two");
    expect(await client.received).toBe("onetwo");
    await server.done;
  });

  test("disposing of it ends every connection, and their handlers' signal", async () => {
    let aborted = false;
    const server = await listen(TCP0, async (_connection, signal) => {
      await once(signal, "abort");
      aborted = signal.aborted;
    });
    const client = await rawSocket(server.endpoint);
    await expect.poll(() => server.connections).toBe(1);
    await server[Symbol.asyncDispose]();
    expect(aborted).toBe(true);
    await hungUp(client);
  });

  test("its signal ends it, before and after", async () => {
    await expect(listen(TCP0, echo, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "NcxError",
      code: "ABORTED",
    });
    const stop = new AbortController();
    const server = await listen(TCP0, echo, { signal: stop.signal });
    const client = await rawSocket(server.endpoint);
    await expect.poll(() => server.connections).toBe(1);
    stop.abort();
    await server.done;
    await hungUp(client);
    await expect(rawSocket(server.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("turns clients away beyond maxConns and says so", async () => {
    const rejected: [Endpoint, string][] = [];
    await using server = await listen(TCP0, echo, {
      maxConns: 1,
      onReject: (...what) => rejected.push(what),
    });
    await using client = await rawClient(server.endpoint);
    client.socket.write("in");
    await once(client.socket, "data");
    await hungUp(await rawSocket(server.endpoint));
    expect(rejected).toMatchObject([
      [{ kind: "tcp", host: "127.0.0.1" }, "the limit of 1 connections is reached"],
    ]);
  });

  test("stops after maxAccepts connections, and is done when they are", async () => {
    await using server = await listen(TCP0, echo, { maxAccepts: 2 });
    await using first = await rawClient(server.endpoint);
    await using second = await rawClient(server.endpoint);
    for (const client of [first, second]) client.socket.end("mine");
    expect(await Promise.all([first.received, second.received])).toEqual(["mine", "mine"]);
    await server.done;
    await expect(rawSocket(server.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("listen() without a handler", () => {
  test("is iterated: each connection is the caller's, in order", async () => {
    await using server = await listen(TCP0);
    const sockets = [await rawSocket(server.endpoint), await rawSocket(server.endpoint)];
    const remotes: unknown[] = [];
    for await (const connection of server) {
      remotes.push(connection.remote);
      await connection[Symbol.asyncDispose]();
      if (remotes.length === 2) break;
    }
    expect(remotes).toEqual(
      sockets.map(({ localPort }) => ({ kind: "tcp", host: "127.0.0.1", port: localPort })),
    );
    await Promise.all(sockets.map(hungUp));
    await expect.poll(() => server.connections).toBe(0);
  });

  test("its iteration ends when it is closed", async () => {
    await using server = await listen(TCP0);
    const seen: Connection[] = [];
    const iterating = (async () => {
      for await (const connection of server) seen.push(connection);
    })();
    await server.close();
    await iterating;
    expect(seen).toEqual([]);
  });

  test("disposing of it closes connections that nobody has taken", async () => {
    const server = await listen(TCP0);
    const client = await rawSocket(server.endpoint);
    await expect.poll(() => server.connections).toBe(1);
    await server[Symbol.asyncDispose]();
    await hungUp(client);
  });
});

describe("where listen() binds", () => {
  test("a bare port is every address, v4 and v6, on the same port", async () => {
    await using server = await listen("0", echo);
    const ports = new Set(server.endpoints.map((at) => ("port" in at ? at.port : 0)));
    expect(ports.size).toBe(1);
    const [port = 0] = ports;
    const hosts = server.endpoints.map((at) => ("host" in at ? at.host : ""));
    expect(hosts).toContain("0.0.0.0");
    for (const host of hosts) {
      const loopback = host === "::" ? "::1" : "127.0.0.1";
      await using client = await rawClient({ kind: "tcp", host: loopback, port });
      client.socket.end(host);
      expect(await client.received).toBe(host);
    }
  });

  test("a family alone when asked for", async () => {
    await using server = await listen("0", echo, { family: 4 });
    expect(server.endpoints).toMatchObject([{ kind: "tcp", host: "0.0.0.0" }]);
  });

  test("a unix path, whose file is removed at the end", async () => {
    await using folder = await scratch();
    const at: Endpoint = { kind: "unix", path: folder.path("s") };
    const server = await listen(at, echo);
    await using client = await rawClient(at);
    client.socket.end("by file");
    expect(await client.received).toBe("by file");
    await server[Symbol.asyncDispose]();
    await expect(rawSocket(at)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a unix path that a dead server has left behind", async () => {
    await using folder = await scratch();
    const at: Endpoint = { kind: "unix", path: folder.path("stale") };
    await leaveSocket(at.path);
    await using server = await listen(at, echo);
    await using client = await rawClient(server.endpoint);
    client.socket.end("taken over");
    expect(await client.received).toBe("taken over");
  });

  test("a second server at the same unix path is refused while the first one answers", async () => {
    await using folder = await scratch();
    const at: Endpoint = { kind: "unix", path: folder.path("s") };
    await using server = await listen(at, echo);
    await expect(listen(at, echo)).rejects.toMatchObject({ code: "IN_USE" });
    await using client = await rawClient(server.endpoint);
    client.socket.end("still here");
    expect(await client.received).toBe("still here");
  });

  test("never over a file that is no socket", async () => {
    await using folder = await scratch();
    writeFileSync(folder.path("notes"), "precious");
    await expect(listen({ kind: "unix", path: folder.path("notes") }, echo)).rejects.toMatchObject({
      name: "NcxError",
      code: "ADDRESS",
      message: expect.stringContaining("regular file"),
    });
  });

  test("never a port that somebody else has", async () => {
    await using taken = await tcpServer();
    await expect(listen(taken.endpoint, echo)).rejects.toMatchObject({
      name: "NcxError",
      code: "IN_USE",
      endpoint: taken.endpoint,
    });
  });

  test("UDP without firstPeerOnly: a connection for each peer, datagrams whole", async () => {
    await using server = await listen(UDP0, async ({ stream }) => {
      for await (const datagram of stream.iterator({ destroyOnReturn: false }))
        stream.write(`${(datagram as Buffer).length}`);
    });
    await using first = await udpSocket();
    await using second = await udpSocket();
    for (const [client, size] of [
      [first, 3],
      [second, 65_507],
      [first, 0],
    ] as const) {
      client.send(Buffer.alloc(size), server.endpoint);
      expect(`${await client.next()}`).toBe(`${size}`);
    }
    expect(server.connections).toBe(2);
  });

  test("UDP with firstPeerOnly: nobody else gets in", async () => {
    const heard: string[] = [];
    await using server = await listen(
      UDP0,
      async ({ stream }) => {
        stream.on("data", (datagram: Buffer) => {
          heard.push(`${datagram}`);
          stream.write("heard");
        });
        await once(stream, "close");
      },
      { firstPeerOnly: true },
    );
    await using first = await udpSocket();
    await using second = await udpSocket();
    first.send("first", server.endpoint);
    await first.next();
    second.send("intruder", server.endpoint);
    first.send("again", server.endpoint);
    await first.next();
    expect(heard).toEqual(["first", "again"]);
  });
});

test("what connect() and listen() give speak to each other", async () => {
  await using server = await listen(TCP0, echo);
  await using connection = await connect(server.endpoint);
  expect(connection.remote).toEqual(server.endpoint);
  connection.stream.end("hello");
  expect(await readText(connection.stream, 5)).toBe("hello");
});

/** Leaves a socket's file with nobody behind it, as a killed server does. */
async function leaveSocket(path: string): Promise<void> {
  const script = `
    const server = require("node:net").createServer();
    server.listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"));`;
  try {
    execFileSync(process.execPath, ["-e", script], { stdio: "ignore" });
  } catch {
    // It was killed, as it should be.
  }
}
