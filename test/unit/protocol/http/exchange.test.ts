import { once } from "node:events";
import { duplexPair, Readable, type Duplex } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { expect, test } from "vitest";
import {
  exchange,
  type ExchangeOptions,
  type OutgoingRequest,
} from "../../../../src/protocol/http/exchange.ts";

const GET: OutgoingRequest = { method: "GET", target: "/x", headers: [["Host", "h"]] };
const OK = "HTTP/1.1 200 OK\r\n";

/** A client's stream, and the server's end of it. */
function pair(): { near: Duplex; far: Duplex } {
  const [near, far] = duplexPair();
  far.on("error", () => {});
  return { near, far };
}

/** Answers with these bytes once the request's head is there. */
async function answer(
  bytes: string | Buffer,
  { request = GET, options = {} as ExchangeOptions, end = false } = {},
) {
  const { near, far } = pair();
  const reply = exchange(near, request, options);
  await once(far, "readable");
  far.write(bytes);
  if (end) far.end();
  return { near, far, reply: await reply };
}

test("exchange() gives head, body and trailers, and leaves the stream for another", async () => {
  const { near, far, reply } = await answer(
    `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n`,
  );
  expect(reply.head).toMatchObject({ status: 200, statusText: "OK" });
  expect(await text(reply.body)).toBe("abc");
  expect(reply.trailers).toEqual([["T", "u"]]);
  expect(reply.received).toBe(3);
  expect(await reply.reusable).toBe(true);
  far.read();
  const again = exchange(near, GET);
  await once(far, "readable");
  far.write(`${OK}Content-Length: 2\r\n\r\nhi`);
  expect(await text((await again).body)).toBe("hi");
});

test.each([
  ["the server says close", `${OK}Connection: close\r\nContent-Length: 0\r\n\r\n`, GET],
  [
    "the client says close",
    `${OK}Content-Length: 0\r\n\r\n`,
    { ...GET, headers: [["Connection", "close"]] as const },
  ],
  ["the server speaks HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", GET],
  ["more bytes come than the message has", `${OK}Content-Length: 0\r\n\r\nHTTP`, GET],
])("the stream is spent when %s", async (_why, bytes, request) => {
  const { near, reply } = await answer(bytes, { request });
  expect(await reply.reusable).toBe(false);
  expect(near.destroyed).toBe(true);
});

test("a response without a body is over at once", async () => {
  const { reply } = await answer("HTTP/1.1 204 No Content\r\n\r\n");
  expect(await reply.reusable).toBe(true);
  expect(await text(reply.body)).toBe("");
});

test("interim responses are passed over, and their lines observed", async () => {
  const lines: string[] = [];
  const onLine: ExchangeOptions["onLine"] = (direction, line) => lines.push(`${direction} ${line}`);
  const { reply } = await answer(`HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n${OK}\r\n`, {
    options: { onLine },
  });
  expect(reply.head.status).toBe(200);
  expect(lines).toEqual([
    "sent GET /x HTTP/1.1\r\n",
    "sent Host: h\r\n",
    "sent \r\n",
    "received HTTP/1.1 103 Early Hints\r\n",
    "received A: b\r\n",
    "received \r\n",
    `received ${OK}`,
    "received \r\n",
  ]);
  reply.body.destroy();
});

