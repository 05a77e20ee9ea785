import { describe, expect, test } from "vitest";
import { NcxError } from "../../../../src/core/errors.ts";
import {
  requestDecoder,
  responseDecoder,
  type HttpDecoder,
  type HttpDecoderOptions,
  type HttpItem,
} from "../../../../src/protocol/http/codec.ts";
import type { RequestHead, ResponseHead } from "../../../../src/protocol/http/framing.ts";

interface Message {
  head: RequestHead | ResponseHead;
  body: string;
  trailers: unknown;
  ended: boolean;
}

/** Every message of the text, whole or not; then what was thrown, if anything. */
function decode<Head extends RequestHead | ResponseHead>(
  decoder: HttpDecoder<Head>,
  text: string,
  { close = false } = {},
): { messages: Message[]; interim: number[]; error: string | undefined } {
  const messages: Message[] = [];
  const interim: number[] = [];
  decoder.push(Buffer.from(text, "latin1"));
  try {
    take(decoder);
    if (close) decoder.end();
    take(decoder);
    return { messages, interim, error: undefined };
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    return { messages, interim, error: `${error.code}: ${error.state}` };
  }

  function take(from: HttpDecoder<Head>): void {
    for (let item: HttpItem<Head> | undefined; (item = from.next());) {
      const last = messages.at(-1);
      if (item.type === "head")
        messages.push({ head: item.head, body: "", trailers: [], ended: false });
      else if (item.type === "information") interim.push((item.head as ResponseHead).status);
      else if (item.type === "data" && last) last.body += item.chunk.toString("latin1");
      else if (item.type === "end" && last) [last.ended, last.trailers] = [true, item.trailers];
    }
  }
}

function response(
  text: string,
  options: HttpDecoderOptions & { method?: string; close?: boolean } = {},
) {
  const { method = "GET", close = false, ...rest } = options;
  return decode(responseDecoder({ ...rest, method: () => method }), text, { close });
}

function request(text: string, options: HttpDecoderOptions & { close?: boolean } = {}) {
  const { close = false, ...rest } = options;
  return decode(requestDecoder(rest), text, { close });
}

const OK = "HTTP/1.1 200 OK\r\n";

