import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import {
  createServer as createNetServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  request,
  type Reply,
  type RequestObserver,
  type RequestOptions,
} from "../../src/http/index.ts";

interface Running extends AsyncDisposable {
  readonly url: string;
}

async function running(server: Server, sockets: Set<Socket>, path?: string): Promise<Running> {
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(path ?? { port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const url = path
    ? "http://unix.test"
    : `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function serve(listener: RequestListener, path?: string): Promise<Running> {
  return running(createHttpServer(listener), new Set(), path);
}

/** A server that says what it likes, once a request has come. */
function hostile(act: (socket: Socket) => void): Promise<Running> {
  const server = createNetServer((socket) => void socket.once("data", () => act(socket)));
  return running(server, new Set());
}

/** Tells what it was asked. */
const mirror: RequestListener = (message, response) => void reflect(message, response);

const reflect = async (...[message, response]: Parameters<RequestListener>): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const { method, url, headers, rawHeaders } = message;
  response.end(
    JSON.stringify({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() }),
  );
};

interface Mirrored {
  method: string;
  url: string;
  headers: Record<string, string>;
  rawHeaders: string[];
  body: string;
}

async function ask(url: string, options?: RequestOptions): Promise<Mirrored> {
  await using reply = await request(url, options);
  return (await reply.json()) as Mirrored;
}

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ncx-http-"));
});
afterAll(() => rm(scratch, { recursive: true }));

describe("request()", () => {
  test("gets a reply with its headers in order, and closes the connection at the body's end", async () => {
    await using server = await serve((_message, response) => {
      response.writeHead(200, "Fine", ["X-A", "1", "Set-Cookie", "a=b", "set-cookie", "c=d"]);
      response.end("hello");
    });
    let ended: (reusable: boolean) => void = () => {};
    const end = new Promise<boolean>((resolve) => (ended = resolve));
    const reply = await request(`${server.url}/x#part`, { observer: { onEnd: ended } });
    expect(reply).toMatchObject({
      status: 200,
      statusText: "Fine",
      httpVersion: "1.1",
      url: `${server.url}/x`,
    });
    expect(reply.headers.slice(0, 3)).toEqual([
      ["X-A", "1"],
      ["Set-Cookie", "a=b"],
      ["set-cookie", "c=d"],
    ]);
    expect(reply.header("SET-COOKIE")).toBe("a=b, c=d");
    expect(await reply.text()).toBe("hello");
    expect(await end).toBe(true);
    expect(reply.timings.ended).toBeGreaterThanOrEqual(reply.timings.replied);
  });

  test("sends its own headers, and those it is given in their place", async () => {
    await using server = await serve(mirror);
    const host = new URL(server.url).host;
    const plain = await ask(server.url);
    expect(plain.rawHeaders).toEqual([
      "Host",
      host,
      "User-Agent",
      "ncx",
      "Accept",
      "*/*",
      "Accept-Encoding",
      "gzip, deflate, br",
    ]);
    const headers = [
      ["user-agent", null],
      ["Accept", "a"],
      ["accept", "b"],
      ["X-Empty", ""],
      ["X-U", "\u{e9}"],
    ] as const;
    const own = await ask(server.url, { headers });
    expect(own.rawHeaders).toEqual([
      "Host",
      host,
      "Accept-Encoding",
      "gzip, deflate, br",
      "Accept",
      "a",
      "accept",
      "b",
      "X-Empty",
      "",
      "X-U",
      "\xC3\xA9",
    ]);
    expect((await ask(server.url, { headers: { Host: "other" } })).headers["host"]).toBe("other");
  });

  test.each([
    ["text", () => "h\u{e9}", { "content-length": "3" }, "h\u{e9}"],
    ["bytes", () => Buffer.from("abc"), { "content-length": "3" }, "abc"],
    ["a stream", () => Readable.from(["a", "b"]), { "transfer-encoding": "chunked" }, "ab"],
    ["a file", () => ({ file: join(scratch, "body") }), { "content-length": "9" }, "from disk"],
  ])("sends %s as the body of a POST", async (_what, body, headers, sent) => {
    await writeFile(join(scratch, "body"), "from disk");
    await using server = await serve(mirror);
    const seen = await ask(server.url, { body: body() });
    expect(seen).toMatchObject({ method: "POST", body: sent });
    expect(seen.headers).toMatchObject(headers);
  });

  test("sends and receives 20 MB unchanged, in chunks and with a length", async () => {
    const big = randomBytes(20_000_000);
    const sum = createHash("sha1").update(big).digest("hex");
    await using server = await serve((message, response) => {
      const length = message.headers["content-length"];
      if (length) response.setHeader("Content-Length", length);
      message.pipe(response);
    });
    for (const body of [big, Readable.from(cut(big))]) {
      await using reply = await request(server.url, { body });
      expect(
        createHash("sha1")
          .update(await reply.bytes())
          .digest("hex"),
      ).toBe(sum);
      expect(reply.wireBytes).toBe(big.length);
    }
  });

  test("reads a missing body file as an error that names it", async () => {
    const missing = join(scratch, "missing");
    await expect(request("http://127.0.0.1:1", { body: { file: missing } })).rejects.toMatchObject({
      failure: "source",
      message: `Cannot read "${missing}": no such file or directory`,
    });
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
    ["gzip, br", (text: string) => brotliCompressSync(gzipSync(text))],
  ])("decodes %s (%#)", async (encoding, encode) => {
    const text = "many words ".repeat(20_000);
    await using server = await serve((_message, response) => {
      response.setHeader("Content-Encoding", encoding);
      response.end(encode(text));
    });
    const reply = await request(server.url);
    expect(await reply.text()).toBe(text);
    expect(reply.wireBytes).toBeLessThan(text.length / 10);
    const raw = await request(server.url, { headers: { "Accept-Encoding": encoding } });
    expect(await raw.bytes()).toEqual(encode(text));
  });

  test("refuses more than five encodings over each other", async () => {
    await using server = await serve((_message, response) => {
      response.setHeader("Content-Encoding", Array(6).fill("gzip").join(", ")).end("x");
    });
    await expect(request(server.url)).rejects.toMatchObject({ failure: "encoding" });
  });

  test("leaves an unknown encoding as it is, and takes an empty encoded body for empty", async () => {
    await using server = await serve((message, response) => {
      const encodings: Record<string, string> = { "/x": "x-own", "/object": "constructor" };
      const encoding = encodings[message.url ?? ""];
      response.setHeader("Content-Encoding", encoding ?? "gzip");
      response.end(encoding === undefined ? "" : "as it is");
    });
    expect(await (await request(`${server.url}/x`)).text()).toBe("as it is");
    expect(await (await request(`${server.url}/object`)).text()).toBe("as it is");
    expect(await (await request(`${server.url}/empty`)).text()).toBe("");
  });

  test.each([
    ["is not what it says", (whole: Buffer) => Buffer.from(`nonsense ${whole.length}`), ""],
    ["is cut", (whole: Buffer) => whole.subarray(0, -9), "encoded"],
  ])("fails for a gzip body that %s", async (_what, damage, starts) => {
    await using server = await serve((_message, response) => {
      response.setHeader("Content-Encoding", "gzip");
      response.end(damage(gzipSync("encoded")));
    });
    const reply = await request(server.url);
    let got = "";
    await expect(reply.consume((chunk) => void (got += chunk))).rejects.toMatchObject({
      failure: "encoding",
    });
    expect(got).toBe(starts);
  });

  test("decodes what had arrived of a gzip body before the connection is cut", async () => {
    const words = randomBytes(50_000).toString("hex");
    const whole = gzipSync(words);
    await using server = await serve((_message, response) => {
      response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": whole.length });
      response.write(whole.subarray(0, -5000), () => response.destroy());
    });
    const reply = await request(server.url);
    let got = "";
    await expect(reply.consume((chunk) => void (got += chunk))).rejects.toMatchObject({
      failure: "partial",
    });
    expect(got.length).toBeGreaterThan(words.length * 0.8);
    expect(words.startsWith(got)).toBe(true);
  });

  test("decodes a body that the decoder has to hold back, without a warning of a leak", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    const noise = randomBytes(4_000_000);
    await using server = await serve((_message, response) => {
      response.setHeader("Content-Encoding", "gzip").end(gzipSync(noise));
    });
    process.on("warning", onWarning);
    expect((await (await request(server.url)).bytes()).equals(noise)).toBe(true);
    await new Promise(setImmediate); // a warning is told in a tick of its own
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  test("gives each part of an encoded stream as it comes", async () => {
    const { createGzip } = await import("node:zlib");
    const zip = createGzip();
    await using server = await serve((_message, response) => {
      response.setHeader("Content-Encoding", "gzip");
      zip.pipe(response);
      zip.write("first");
      zip.flush();
    });
    await using reply = await request(server.url);
    const [first] = (await once(reply.body, "data")) as [Buffer];
    expect(`${first}`).toBe("first");
    zip.end();
  });

  test("speaks to a unix socket", async () => {
    const path = join(scratch, "http.sock");
    await using server = await serve(mirror, path);
    expect(await ask(`${server.url}/v1`, { unixSocket: path })).toMatchObject({
      url: "/v1",
      headers: { host: "unix.test" },
    });
  });

  test("makes Basic auth of credentials in the URL, and shows them nowhere", async () => {
    await using server = await serve(mirror);
    const reply = await request(server.url.replace("//", "//us%40er:p%C3%A9ss@"));
    expect(reply.url).toBe(`${server.url}/`);
    const { headers } = (await reply.json()) as Mirrored;
    expect(headers["authorization"]).toBe(
      `Basic ${Buffer.from("us@er:p\u{e9}ss").toString("base64")}`,
    );
    await expect(request("http://user:secret@127.0.0.1:99999/")).rejects.toThrow(/^(?!.*secret)/);
    await expect(request("http://user:my/secret@127.0.0.1/")).rejects.toThrow(/^(?!.*secret)/);
    await expect(request("http://user:secret@127.0.0.1:1/")).rejects.toThrow(/^(?!.*secret)/);
  });

  test.each([
    ["localhost:PORT/a", "/a"],
    [":PORT/a?b", "/a?b"],
    ["127.0.0.1:PORT", "/"],
    ["HTTP://127.0.0.1:PORT/a/../b c", "/b%20c"],
  ])("takes %s for a URL", async (text, target) => {
    await using server = await serve(mirror);
    expect((await ask(text.replace("PORT", new URL(server.url).port))).url).toBe(target);
  });

  test.each([
    ["", "ADDRESS"],
    ["http://", "ADDRESS"],
    ["http://a:65536/", "ADDRESS"],
    ["http://a:-1/", "ADDRESS"],
    ["http://[::1/", "ADDRESS"],
    [`http://${"a".repeat(300)}/`, "ADDRESS"],
    ["ftp://a/", "UNSUPPORTED"],
    ["file:///etc/passwd", "UNSUPPORTED"],
  ])("refuses %s", async (url, code) => {
    await expect(request(url)).rejects.toMatchObject({ name: "NcxError", failure: "url", code });
  });

  test.each([
    ["method", { method: "GE T" }],
    ["header", { headers: { A: "b\r\nC: d" } }],
    ["header name", { headers: { "A b": "c" } }],
  ])("refuses a bad %s before it says anything", async (_what, options) => {
    let asked = 0;
    await using server = await serve(() => void (asked += 1));
    await expect(request(server.url, options)).rejects.toMatchObject({ code: "USAGE" });
    expect(asked).toBe(0);
  });

  test("gathers no more than maxBody", async () => {
    await using server = await serve((_message, response) => void response.end("x".repeat(1000)));
    const reply = await request(server.url, { maxBody: 999 });
    await expect(reply.text()).rejects.toMatchObject({ code: "LIMIT" });
    expect((await (await request(server.url, { maxBody: 1000 })).bytes()).length).toBe(1000);
  });

  test("names the JSON that isn't any", async () => {
    await using server = await serve((_message, response) => void response.end("<html>"));
    await expect((await request(server.url)).json()).rejects.toMatchObject({ code: "PROTOCOL" });
  });

  test("gives trailers after the body", async () => {
    await using server = await serve((_message, response) => {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("x");
      response.addTrailers({ "X-Sum": "1" });
      response.end();
    });
    const reply = await request(server.url);
    expect(reply.trailers).toEqual([]);
    await reply.text();
    expect(reply.trailers).toEqual([["X-Sum", "1"]]);
  });
});

