import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { NcxError } from "../../src/core/errors.ts";
import { proxy, type ProxiedRequest, type ProxyOptions } from "../../src/index.ts";
import { closedPort, HAS_IPV6, stuckListener } from "../helpers/peers.ts";
import { certs, closed, httpServer, proxied, talk } from "../helpers/proxied.ts";
import { rawClient, rawSocket, readText, readToEnd, TCP0, tcpServer } from "../helpers/sockets.ts";

/** The start of a request that would never be sent on. */
const POST = "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n";

describe("CONNECT", () => {
  test("a client is linked to the place that it names", async () => {
    await using origin = await tcpServer((socket) => void socket.pipe(socket));
    await using server = await proxy(TCP0, { protocol: "http" });
    await using client = await rawClient(server.endpoint);
    const { port } = origin.endpoint;
    client.socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    client.socket.end("ping");
    expect(await client.received).toBe("HTTP/1.1 200 Connection established\r\n\r\nping");
  });

  test("what comes in one piece with the head is not lost, nor is the end", async () => {
    await using origin = await tcpServer((socket) => void socket.pipe(socket));
    const head = `CONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.1\r\n\r\n`;
    expect(await talk({}, `${head}early bytes`)).toBe(
      "HTTP/1.1 200 Connection established\r\n\r\nearly bytes",
    );
  });

  test("a client that speaks HTTP/1.0 and cuts its head into single bytes is served", async () => {
    await using origin = await tcpServer((socket) => void socket.end("hello"));
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.setNoDelay(true);
    for (const byte of `CONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.0\r\n\r\n`)
      await new Promise((resolve) => client.socket.write(byte, resolve));
    client.socket.end();
    expect(await client.received).toBe("HTTP/1.1 200 Connection established\r\n\r\nhello");
  });

  test.each([
    ["no port", "CONNECT example.org HTTP/1.1\r\n\r\n", 400],
    ["a port out of range", "CONNECT 127.0.0.1:70000 HTTP/1.1\r\n\r\n", 400],
    ["port 0", "CONNECT 127.0.0.1:0 HTTP/1.1\r\n\r\n", 400],
    ["a malformed v6 address", "CONNECT [::zz]:80 HTTP/1.1\r\n\r\n", 400],
    ["a body", "CONNECT 127.0.0.1:80 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 400],
  ])("%s is refused", async (_what, request, status) => {
    expect(await talk({}, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("a destination that refuses is a 502, and the client may ask again", async () => {
    const port = await closedPort();
    await using origin = await tcpServer((socket) => void socket.end("hello"));
    const errors: NcxError[] = [];
    const answer = await talk(
      { onError: (error) => errors.push(error) },
      `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\nCONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.1\r\n\r\n`,
    );
    expect(answer).toMatch(
      /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*502 Bad Gateway: Connection refused\n/,
    );
    expect(answer).toMatch(/HTTP\/1\.1 200 Connection established\r\n\r\nhello$/);
    expect(errors.map(({ code }) => code)).toEqual(["REFUSED"]);
  });

  test("a destination that does not answer in time is a 504", async () => {
    await using stuck = await stuckListener();
    const request = `CONNECT 127.0.0.1:${stuck.port} HTTP/1.1\r\n\r\n`;
    expect(await talk({ connectTimeout: 100 }, request)).toMatch(
      /^HTTP\/1\.1 504 Gateway Timeout\r/,
    );
  });

  test("a name that nobody knows is a 502", async () => {
    const answer = await talk(
      { dial: { numeric: true } },
      "CONNECT nobody.invalid:80 HTTP/1.1\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
  });

  test("a client that leaves ends the destination's connection", async () => {
    await using origin = await tcpServer();
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(`CONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.1\r\n\r\n`);
    const far = await origin.next();
    far.resume();
    client.socket.resetAndDestroy();
    expect(await closed(far)).toBe("ECONNRESET");
  });
});

describe("plain HTTP", () => {
  test("a request is passed on with Host of its URI, without what is for the next hop, with Via", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const at = `127.0.0.1:${origin.port}`;
    const answer = await talk(
      {},
      `GET http://${at}/a/../b?c=%20d HTTP/1.1\r\nHost: other.example\r\nX-Kept: 1\r\n` +
        "Connection: close, X-Named\r\nX-Named: 2\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\n" +
        "Proxy-Authorization: Basic c2VjcmV0\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\n\r\n",
    );
    expect(origin.requests).toEqual([
      `GET /a/../b?c=%20d HTTP/1.1\r\nHost: ${at}\r\nX-Kept: 1\r\nVia: 1.1 ncx\r\n\r\n`,
    ]);
    expect(answer).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 ncx\r\nConnection: close\r\n\r\nok",
    );
  });

  test("hop-by-hop fields of the response are removed", async () => {
    await using origin = await httpServer(
      "HTTP/1.1 200 Fine by me\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: 9\r\n" +
        "Proxy-Authenticate: Basic realm=x\r\nX-Kept: 2\r\nContent-Length: 0\r\n\r\n",
    );
    expect(await talk({}, origin.get("/"))).toBe(
      "HTTP/1.1 200 Fine by me\r\nX-Kept: 2\r\nContent-Length: 0\r\nVia: 1.1 ncx\r\n\r\n",
    );
  });

  test("Connection cannot take the framing of a body away", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await talk(
      {},
      `POST http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: Content-Length, Host\r\nContent-Length: 3\r\n\r\nabc`,
    );
    expect(origin.requests).toEqual([
      `POST / HTTP/1.1\r\nHost: 127.0.0.1:${origin.port}\r\nContent-Length: 3\r\nVia: 1.1 ncx\r\n\r\nabc`,
    ]);
  });

  test("a body goes on to its Content-Length exactly, and the next request after it", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.");
    const at = `127.0.0.1:${origin.port}`;
    const requests: ProxiedRequest[] = [];
    const answer = await talk(
      { onRequest: (_near, request) => requests.push(request) },
      `POST http://${at}/one?secret HTTP/1.1\r\nHost: ${at}\r\nContent-Length: 5\r\n\r\nhello` +
        `GET http://${at}/two HTTP/1.1\r\nHost: ${at}\r\n\r\n`,
    );
    expect(origin.requests.map((request) => request.replaceAll(/\r\n(Via|Host): .*/g, ""))).toEqual(
      ["POST /one?secret HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "GET /two HTTP/1.1\r\n\r\n"],
    );
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(requests).toMatchObject([
      { method: "POST", url: `http://${at}/one`, status: 200, sent: 1, received: 5 },
      { method: "GET", url: `http://${at}/two`, status: 200, sent: 1, received: 0 },
    ]);
  });

  test("a chunked body goes on in chunks", async () => {
    await using origin = await httpServer("HTTP/1.1 204 No Content\r\n\r\n");
    await talk(
      {},
      `PUT http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n`,
    );
    const [request = ""] = origin.requests;
    expect(request).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
    expect(request.split("\r\n\r\n").slice(1).join("\r\n\r\n")).toMatch(
      /^3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n$/,
    );
  });

  test("a large body goes both ways whole", async () => {
    const size = 5_000_000;
    await using origin = await tcpServer((socket) => {
      let left = size;
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        const body = text.includes("\r\n\r\n") ? chunk : bodyOf((text += chunk.toString("latin1")));
        left -= body.length;
        if (left === 0)
          socket.end(
            Buffer.concat([
              Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`),
              Buffer.alloc(size, "r"),
            ]),
          );
      });
    });
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(
      `POST http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`,
    );
    client.socket.write(Buffer.alloc(size, "s"));
    const answer = await client.received;
    expect(answer.endsWith("r".repeat(size))).toBe(true);
  });

  test.each([
    [
      "HEAD",
      "HEAD",
      "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
      /\r\nContent-Length: 7\r\n[^]*\r\n\r\n$/,
    ],
    [
      "204",
      "GET",
      "HTTP/1.1 204 No Content\r\n\r\n",
      /^HTTP\/1\.1 204 No Content\r\nVia: 1\.1 ncx\r\n\r\n$/,
    ],
    [
      "304",
      "GET",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
      /\r\nContent-Length: 9\r\n[^]*\r\n\r\n$/,
    ],
    [
      "a chunked one",
      "GET",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      /\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n2\r\nhi\r\n0\r\n\r\n$/,
    ],
    [
      "one until the close",
      "GET",
      "HTTP/1.0 200 OK\r\n\r\nhi",
      /\r\nTransfer-Encoding: chunked\r\nVia: 1\.0 ncx\r\n\r\n2\r\nhi\r\n0\r\n\r\n$/,
    ],
  ])("a response is framed as it has to be: %s", async (_what, method, response, expected) => {
    await using origin = await httpServer(response, { close: response.includes("HTTP/1.0") });
    const request = `${method} http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await talk({}, request)).toMatch(expected);
  });

  test("an HTTP/1.0 client is given no chunks, and the end instead", async () => {
    await using origin = await httpServer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    );
    const errors: NcxError[] = [];
    const request = `GET http://127.0.0.1:${origin.port}/ HTTP/1.0\r\n\r\n`;
    const answer = await talk({ onError: (error) => errors.push(error) }, request, { end: false });
    expect(answer).toBe("HTTP/1.1 200 OK\r\nVia: 1.1 ncx\r\nConnection: close\r\n\r\nhi");
    expect(errors).toEqual([]);
  });

  test("two requests use one connection to the server; another server gets its own", async () => {
    await using one = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
    await using two = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
    const answer = await talk({}, one.get("/") + one.get("/") + two.get("/"));
    expect(answer.match(/\r\n\r\n(one|two)/g)).toEqual([
      "\r\n\r\none",
      "\r\n\r\none",
      "\r\n\r\ntwo",
    ]);
    expect([one.clients(), two.clients()]).toEqual([1, 1]);
  });

  test("a kept connection that the server has closed is replaced", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", {
      once: true,
    });
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(origin.get("/"));
    await origin.hungUp();
    client.socket.end(origin.get("/"));
    expect((await client.received).match(/200 OK/g)).toHaveLength(2);
    expect(origin.clients()).toBe(2);
  });

  test("an answer that nobody asked for is not given to the next request", async () => {
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    await using origin = await tcpServer();
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    const request = `GET http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    client.socket.write(request);
    const first = await origin.next();
    first.resume();
    first.write(`${answer}${answer.replace("ok", "no")}`);
    await once(client.socket, "data");
    client.socket.end(request);
    const second = await origin.next();
    second.resume();
    second.end(answer);
    expect((await client.received).match(/\r\n\r\n../g)).toEqual(["\r\n\r\nok", "\r\n\r\nok"]);
  });

  test("100 (Continue) is asked for and passed on before the body", async () => {
    await using origin = await tcpServer();
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(
      `POST http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
    );
    const far = await origin.next();
    const start = "POST / HTTP/1.1\r\n";
    expect(await readText(far, start.length)).toMatch(/Expect: 100-continue\r\n/);
    far.write("HTTP/1.1 100 Continue\r\n\r\n");
    await once(client.socket, "data");
    client.socket.end("body");
    expect(await readText(far, 4)).toBe("body");
    far.end("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    expect(await client.received).toBe(
      "HTTP/1.1 100 Continue\r\nVia: 1.1 ncx\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\nVia: 1.1 ncx\r\n\r\n",
    );
  });

  test("a client that goes away ends the request at the server", async () => {
    await using origin = await tcpServer();
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(
      `GET http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const far = await origin.next();
    client.socket.resetAndDestroy();
    expect(await readToEnd(far)).toMatch(/^GET \//);
  });

  test("a response that breaks off is broken off for the client, too", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", {
      close: true,
    });
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(origin.get("/"));
    await expect(client.received).rejects.toThrow(/ECONNRESET/);
  });

  test("a server that answers before it has the whole body is heard, and the client's rest is not mistaken", async () => {
    await using origin = await tcpServer((socket) => {
      socket.once("data", () =>
        socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"),
      );
    });
    await using server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    const at = `127.0.0.1:${origin.endpoint.port}`;
    client.socket.write(`POST http://${at}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n`);
    await once(client.socket, "data");
    client.socket.end(`GET http://${at}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await client.received).toBe(
      "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nVia: 1.1 ncx\r\n\r\nno",
    );
  });

  test("a server that sends interim responses without end is a 502", async () => {
    await using origin = await tcpServer((socket) => {
      const flood = (): void => {
        while (!socket.destroyed && socket.write("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100)));
      };
      socket.on("drain", flood).on("error", () => {});
      socket.once("data", flood);
    });
    const request = `GET http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    const answer = await talk({}, request);
    expect(answer.match(/HTTP\/1\.1 103 /g)).toHaveLength(8);
    expect(answer).toMatch(/HTTP\/1\.1 502 [^]*the server only sends interim responses\n$/);
  });

  test.each([
    ["a method unknown", {}],
    ["credentials missing", { auth: { user: "u", password: "p" } }],
  ])("a client that asks on and on and reads nothing is cut off: %s", async (_what, options) => {
    await using server = await proxy(TCP0, {
      protocol: "http",
      handshakeTimeout: 1000,
      ...options,
    });
    const client = await rawSocket(server.endpoint);
    const requests = Buffer.from("BREW http://a/ HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2000));
    const cutOff = new Promise<void>((resolve) => client.once("close", () => resolve()));
    const more = (): Promise<void> =>
      new Promise((resolve) => client.once("drain", () => resolve()));
    for (let sent = 0; sent < 8_000_000 && !client.destroyed; sent += requests.length)
      if (!client.write(requests)) await Promise.race([more(), cutOff]);
    await cutOff;
  });

  test("a server that stays silent is a 504 after the idle time", async () => {
    await using origin = await tcpServer((socket) => void socket.resume());
    const request = `GET http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await talk({ idle: 100 }, request)).toMatch(/^HTTP\/1\.1 504 /);
  });

  test.each([
    ["garbage", "garbage\r\n\r\n", 400],
    ["binary", "\u0016\u0003\u0001\u0000\n\r\n\r\n", 400],
    ["a path alone", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["https", "GET https://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["ftp", "GET ftp://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a user in the URI", "GET http://u:p@127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["no Host", "GET http://127.0.0.1:1/ HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", "GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400],
    ["a method unknown", "FROB http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n", 405],
    ["TRACE", "TRACE http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n", 405],
    ["another version", "GET http://127.0.0.1:1/ HTTP/2.0\r\nHost: x\r\n\r\n", 505],
    [
      "two lengths",
      "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      400,
    ],
    [
      "length and chunks",
      "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "chunks that are not last",
      "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a length with a sign", `${POST}Content-Length: +1\r\n\r\na`, 400],
    ["a list of lengths", `${POST}Content-Length: 1, 1\r\n\r\na`, 400],
    ["a folded field", `${POST}X: a\r\n Content-Length: 1\r\n\r\na`, 400],
    ["a space before the colon", `${POST}Content-Length : 1\r\n\r\na`, 400],
    ["a lone LF", `${POST}X: a\nContent-Length: 1\r\n\r\na`, 400],
    ["a lone CR", `${POST}X: a\rContent-Length: 1\r\n\r\na`, 400],
    [
      "chunks in HTTP/1.0",
      `${POST.replace("1.1", "1.0")}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      "an unknown coding",
      "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      501,
    ],
    ["a head cut short", "GET http://127.0.0.1:1/ HT", 400],
    ["a URI too long", `GET http://127.0.0.1:1/${"a".repeat(40_000)} HTTP/1.1\r\n\r\n`, 414],
    [
      "a field too long",
      `GET http://127.0.0.1:1/ HTTP/1.1\r\nX: ${"a".repeat(40_000)}\r\n\r\n`,
      431,
    ],
    ["fields too many", `GET http://127.0.0.1:1/ HTTP/1.1\r\n${"X: y\r\n".repeat(501)}\r\n`, 431],
  ])("%s is refused with its status", async (_what, request, status) => {
    expect(await talk({}, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("a body that breaks the rules of chunks is refused, whatever the server waits for", async () => {
    await using origin = await tcpServer((socket) => void socket.resume());
    const answer = await talk(
      {},
      `POST http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("a refused method is told which there are", async () => {
    const answer = await talk({}, "FROB http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(answer).toMatch(/\r\nAllow: CONNECT, GET, HEAD, POST, /);
  });

  test("OPTIONS that may go no further is answered here", async () => {
    const answer = await talk(
      {},
      "OPTIONS http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nAllow: CONNECT/);
  });

  test("a server that answers with what is not HTTP is a 502", async () => {
    await using origin = await tcpServer((socket) => void socket.end("SSH-2.0-x\r\n"));
    const request = `GET http://127.0.0.1:${origin.endpoint.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await talk({}, request)).toMatch(/^HTTP\/1\.1 502 /);
  });
});

describe("SOCKS", () => {
  test.each([
    [
      "4",
      (port: number) => Buffer.from([4, 1, port >> 8, port & 255, 127, 0, 0, 1, 0x6d, 0x65, 0]),
      8,
    ],
    [
      "4a",
      (port: number) =>
        Buffer.concat([
          Buffer.from([4, 1, port >> 8, port & 255, 0, 0, 0, 1, 0]),
          Buffer.from("127.0.0.1\0"),
        ]),
      8,
    ],
  ])(
    "SOCKS%s: a client is linked, and what came early is not lost",
    async (_version, request, size) => {
      await using origin = await tcpServer((socket) => void socket.pipe(socket));
      const answer = await talk(
        {},
        Buffer.concat([request(origin.endpoint.port), Buffer.from("early")]),
      );
      expect(answer.slice(0, 2)).toBe("\0\x5A");
      expect(answer.slice(size)).toBe("early");
    },
  );

  test("SOCKS5: an address and a name are reached; the reply says from where", async () => {
    await using origin = await tcpServer((socket) => void socket.pipe(socket));
    const { port } = origin.endpoint;
    const place = [port >> 8, port & 255];
    for (const address of [
      [1, 127, 0, 0, 1],
      [3, 9, ...Buffer.from("localhost")],
    ]) {
      const request = Buffer.from([
        5,
        1,
        0,
        5,
        1,
        0,
        ...address,
        ...place,
        ...Buffer.from("early"),
      ]);
      const answer = await talk({ dial: { family: 4 } }, request);
      expect(Buffer.from(answer, "latin1").subarray(0, 10)).toMatchObject({ length: 10 });
      expect(answer.slice(0, 10)).toMatch(/^\x05\0\x05\0\0\x01\x7F\0\0\x01$/);
      expect(answer.slice(12)).toBe("early");
    }
  });

  test.each([
    ["BIND", [5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80], 7],
    ["UDP ASSOCIATE", [5, 1, 0, 5, 3, 0, 1, 127, 0, 0, 1, 0, 80], 7],
    ["an unknown address type", [5, 1, 0, 5, 1, 0, 9, 127, 0, 0, 1, 0, 80], 8],
    ["port 0", [5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 0], 1],
  ])("SOCKS5: %s is refused with its code", async (_what, bytes, code) => {
    const answer = Buffer.from(await talk({}, Buffer.from(bytes)), "latin1");
    expect([...answer.subarray(2, 4)]).toEqual([5, code]);
  });

  test("SOCKS5: a port that is closed is code 5, a name that nobody knows code 4", async () => {
    const port = await closedPort();
    const greeting = [5, 1, 0];
    const refused = await talk(
      {},
      Buffer.from([...greeting, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]),
    );
    expect(refused.charCodeAt(3)).toBe(5);
    const name = Buffer.from("nobody.invalid");
    const request = Buffer.from([...greeting, 5, 1, 0, 3, name.length, ...name, 0, 80]);
    const unknown = await talk({ dial: { numeric: true } }, request);
    expect(unknown.charCodeAt(3)).toBe(4);
  });

  test("SOCKS4: what cannot be reached is 91", async () => {
    const port = await closedPort();
    const answer = await talk({}, Buffer.from([4, 1, port >> 8, port & 255, 127, 0, 0, 1, 0]));
    expect(answer).toBe("\0\x5B\0\0\0\0\0\0");
  });

  test("a proxy of one protocol does not speak another", async () => {
    expect(await talk({ protocol: "socks5" }, "GET / HTTP/1.1\r\n\r\n")).toBe("");
    expect(await talk({ protocol: "http" }, Buffer.from([5, 1, 0, 10, 10]))).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });
});

describe("credentials", () => {
  const auth = { user: "me", password: "se:cret" };
  const basic = (text: string): string =>
    `Proxy-Authorization: Basic ${Buffer.from(text).toString("base64")}\r\n`;

  test("HTTP: without them there are three challenges, one for every client, and no report", async () => {
    const errors: NcxError[] = [];
    const answer = await talk(
      { auth, onError: (error) => errors.push(error) },
      "GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 407 Proxy Authentication Required\r\n/);
    const schemes = [...answer.matchAll(/Proxy-Authenticate: (\w+) .*/g)].map(([line, scheme]) => [
      scheme,
      /SHA-256|MD5/.exec(line)?.[0],
    ]);
    expect(schemes).toEqual([
      ["Digest", "MD5"],
      ["Digest", "SHA-256"],
      ["Basic", undefined],
    ]);
    expect(errors).toEqual([]);
  });

  test("HTTP: with the right ones a request passes, and they do not go on", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const request = `GET http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\n${basic("me:se:cret")}\r\n`;
    expect(await talk({ auth }, request)).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(origin.requests[0]).not.toMatch(/authorization/i);
  });

  test("HTTP: wrong ones are refused and reported, without being shown", async () => {
    const errors: NcxError[] = [];
    const answer = await talk(
      { auth, onError: (error) => errors.push(error) },
      `CONNECT 127.0.0.1:1 HTTP/1.1\r\n${basic("me:guess")}\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 407 /);
    expect(errors.map(({ message }) => message)).toEqual([
      "Cannot serve the HTTP client: the credentials are wrong",
    ]);
  });

  test("SOCKS5: right ones are let in, wrong ones and none are not", async () => {
    await using origin = await tcpServer((socket) => void socket.pipe(socket));
    const { port } = origin.endpoint;
    const login = (password: string): number[] => [
      1,
      2,
      ...Buffer.from("me"),
      password.length,
      ...Buffer.from(password),
    ];
    const request = [5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255];
    const right = await talk(
      { auth },
      Buffer.from([5, 2, 0, 2, ...login("se:cret"), ...request, 0x21]),
    );
    expect(right).toMatch(/^\x05\x02\x01\0\x05\0\0\x01/);
    expect(right.endsWith("!")).toBe(true);
    expect(await talk({ auth }, Buffer.from([5, 1, 2, ...login("guess"), ...request]))).toBe(
      "\x05\x02\x01\x01",
    );
    expect(await talk({ auth }, Buffer.from([5, 1, 0, ...request]))).toBe("\x05\xFF");
  });

  test("SOCKS4 has no password: it is refused, by the option at once", async () => {
    expect(await talk({ auth }, Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0]))).toMatch(/^\0\x5B/);
    await expect(proxy(TCP0, { protocol: "socks4", auth })).rejects.toMatchObject({
      code: "USAGE",
    });
  });
});

describe("targets", () => {
  test.each([
    ["its own address", (port: number) => `127.0.0.1:${port}`],
    ["its own address by name", (port: number) => `localhost:${port}`],
    ["its own address, v4 in v6", (port: number) => `[::ffff:127.0.0.1]:${port}`],
    ["its own address in other words", (port: number) => `127.1:${port}`],
    ["its own address as that of nobody", (port: number) => `0.0.0.0:${port}`],
  ])("%s is refused", async (_what, place) => {
    await using server = await proxy(TCP0);
    const at = place(server.endpoint.kind === "tcp" ? server.endpoint.port : 0);
    expect(await proxied(server.endpoint, `CONNECT ${at} HTTP/1.1\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 Forbidden/,
    );
    expect(await proxied(server.endpoint, `GET http://${at}/ HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 Forbidden/,
    );
  });

  test("a proxy on every address knows each of its own", async () => {
    await using server = await proxy({ kind: "tcp", host: "0.0.0.0", port: 0 });
    const port = server.endpoint.kind === "tcp" ? server.endpoint.port : 0;
    const near = { kind: "tcp", host: "127.0.0.1", port } as const;
    expect(await proxied(near, `CONNECT 127.9.9.9:${port} HTTP/1.1\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
  });

  test.each([
    ["denied by network", { denyTargets: ["127.0.0.0/8"] }, "127.0.0.1", 403],
    ["denied, named", { denyTargets: ["127.0.0.0/8"] }, "localhost", 403],
    ["denied, v4 in v6", { denyTargets: ["127.0.0.0/8"] }, "[::ffff:7f00:1]", 403],
    ["denied, that of nobody", { denyTargets: ["127.0.0.0/8"] }, "0.0.0.0", 403],
    ["denied by name", { denyTargets: ["localhost"] }, "127.0.0.1", 403],
    ["not among those allowed", { allowTargets: ["10.0.0.0/8"] }, "127.0.0.1", 403],
    ["allowed", { allowTargets: ["127.0.0.0/8"] }, "127.0.0.1", 200],
    ["allowed by name", { allowTargets: ["localhost"] }, "127.0.0.1", 200],
    [
      "allowed and denied",
      { allowTargets: ["127.0.0.0/8"], denyTargets: ["127.0.0.1"] },
      "127.0.0.1",
      403,
    ],
  ] as const)("%s", async (_what, lists, host, status) => {
    await using origin = await tcpServer((socket) => void socket.end());
    const options: ProxyOptions = { ...lists, dial: { family: host.includes(":") ? 6 : 4 } };
    if (host.includes(":") && !HAS_IPV6 && status === 200) return;
    const answer = await talk(options, `CONNECT ${host}:${origin.endpoint.port} HTTP/1.1\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("SOCKS5 says that a target is not allowed", async () => {
    const answer = await talk(
      { denyTargets: ["127.0.0.1"] },
      Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 80]),
    );
    expect(answer.charCodeAt(3)).toBe(2);
  });

  test("a list that cannot be read is refused before anything is bound", async () => {
    await expect(proxy(TCP0, { allowTargets: ["300.1.2.3"] })).rejects.toMatchObject({
      code: "ADDRESS",
    });
  });
});

describe("the server", () => {
  test("a client that says nothing is sent away after the handshake's time", async () => {
    await using server = await proxy(TCP0, { handshakeTimeout: 50 });
    await using client = await rawClient(server.endpoint);
    expect(await client.received).toBe("");
  });

  test("a client that stops in the middle of a head is told 408", async () => {
    const answer = await talk({ handshakeTimeout: 50 }, "GET http://127.0.0.1:1/ HTTP/1.1\r\n", {
      end: false,
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });

  test("over TLS it is an https proxy", async () => {
    await using origin = await tcpServer((socket) => void socket.pipe(socket));
    const answer = await talk(
      { bind: { tls: certs() } },
      `CONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.1\r\n\r\nearly`,
      { tls: true },
    );
    expect(answer).toBe("HTTP/1.1 200 Connection established\r\n\r\nearly");
  });

  test("proxies can be chained: the last one dials", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const opened: string[] = [];
    await using last = await proxy(TCP0, {
      onOpen: (_near, _far, to) => opened.push("port" in to ? `${to.port}` : ""),
    });
    const port = last.endpoint.kind === "tcp" ? last.endpoint.port : 0;
    for (const protocol of ["http", "socks4", "socks5"] as const)
      expect(
        await talk({ dial: { proxy: [{ protocol, host: "127.0.0.1", port }] } }, origin.get("/")),
      ).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(opened).toEqual([`${origin.port}`, `${origin.port}`, `${origin.port}`]);
  });

  test("closing it ends what is under way", async () => {
    await using origin = await tcpServer();
    const server = await proxy(TCP0);
    await using client = await rawClient(server.endpoint);
    client.socket.write(`CONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.1\r\n\r\n`);
    const far = await origin.next();
    const over = readToEnd(far).catch(() => "");
    await server[Symbol.asyncDispose]();
    await over;
    expect(server.connections).toBe(0);
  });
});

function bodyOf(text: string): Buffer {
  const at = text.indexOf("\r\n\r\n");
  return at < 0 ? Buffer.alloc(0) : Buffer.from(text.slice(at + 4), "latin1");
}