describe("a response", () => {
  test("of RFC 9112 §1 is read with its headers in order", () => {
    const text =
      "HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nServer: Apache\r\n" +
      'Last-Modified: Wed, 22 Jul 2009 19:15:56 GMT\r\nETag: "34aa387-d-1568eb00"\r\nAccept-Ranges: bytes\r\n' +
      "Content-Length: 51\r\nVary: Accept-Encoding\r\nContent-Type: text/plain\r\n\r\n" +
      "Hello World! My content includes a trailing CRLF.\r\n";
    const { messages, error } = response(text);
    expect(error).toBeUndefined();
    expect(messages).toMatchObject([
      { head: { status: 200, statusText: "OK", minor: 1 }, ended: true },
    ]);
    expect(messages[0]?.body).toBe("Hello World! My content includes a trailing CRLF.\r\n");
    expect(messages[0]?.head.headers.map(([name]) => name)).toEqual([
      "Date",
      "Server",
      "Last-Modified",
      "ETag",
      "Accept-Ranges",
      "Content-Length",
      "Vary",
      "Content-Type",
    ]);
  });

  test("keeps duplicates, case, empty values and octets above 0x7F", () => {
    const { messages } = response(
      `${OK}X-A: 1\r\nx-a:\t2 \r\nEmpty:\r\nO: \xE9\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(messages[0]?.head.headers.slice(0, 4)).toEqual([
      ["X-A", "1"],
      ["x-a", "2"],
      ["Empty", ""],
      ["O", "\xE9"],
    ]);
  });

  test.each([
    ["without a reason", "HTTP/1.1 404\r\n", { status: 404, statusText: "" }],
    ["with a space and no reason", "HTTP/1.1 404 \r\n", { status: 404, statusText: "" }],
    [
      "with a reason of several words",
      "HTTP/1.0 404 Not at all\r\n",
      { statusText: "Not at all", minor: 0 },
    ],
    ["of a minor version to come", "HTTP/1.7 200 OK\r\n", { minor: 7 }],
  ])("%s is read", (_name, line, head) => {
    expect(response(`${line}Content-Length: 0\r\n\r\n`).messages).toMatchObject([
      { head, ended: true },
    ]);
  });

  test("reads chunks, extensions and trailers", () => {
    const text = `${OK}Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\n5 ; q="x;y\\"z"\r\npedia\r\n0\r\nExpires: never\r\n\r\n`;
    expect(response(text).messages).toMatchObject([
      { body: "Wikipedia", trailers: [["Expires", "never"]], ended: true },
    ]);
  });

  test("passes interim responses on and then reads the final one", () => {
    const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`;
    expect(response(text)).toMatchObject({
      interim: [100, 103],
      messages: [{ body: "hi", ended: true }],
    });
  });

  test.each([
    ["HEAD", `${OK}Content-Length: 5\r\n\r\n`],
    ["HEAD", `${OK}Transfer-Encoding: chunked\r\n\r\n`],
    ["GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"],
  ])("to %s has no body: %j", (method, text) => {
    expect(response(text, { method }).messages).toMatchObject([{ body: "", ended: true }]);
  });

  test.each([
    ["101", "GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
    ["a successful CONNECT", "CONNECT", `${OK}Content-Length: 1\r\n\r\n`],
  ])("after %s everything is data", (_name, method, text) => {
    const { messages } = response(`${text}HTTP/1.1 999`, { method, close: true });
    expect(messages).toMatchObject([{ body: "HTTP/1.1 999", ended: true }]);
  });

  test("without a length lasts until the close", () => {
    expect(response(`${OK}\r\nall of it`).messages).toMatchObject([
      { body: "all of it", ended: false },
    ]);
    expect(response(`${OK}\r\nall of it`, { close: true }).messages).toMatchObject([
      { ended: true },
    ]);
  });

  test("with a transfer coding other than chunked lasts until the close", () => {
    const { messages } = response(`${OK}Transfer-Encoding: gzip\r\n\r\nxyz`, { close: true });
    expect(messages).toMatchObject([{ body: "xyz", ended: true }]);
  });

  test("may be followed by another in the same bytes", () => {
    const one = `${OK}Content-Length: 1\r\n\r\n`;
    expect(response(`${one}a${one}b`).messages.map(({ body }) => body)).toEqual(["a", "b"]);
  });

  test("folds a continued header line into a space", () => {
    const { messages } = response(`${OK}A: one\r\n\t two\r\nContent-Length: 0\r\n\r\n`);
    expect(messages[0]?.head.headers[0]).toEqual(["A", "one two"]);
  });

  test("takes bare LF only when asked to", () => {
    const text = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\nx\n0\n\n";
    expect(response(text).error).toBe("PROTOCOL: a line ends with LF alone");
    expect(response(text, { bareLf: true }).messages).toMatchObject([{ body: "x", ended: true }]);
  });

  test.each([
    ["SSH-2.0-OpenSSH_9.2\r\n", "UNSUPPORTED: it is not HTTP/1"],
    ["S", "UNSUPPORTED: it is not HTTP/1"],
    ["HTTP/2 200\r\n", "UNSUPPORTED: it is not HTTP/1"],
    ["HTTP/1.1 20 OK\r\n", "PROTOCOL: the status line is malformed"],
    ["HTTP/1.1  200 OK\r\n", "PROTOCOL: the status line is malformed"],
    ["HTTP/1.1 200 O\0K\r\n", "PROTOCOL: the status line is malformed"],
    [`${OK}A : b\r\n`, "PROTOCOL: a header has no name"],
    [`${OK}: b\r\n`, "PROTOCOL: a header has no name"],
    [`${OK}no colon\r\n`, "PROTOCOL: a header has no name"],
    [`${OK} A: b\r\n`, "PROTOCOL: a header line begins with a space"],
    [`${OK}A: b\0c\r\n`, "PROTOCOL: the header A has a control character"],
    [`${OK}A: b\rC: d\r\n`, "PROTOCOL: the header A has a control character"],
    [
      `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`,
      "PROTOCOL: Content-Length is there twice",
    ],
    [`${OK}Content-Length: 1, 1\r\n\r\n`, 'PROTOCOL: Content-Length is "1, 1"'],
    [`${OK}Content-Length: +1\r\n\r\n`, 'PROTOCOL: Content-Length is "+1"'],
    [`${OK}Content-Length: 0x1\r\n\r\n`, 'PROTOCOL: Content-Length is "0x1"'],
    [
      `${OK}Content-Length: 9007199254740992\r\n\r\n`,
      'PROTOCOL: Content-Length is "9007199254740992"',
    ],
    [`${OK}Content-Length:\r\n\r\n`, 'PROTOCOL: Content-Length is ""'],
    [
      `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      "PROTOCOL: there are both Content-Length and Transfer-Encoding",
    ],
    [`${OK}Transfer-Encoding: chunked, chunked\r\n\r\n`, "PROTOCOL: chunked is applied twice"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\nz\r\n`, "PROTOCOL: a chunk size is malformed"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n 1\r\n`, "PROTOCOL: a chunk size is malformed"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n1 \r\n`, "PROTOCOL: a chunk size is malformed"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n0x1\r\n`, "PROTOCOL: a chunk size is malformed"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n1;\r\n`, "PROTOCOL: a chunk size is malformed"],
    [
      `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
      "PROTOCOL: a chunk size is malformed",
    ],
    [
      `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`,
      "PROTOCOL: a chunk is longer than its size says",
    ],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n: x\r\n`, "PROTOCOL: a header has no name"],
  ])("is refused: %j → %s", (text, error) => {
    expect(response(text).error).toBe(error);
  });

  test.each([
    ["HTTP/1.1 2", "the peer closed before its head was complete"],
    [`${OK}A: b\r\n`, "the peer closed before its head was complete"],
    [`${OK}Content-Length: 10\r\n\r\nabcd`, "the peer closed before its end, with 6 bytes missing"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nab`, "the peer closed before its last chunk"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`, "the peer closed before its last chunk"],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`, "the peer closed before its last chunk"],
  ])("that ends early gives what had come, then an error: %j", (text, state) => {
    const { messages, error } = response(text, { close: true });
    expect(error).toBe(`PROTOCOL: ${state}`);
    if (text.includes("ab")) expect(messages[0]?.body).toMatch(/^ab/);
  });

  test("that doesn't come at all is no error of the decoder", () => {
    expect(response("", { close: true })).toEqual({ messages: [], interim: [], error: undefined });
  });

  test.each([
    ["a line", { line: 20 }, `${OK}A: ${"x".repeat(40)}`, "a line is over the limit of 20"],
    ["the head", { head: 60 }, `${OK}${"A: b\r\n".repeat(20)}`, "the head is over the limit of 60"],
    [
      "the fields",
      { fields: 2 },
      `${OK}${"A: b\r\n".repeat(3)}`,
      "the number of fields is over the limit of 2",
    ],
    [
      "a chunk-size line",
      { chunkLine: 10 },
      `${OK}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20)}`,
      "a chunk-size line is over the limit of 10",
    ],
    [
      "the trailers",
      { trailers: 20 },
      `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${"A: b\r\n".repeat(9)}`,
      "the trailer section is over the limit of 20",
    ],
  ])("stays within the bound of %s", (_name, limits, text, state) => {
    expect(response(text, { limits }).error).toBe(`LIMIT: ${state}`);
  });

  test("hands every line of heads and trailers over as it came", () => {
    const lines: string[] = [];
    const text = `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n`;
    response(text, { onLine: (line) => lines.push(line.toString()) });
    expect(lines).toEqual([OK, "Transfer-Encoding: chunked\r\n", "\r\n", "A: b\r\n", "\r\n"]);
  });
});