test("a known body is sent with its head, a stream in chunks, each as it is", async () => {
  const { near, far } = pair();
  const known = exchange(near, {
    ...GET,
    method: "PUT",
    headers: [["Content-Length", "3"]],
    body: Buffer.from("abc"),
  });
  const seen = await readUntil(far, "abc");
  expect(seen).toBe("PUT /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
  far.write(`${OK}Content-Length: 0\r\n\r\n`);
  expect(await (await known).reusable).toBe(true);
  const body = Readable.from(["ab", Buffer.from("c"), ""]);
  const streamed = exchange(near, { ...GET, headers: [["Transfer-Encoding", "chunked"]], body });
  expect(await readUntil(far, "0\r\n\r\n")).toBe(
    "GET /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
  );
  far.write(`${OK}Content-Length: 0\r\n\r\n`);
  expect(await (await streamed).reusable).toBe(true);
});

test("the response is read while the request's body still goes out, whose source is then stopped", async () => {
  const { near, far } = pair();
  const body = new Readable({ read() {} });
  body.push("first");
  const headers = [["Transfer-Encoding", "chunked"]] as const;
  const pending = exchange(near, { ...GET, method: "POST", headers, body });
  await readUntil(far, "first\r\n");
  far.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  const reply = await pending;
  expect([reply.head.status, await text(reply.body)]).toEqual([413, "no"]);
  expect(await reply.reusable).toBe(false);
  expect(body.destroyed).toBe(true);
});

test("a slow server bounds what is taken from the body, and a slow reader what is taken from the server", async () => {
  const { near, far } = pair();
  let produced = 0;
  const body = new Readable({
    highWaterMark: 1024,
    read() {
      produced += 1024;
      this.push(Buffer.alloc(1024));
    },
  });
  const pending = exchange(near, { ...GET, headers: [["Transfer-Encoding", "chunked"]], body });
  await once(far, "readable");
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  expect(produced).toBeLessThan(256 * 1024);
  let taken = 0;
  const write = (): void => {
    while (taken < 8e6 && far.write(Buffer.alloc(16_384))) taken += 16_384;
  };
  far.on("drain", write);
  far.write(`${OK}Content-Length: 100000000\r\n\r\n`);
  write();
  const reply = await pending;
  await once(reply.body, "readable");
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  expect(taken).toBeLessThan(512 * 1024);
  reply.body.destroy();
  expect(await reply.reusable).toBe(false);
  expect(near.destroyed).toBe(true);
});

test.each([
  ["nothing", "", "empty", "the server closed without an answer"],
  [
    "only an interim response",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "empty",
    "the server closed without an answer",
  ],
  ["half a head", `${OK}A: b`, "partial", "the peer closed before its head was complete"],
  ["garbage", "\x16\x03\x01\x02", "head", "it is not HTTP/1"],
])("%s instead of a response is a typed error", async (_what, bytes, failure, state) => {
  const { near, far } = pair();
  const pending = exchange(near, GET);
  await once(far, "readable");
  far.end(bytes);
  await expect(pending).rejects.toMatchObject({ name: "NcxError", failure, state });
  expect(near.destroyed).toBe(true);
});

test.each([
  ["is cut", (far: Duplex) => far.end(), { failure: "partial", code: "PROTOCOL" }],
  [
    "breaks its framing",
    (far: Duplex) => far.write("no chunk\r\n"),
    { failure: "chunk", code: "PROTOCOL" },
  ],
])(
  "a body that %s fails after all that had come was read, however slow the reader",
  async (_what, act, expected) => {
    const { far, reply } = await answer(
      `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n`,
    );
    act(far);
    await new Promise(setImmediate);
    const got: string[] = [];
    const reading = (async () => {
      for await (const chunk of reply.body) {
        got.push(`${chunk}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await expect(reading).rejects.toMatchObject(expected);
    expect(got.join("")).toBe("abcdef");
    expect(await reply.reusable).toBe(false);
  },
);

test("a stream that breaks fails the body after what the stream still held", async () => {
  const { near, reply } = await answer(`${OK}Content-Length: 10\r\n\r\nabc`);
  const broken = Object.assign(new Error("reset"), { code: "ECONNRESET" });
  near.destroy(broken);
  const got: string[] = [];
  const reading = reply.consume((chunk) => void got.push(`${chunk}`));
  await expect(reading).rejects.toMatchObject({
    failure: "receive",
    code: "RESET",
    state: "Connection reset by peer",
  });
  expect(got.join("")).toBe("abc");
});

test("an abort ends the exchange at every stage", async () => {
  const { near, far } = pair();
  await expect(exchange(near, GET, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "ABORTED",
  });
  const early = new AbortController();
  const { near: second } = pair();
  const pending = exchange(second, GET, { signal: early.signal });
  early.abort();
  await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
  expect([near.destroyed, second.destroyed]).toEqual([true, true]);
  far.destroy();
  const late = new AbortController();
  const { reply } = await answer(`${OK}\r\nabc`, { options: { signal: late.signal } });
  const rest = buffer(reply.body);
  late.abort();
  await expect(rest).rejects.toMatchObject({ code: "ABORTED" });
});

test("a deadline is a TIMEOUT", async () => {
  const { near } = pair();
  const pending = exchange(near, GET, { signal: AbortSignal.timeout(1) });
  // The deadline's own timer doesn't keep the process.
  const alive = setInterval(() => {}, 1000);
  await expect(pending).rejects.toMatchObject({ code: "TIMEOUT", failure: "receive" });
  clearInterval(alive);
});

test.each([
  ["longer", ["abc", "def"], "it has 6 bytes where 5 were announced"],
  ["shorter", ["abc"], "it has 3 bytes where 5 were announced"],
])("a streamed body that is %s than announced is an error", async (_what, parts, state) => {
  const { near, far } = pair();
  far.resume();
  const request = {
    ...GET,
    headers: [["Content-Length", "5"]] as const,
    body: Readable.from(parts),
  };
  await expect(exchange(near, request)).rejects.toMatchObject({ failure: "source", state });
});

test("a body whose source fails is an error that names the source", async () => {
  const { near, far } = pair();
  far.resume();
  const body = new Readable({
    read: () => void body.destroy(Object.assign(new Error("no"), { code: "EISDIR" })),
  });
  const request = { ...GET, headers: [["Transfer-Encoding", "chunked"]] as const, body };
  await expect(exchange(near, request)).rejects.toMatchObject({
    failure: "source",
    state: "Is a directory",
  });
});

test("a known body that isn't as long as announced is refused before a byte is sent", async () => {
  const { near, far } = pair();
  const request = { ...GET, headers: [["Content-Length", "5"]] as const, body: Buffer.from("abc") };
  await expect(exchange(near, request)).rejects.toMatchObject({ failure: "source" });
  expect(far.readableLength).toBe(0);
});

test("an error thrown by consume()'s sink ends the exchange with that error", async () => {
  const { near, reply } = await answer(`${OK}Content-Length: 10\r\n\r\nabc`);
  const full = new Error("disk full");
  const consumed = reply.consume(() => {
    throw full;
  });
  await expect(consumed).rejects.toBe(full);
  expect(near.destroyed).toBe(true);
});

async function readUntil(stream: Duplex, end: string): Promise<string> {
  let seen = "";
  while (!seen.endsWith(end)) {
    const chunk: unknown = stream.read();
    if (chunk === null) await once(stream, "readable");
    else seen += String(chunk);
  }
  return seen;
}