describe("bulk reads", () => {
  test.each([
    ["consume", async (reply: Reply, take: (chunk: Buffer) => void) => reply.consume(take)],
    [
      "a slow reader of body",
      async (reply: Reply, take: (chunk: Buffer) => void) => {
        for await (const chunk of reply.body as AsyncIterable<Buffer>) {
          await new Promise(setImmediate);
          take(chunk);
        }
      },
    ],
  ])("give every byte to %s, after a redirect on the same connection too", async (_what, read) => {
    const big = randomBytes(30_000_000);
    await using server = await serve((message, response) => {
      if (message.url === "/")
        return void response.writeHead(302, { Location: "/big" }).end("there");
      for (const part of cut(big)) response.write(part);
      response.end();
    });
    const reused: boolean[] = [];
    const observer: RequestObserver = { onConnect: (_connection, again) => reused.push(again) };
    const reply = await request(server.url, { bulk: true, follow: true, observer });
    const sum = createHash("sha1");
    await read(reply, (chunk) => void sum.update(chunk));
    expect(sum.digest("hex")).toBe(createHash("sha1").update(big).digest("hex"));
    expect(reused).toEqual([false, true]);
  });

  test("keep what a server says before it is asked", async () => {
    const server = createNetServer(
      (socket) => void socket.write("HTTP/1.1 408 Too Slow\r\nContent-Length: 2\r\n\r\n"),
    );
    server.on("connection", (socket: Socket) => void socket.once("data", () => socket.end("no")));
    await using place = await running(server, new Set());
    await using reply = await request(place.url, { bulk: true });
    expect([reply.status, await reply.text()]).toEqual([408, "no"]);
  });
});

