/** Whatever clients send, the proxy goes on serving. Every dial goes to a list that allows nothing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { proxy } from "../../src/index.ts";
import { proxied } from "../helpers/proxied.ts";
import { TCP0, tcpServer } from "../helpers/sockets.ts";

const PIECES = [
  "GET ",
  "POST ",
  "CONNECT ",
  "http://127.0.0.1:1/",
  "127.0.0.1:1",
  " HTTP/1.1",
  " HTTP/1.0",
  "\r\n",
  "\r\n\r\n",
  "Host: x",
  "Content-Length: 3",
  "Transfer-Encoding: chunked",
  "Connection: close",
  "Proxy-Authorization: Basic YTpi",
  "Proxy-Authorization: Digest ",
  "3\r\nabc\r\n",
  "0\r\n\r\n",
  "\0",
  "\u0005\u0001\0",
  "\u0005\u0001\u0002",
  "\u0004\u0001\0\u0001",
];

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 700 }).map((array) => Buffer.from(array)),
  fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })), { maxLength: 20 })
    .map((pieces) => Buffer.from(pieces.join(""), "latin1")),
  fc
    .tuple(
      fc.constantFrom([4, 1], [4, 2], [5, 1, 0, 5, 1, 0], [5, 1, 2, 1], [5, 255]),
      fc.uint8Array({ maxLength: 300 }),
    )
    .map(([start, rest]) => Buffer.from([...start, ...rest])),
);

test.each([
  ["", {}],
  [" with credentials", { auth: { user: "a", password: "b" } }],
])("random bytes neither stop the proxy%s nor hang it", async (_what, guarded) => {
  await using origin = await tcpServer((socket) => void socket.end("served"));
  await using server = await proxy(TCP0, {
    ...guarded,
    allowTargets: ["192.0.2.1"],
    dial: { numeric: true },
    connectTimeout: 50,
  });
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat(), async (input, cut) => {
      const at = input.length === 0 ? 0 : cut % input.length;
      // In two pieces: what is cut is waited for.
      await proxied(server.endpoint, [input.subarray(0, at), input.subarray(at)]).catch(() => "");
    }),
    { numRuns: 300 },
  );
  await using open = await proxy(TCP0);
  const request = `CONNECT 127.0.0.1:${origin.endpoint.port} HTTP/1.1\r\n\r\n`;
  expect(await proxied(open.endpoint, request)).toMatch(/served$/);
  expect(await proxied(server.endpoint, request)).toMatch(/^HTTP\/1\.1 40[37] /);
});