describe("a request", () => {
  test("of RFC 9112 §3 is read", () => {
    expect(
      request("GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n").messages,
    ).toMatchObject([
      {
        head: { method: "GET", target: "/where?q=now", headers: [["Host", "www.example.org"]] },
        ended: true,
      },
    ]);
  });

  test.each(["GET /x", "OPTIONS *", "GET http://h/x", "CONNECT h:443", "CONNECT [::1]:443"])(
    "%s is a form of it",
    (line) => {
      expect(request(`${line} HTTP/1.1\r\n\r\n`)).toMatchObject({
        messages: [{ ended: true }],
        error: undefined,
      });
    },
  );

  test("may come after empty lines, and end with some", () => {
    expect(request("\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n", { close: true })).toMatchObject({
      messages: [{ ended: true }],
      error: undefined,
    });
  });

  test("with a body is followed by the next", () => {
    const text = "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiPUT /x HTTP/1.0\r\n\r\n";
    expect(request(text).messages).toMatchObject([
      { body: "hi", ended: true },
      { head: { method: "PUT", minor: 0 }, body: "", ended: true },
    ]);
  });

  test.each([
    ["GET /\r\n", "PROTOCOL: the request line is malformed"],
    ["GET  / HTTP/1.1\r\n", "PROTOCOL: the request line is malformed"],
    ["GET /a b HTTP/1.1\r\n", "PROTOCOL: the request line is malformed"],
    ["G@T / HTTP/1.1\r\n", "PROTOCOL: the request line is malformed"],
    ["GET x HTTP/1.1\r\n", "PROTOCOL: the target is malformed"],
    ["GET *x HTTP/1.1\r\n", "PROTOCOL: the target is malformed"],
    ["GET x:80 HTTP/1.1\r\n", "PROTOCOL: the target is malformed"],
    ["CONNECT /x HTTP/1.1\r\n", "PROTOCOL: the target is malformed"],
    ["GET / HTTP/2.0\r\n", "UNSUPPORTED: the version is HTTP/2.0"],
    ["GET / HTTP/1.1\r\nA: b\r\n c\r\n", "PROTOCOL: a header line begins with a space"],
    [
      "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
      "PROTOCOL: the last Transfer-Encoding is not chunked",
    ],
    [
      "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "PROTOCOL: HTTP/1.0 has no Transfer-Encoding",
    ],
    ["GET / HTTP/1.1\r\nTransfer-Encoding: ,\r\n\r\n", "PROTOCOL: Transfer-Encoding is empty"],
  ])("is refused: %j → %s", (text, error) => {
    expect(request(text).error).toBe(error);
  });
});