describe("redirects", () => {
  const redirecting: RequestListener = (message, response) => {
    const match = /^\/(30\d)(?:\?to=(.*))?$/.exec(message.url ?? "");
    if (!match) return mirror(message, response);
    message.resume();
    response.writeHead(Number(match[1]), { Location: decodeURIComponent(match[2] ?? "/end") });
    response.end("moved");
  };

  test("are the reply unless they are to be followed", async () => {
    await using server = await serve(redirecting);
    await using reply = await request(`${server.url}/302`);
    expect(reply).toMatchObject({ status: 302, redirects: 0 });
  });

  test("use the same connection again within an origin", async () => {
    await using server = await serve(redirecting);
    const reused: boolean[] = [];
    const seen: number[] = [];
    const observer: RequestObserver = {
      onConnect: (_connection, again) => reused.push(again),
      onResponse: (_url, { status }) => seen.push(status),
    };
    await using reply = await request(`${server.url}/302?to=/301`, { follow: true, observer });
    expect(reply).toMatchObject({ status: 200, redirects: 2, url: `${server.url}/end` });
    expect([reused, seen]).toEqual([
      [false, true, true],
      [302, 301, 200],
    ]);
  });

  test.each([
    ["POST", 301, "GET", ""],
    ["POST", 302, "GET", ""],
    ["POST", 303, "GET", ""],
    ["POST", 307, "POST", "data"],
    ["POST", 308, "POST", "data"],
    ["PUT", 301, "PUT", "data"],
    ["PUT", 303, "GET", ""],
    ["DELETE", 302, "DELETE", "data"],
  ])("%s goes on after %i as %s with %j", async (method, status, next, body) => {
    await using server = await serve(redirecting);
    const options = { method, body: "data", follow: true, headers: { "Content-Type": "text/x" } };
    const seen = await ask(`${server.url}/${status}`, options);
    expect(seen).toMatchObject({ method: next, body });
    expect(seen.headers["content-type"]).toBe(body === "" ? undefined : "text/x");
    expect(seen.headers["content-length"]).toBe(body === "" ? undefined : "4");
  });

  test("HEAD stays HEAD after 303", async () => {
    await using server = await serve(redirecting);
    await using reply = await request(`${server.url}/303`, { method: "HEAD", follow: true });
    expect(reply).toMatchObject({ status: 200, redirects: 1 });
    expect(await reply.text()).toBe("");
  });

  test("keep credentials within an origin and drop them, cookies and Host outside", async () => {
    await using near = await serve(redirecting);
    await using far = await serve(mirror);
    const headers = { Cookie: "a=b", "X-Own": "y", Host: "named" };
    const from = near.url.replace("//", "//u:p@");
    const inside = await ask(`${from}/302`, { follow: true, headers });
    expect(inside.headers).toMatchObject({
      authorization: "Basic dTpw",
      cookie: "a=b",
      host: "named",
      "x-own": "y",
    });
    const outside = await ask(`${from}/302?to=${encodeURIComponent(`${far.url}/there`)}`, {
      follow: true,
      headers,
    });
    expect(outside.headers).toMatchObject({ host: new URL(far.url).host, "x-own": "y" });
    expect(Object.keys(outside.headers)).not.toContain("authorization");
    expect(Object.keys(outside.headers)).not.toContain("cookie");
    const given = { follow: true, headers: { Authorization: "Bearer t" } };
    const third = await ask(`${near.url}/302?to=${encodeURIComponent(far.url)}`, given);
    expect(Object.keys(third.headers)).not.toContain("authorization");
  });

  test("end with an error after maxRedirects", async () => {
    let asked = 0;
    await using server = await serve((message, response) => {
      asked += 1;
      message.resume();
      response.writeHead(302, { Location: "/loop" }).end();
    });
    await expect(request(server.url, { follow: true })).rejects.toMatchObject({
      failure: "redirects",
      code: "LIMIT",
    });
    expect(asked).toBe(51);
    const none = request(server.url, { follow: true, maxRedirects: 0 });
    await expect(none).rejects.toMatchObject({ state: "maximum of 0 redirects followed" });
  });

  test.each([
    ["ftp://127.0.0.1/", "UNSUPPORTED"],
    ["http://127.0.0.1:99999/", "ADDRESS"],
  ])("to %s are refused", async (to, code) => {
    await using server = await serve(redirecting);
    const call = request(`${server.url}/302?to=${encodeURIComponent(to)}`, { follow: true });
    await expect(call).rejects.toMatchObject({ failure: "url", code });
  });

  test("that ask for a streamed body again are an error", async () => {
    await using server = await serve(redirecting);
    const call = request(`${server.url}/307`, { follow: true, body: Readable.from(["x"]) });
    await expect(call).rejects.toMatchObject({ failure: "source", code: "UNSUPPORTED" });
  });

  test("dial again when the kept connection has died meanwhile", async () => {
    let connections = 0;
    const server = createNetServer((socket) => {
      connections += 1;
      const first = connections === 1;
      socket.on("data", () => {
        if (!first) return socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        socket.write("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n");
        // What comes on this connection from now on isn't answered.
        socket.removeAllListeners("data").on("data", () => socket.end());
      });
    });
    await using place = await running(server, new Set());
    await using reply = await request(place.url, { follow: true });
    expect(await reply.text()).toBe("hi");
    expect(connections).toBe(2);
  });
});

