/** The library as its users have it: one front door, typed errors, signals, and nothing left behind. */
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import * as ncx from "../../src/index.ts";
import {
  bind,
  connect,
  dial,
  link,
  listen,
  NcxError,
  parseEndpoint,
  relay,
} from "../../src/index.ts";
import { TCP0, rawClient, rawSocket, readToEnd, tcpServer, hungUp } from "../helpers/sockets.ts";

test("the front door has all that the features need", () => {
  expect(Object.keys(ncx)).toEqual(
    expect.arrayContaining([
      "NcxError",
      "bind",
      "connect",
      "dial",
      "formatEndpoint",
      "link",
      "listen",
      "parseEndpoint",
      "relay",
      "request",
      "stdioConnection",
    ]),
  );
});

test("listen, connect and relay are a chain, and `await using` takes it down", async () => {
  const resources = (): number =>
    process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP|Pipe)/.test(name)).length;
  const before = resources();
  {
    await using server = await listen(TCP0, async ({ stream }) => pipeline(stream, stream));
    await using middle = await relay(TCP0, server.endpoint);
    await using connection = await connect(middle.endpoint);
    connection.stream.write("through both");
    const [chunk] = (await once(connection.stream, "data")) as [Buffer];
    expect(`${chunk}`).toBe("through both");
    expect([server.connections, middle.connections]).toEqual([1, 1]);
    expect(resources()).toBeGreaterThan(before);
  }
  await expect.poll(resources).toBe(before);
});

test("connections of a loop are linked to connections of our own", async () => {
  await using upstream = await tcpServer((client) => void client.pipe(client));
  await using server = await listen(TCP0, { maxAccepts: 3 });
  const clients = await Promise.all([1, 2, 3].map(() => rawClient(server.endpoint)));
  for (const [index, { socket }] of clients.entries()) socket.end(`client ${index}`);
  const reports: ncx.LinkReport[] = [];
  for await (const near of server) {
    await using far = await connect(upstream.endpoint);
    reports.push(await link(near, far));
    await near[Symbol.asyncDispose]();
  }
  expect(await Promise.all(clients.map(({ received }) => received))).toEqual(
    [0, 1, 2].map((index) => `client ${index}`),
  );
  expect(reports).toEqual(
    reports.map(() => expect.objectContaining({ reason: "eof", forward: 8, backward: 8 })),
  );
  await server.done;
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test("dial() and bind() are the floor below: a listener is iterated, left, and closed", async () => {
  await using listener = await bind(TCP0);
  await using client = await dial(listener.endpoint);
  for await (const connection of listener) {
    connection.stream.end("bound");
    expect(await readToEnd(client.stream)).toBe("bound");
    await connection[Symbol.asyncDispose]();
    break;
  }
  await expect(rawSocket(listener.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a memory endpoint is a network without one", async () => {
  await using server = await listen("memory:library", async ({ stream }) =>
    pipeline(stream, stream),
  );
  await using connection = await connect("memory:library");
  connection.stream.end("unplugged");
  expect(await readToEnd(connection.stream)).toBe("unplugged");
  expect(server.endpoint).toEqual(parseEndpoint("memory:library"));
});

describe("every failure is an NcxError with a code", () => {
  test.each([
    ["parseEndpoint", "ADDRESS", () => parseEndpoint("host:99999")],
    ["listen", "ADDRESS", () => listen("127.0.0.1:http:")],
    ["connect", "ADDRESS", () => connect("nothing")],
    ["relay", "ADDRESS", () => relay("127.0.0.1:0", "[::")],
    ["a kind to come", "UNSUPPORTED", () => connect("ws:host:80")],
    ["a kind that only dials", "UNSUPPORTED", () => listen("stdio:")],
    ["stdio", "UNSUPPORTED", () => connect("-")],
    ["an abort before", "ABORTED", () => connect("127.0.0.1:1", { signal: AbortSignal.abort() })],
  ])("%s: %s", async (_what, code, act) => {
    const failure = await (async () => act())().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NcxError);
    expect(failure).toMatchObject({ name: "NcxError", code, message: /^Cannot / });
  });
});

test("a deadline over everything ends everything", async () => {
  const signal = AbortSignal.timeout(100);
  await using upstream = await tcpServer();
  const server = await listen(TCP0, async ({ stream }) => pipeline(stream, stream), { signal });
  const middle = await relay(TCP0, upstream.endpoint, { signal });
  await using near = await connect(server.endpoint);
  await using far = await connect(middle.endpoint);
  const linked = link(near, far, { signal });
  const client = await rawSocket(server.endpoint);
  await Promise.all([server.done, middle.done, hungUp(client)]);
  expect((await linked).reason).toMatch(/^(aborted|eof)$/);
});
