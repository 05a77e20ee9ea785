/** connect() by library call. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { connect, type ConnectOptions, type Endpoint, type NcxError } from "../../src/index.ts";
import { closedPort } from "../helpers/peers.ts";
import { fullBacklog } from "../helpers/full-backlog.ts";
import {
  closed,
  readText,
  readToEnd,
  tcpServer,
  udpSocket,
  unixServer,
} from "../helpers/sockets.ts";
import { scratch } from "../helpers/run-cli.ts";

describe("connect()", () => {
  test("takes an endpoint or its text", async () => {
    await using upstream = await tcpServer((client) => void client.pipe(client));
    const { host, port } = upstream.endpoint;
    for (const to of [upstream.endpoint, `${host}:${port}`, `tcp://${host}:${port}`]) {
      await using connection = await connect(to);
      expect(connection.remote).toEqual(upstream.endpoint);
      expect(connection.local).toMatchObject({ kind: "tcp", host: "127.0.0.1" });
    }
  });

  test("half-closes, and still gives the answer", async () => {
    await using upstream = await tcpServer();
    await using connection = await connect(upstream.endpoint);
    connection.stream.end("hello");
    const server = await upstream.next();
    expect(await readToEnd(server)).toBe("hello");
    server.end("answer");
    expect(await readToEnd(connection.stream)).toBe("answer");
  });

  test("may go on sending after the server has ended", async () => {
    await using upstream = await tcpServer((server) => void server.end("that's all"));
    await using connection = await connect(upstream.endpoint);
    expect(await readToEnd(connection.stream)).toBe("that's all");
    const server = await upstream.next();
    connection.stream.end("not from me");
    expect(await readToEnd(server)).toBe("not from me");
  });

  test("loses nothing of a server that speaks before anybody reads", async () => {
    await using upstream = await tcpServer((client) => void client.end("greeting"));
    await using connection = await connect(upstream.endpoint);
    await once(connection.stream, "readable");
    expect(await readToEnd(connection.stream)).toBe("greeting");
  });

  test("a name's addresses are tried until one answers", async () => {
    // Whether localhost starts with ::1 or not: only its v4 address listens.
    await using upstream = await tcpServer((client) => void client.pipe(client));
    await using connection = await connect({ ...upstream.endpoint, host: "localhost" });
    expect(connection.remote).toEqual(upstream.endpoint);
  });

  test("dials from the address that was asked for", async () => {
    await using upstream = await tcpServer();
    await using connection = await connect(upstream.endpoint, { source: { host: "127.0.0.2" } });
    expect(connection.local).toMatchObject({ host: "127.0.0.2" });
    expect((await upstream.next()).remoteAddress).toBe("127.0.0.2");
  });

  test("reaches a unix path and an abstract name", async () => {
    await using folder = await scratch();
    const names = [
      folder.path("s"),
      ...(process.platform === "linux" ? [`@${folder.path("s")}`] : []),
    ];
    for (const path of names) {
      await using upstream = await unixServer(path, (client) => void client.pipe(client));
      await using connection = await connect(upstream.endpoint);
      connection.stream.end("local");
      expect(await readText(connection.stream, 5)).toBe("local");
    }
  });

  test("UDP: a message is a datagram, both ways", async () => {
    await using upstream = await udpSocket((datagram) => `${datagram.length}`);
    await using connection = await connect(upstream.endpoint);
    expect(connection.framing).toBe("message");
    connection.stream.write(Buffer.alloc(65_507));
    expect(await once(connection.stream, "data")).toEqual([Buffer.from("65507")]);
  });

  test("UDP: a closed port's refusal is an error of the stream", async () => {
    const upstream = await udpSocket();
    await upstream[Symbol.asyncDispose]();
    await using connection = await connect(upstream.endpoint);
    connection.stream.write("anybody?");
    await new Promise((resolve) => connection.stream.once("close", resolve));
    expect(connection.stream.errored).toMatchObject({ name: "NcxError", code: "REFUSED" });
  });

  test("tries again when the first attempts fail", async () => {
    await using folder = await scratch();
    const path = folder.path("later");
    const connecting = connect({ kind: "unix", path }, { retries: 20, retryDelay: 10 });
    await using upstream = await unixServer(path);
    await using connection = await connecting;
    expect(connection.remote).toEqual(upstream.endpoint);
  });

  test("gives the last failure when the attempts are used up", async () => {
    await using folder = await scratch();
    const to: Endpoint = { kind: "unix", path: folder.path("never") };
    await expect(connect(to, { retries: 2, retryDelay: 1 })).rejects.toMatchObject({
      code: "REFUSED",
      endpoint: to,
    });
  });

  test("an abort ends the waiting between attempts", async () => {
    await using folder = await scratch();
    const stop = new AbortController();
    const connecting = connect(
      { kind: "unix", path: folder.path("never") },
      { retries: 5, retryDelay: 3_600_000, signal: stop.signal },
    );
    setTimeout(() => stop.abort(), 50);
    await expect(connecting).rejects.toMatchObject({ name: "NcxError", code: "ABORTED" });
  });

  test("a connect that hangs ends with its timeout or its signal", async () => {
    await using hung = await fullBacklog();
    const started = performance.now();
    await expect(connect(hung.endpoint, { timeout: 100 })).rejects.toMatchObject({
      name: "NcxError",
      code: "TIMEOUT",
      message: expect.stringContaining(`${hung.endpoint.port}`),
      tried: [{ address: "127.0.0.1" }],
    });
    expect(performance.now() - started).toBeGreaterThan(95);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(connect(hung.endpoint, { signal: stop.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    await expect(connect(hung.endpoint, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject(
      { code: "TIMEOUT" },
    );
  });

  test("disposing of it closes it", async () => {
    await using upstream = await tcpServer();
    const connection = await connect(upstream.endpoint);
    const server = await upstream.next();
    server.resume();
    server.once("end", () => server.end());
    await connection[Symbol.asyncDispose]();
    expect(connection.stream.closed).toBe(true);
    expect(await closed(server)).toBe("");
  });

  test.each<[string, Endpoint | string, ConnectOptions, string]>([
    ["no place", "[::1", {}, "ADDRESS"],
    ["no port", "localhost", {}, "ADDRESS"],
    ["port 0", "127.0.0.1:0", {}, "ADDRESS"],
    ["a name that cannot be", "no-such-host.invalid:80", {}, "RESOLVE"],
    ["a name, though none is to be looked up", "localhost:80", { numeric: true }, "RESOLVE"],
    ["an address of the other family", "127.0.0.1:80", { family: 6 }, "RESOLVE"],
    ["an aborted signal", "127.0.0.1:80", { signal: AbortSignal.abort() }, "ABORTED"],
    ["a unix path that is too long", `unix:/${"x".repeat(200)}`, {}, "ADDRESS"],
    ["a directory as a socket", "unix:/", {}, "ADDRESS"],
  ])("rejects %s", async (_what, to, options, code) => {
    await expect(connect(to, options)).rejects.toMatchObject({ name: "NcxError", code });
  });

  test("names every address that refused", async () => {
    const port = await closedPort();
    const failure = await connect(`127.0.0.1:${port}`).catch((error: NcxError) => error);
    expect(failure).toMatchObject({
      code: "REFUSED",
      message: `Cannot connect to tcp:127.0.0.1:${port}: connection refused`,
      tried: [{ address: "127.0.0.1", state: "Connection refused" }],
    });
  });
});