describe("a hostile server", () => {
  const OK = "HTTP/1.1 200 OK\r\n";

  test.each([
    [
      "sends garbage",
      (socket: Socket) => socket.write("\x00\xFFgarbage"),
      { failure: "head", code: "UNSUPPORTED" },
    ],
    [
      "greets as ssh",
      (socket: Socket) => socket.write("SSH-2.0-x\r\n"),
      { failure: "head", code: "UNSUPPORTED" },
    ],
    ["closes at once", (socket: Socket) => socket.end(), { failure: "empty" }],
    [
      "resets at once",
      (socket: Socket) => socket.resetAndDestroy(),
      { failure: "receive", code: "RESET" },
    ],
    ["cuts its head", (socket: Socket) => socket.end(`${OK}A: b`), { failure: "partial" }],
    [
      "is ambiguous about the length",
      (socket: Socket) => socket.write(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`),
      { failure: "head", code: "PROTOCOL" },
    ],
  ])("that %s is a typed error", async (_what, act, expected) => {
    await using server = await hostile(act);
    await expect(request(server.url)).rejects.toMatchObject({ name: "NcxError", ...expected });
  });

  test.each([
    [
      "cuts a Content-Length",
      `${OK}Content-Length: 10\r\n\r\nabc`,
      (socket: Socket) => socket.end(),
      "partial",
    ],
    [
      "cuts a chunk",
      `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nabc`,
      (socket: Socket) => socket.end(),
      "partial",
    ],
    [
      "breaks its chunks",
      `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc`,
      (socket: Socket) => socket.write("xx"),
      "chunk",
    ],
  ])("that %s gives what had arrived, then an error", async (_what, start, act, failure) => {
    await using server = await hostile((socket) => {
      socket.write(start, () => act(socket));
    });
    const reply = await request(server.url);
    let got = "";
    await expect(reply.consume((chunk) => void (got += chunk))).rejects.toMatchObject({ failure });
    expect(got).toBe("abc");
  });

  test("that resets in mid-body gives what had arrived, then an error", async () => {
    let reset = (): void => {};
    await using server = await hostile((socket) => {
      socket.write(`${OK}Content-Length: 10\r\n\r\nabc`);
      reset = () => void socket.resetAndDestroy();
    });
    const reply = await request(server.url);
    let got = "";
    const reading = reply.consume((chunk) => {
      got += chunk;
      reset();
    });
    await expect(reading).rejects.toMatchObject({ failure: "receive", code: "RESET" });
    expect(got).toBe("abc");
  });

  test.each([
    ["one endless header line", Buffer.alloc(65_536, "a")],
    ["endless headers", Buffer.from("A: b\r\n".repeat(10_000))],
  ])("that sends %s is cut off long before a gigabyte", async (_what, block) => {
    let sent = 0;
    await using server = await hostile((socket) => {
      socket.write(OK);
      const flood = (): void => {
        while (sent < 2 ** 30 && !socket.destroyed) {
          sent += block.length;
          if (!socket.write(block)) return;
        }
      };
      socket.on("drain", flood);
      flood();
    });
    const before = process.memoryUsage.rss();
    await expect(request(server.url)).rejects.toMatchObject({ code: "LIMIT", failure: "head" });
    expect(sent).toBeLessThan(2 ** 26);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 27);
  });

  test("that says nothing, or stops in the middle, runs into the timeout", async () => {
    await using silent = await hostile(() => {});
    await expect(request(silent.url, { timeout: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
    await using halting = await hostile(
      (socket) => void socket.write(`${OK}Content-Length: 10\r\n\r\nabc`),
    );
    const reply = await request(halting.url, { timeout: 500 });
    let got = "";
    await expect(reply.consume((chunk) => void (got += chunk))).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(got).toBe("abc");
  });

  test("that never accepts the body ends with an abort", async () => {
    await using server = await hostile(() => {});
    const stop = new AbortController();
    const body = Readable.from(endless());
    const call = request(server.url, { body, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    expect(body.destroyed).toBe(true);
  });

  test("that can't be reached is the dial's own error", async () => {
    const closed = createNetServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    await expect(request(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: "REFUSED" });
  });
});

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}
