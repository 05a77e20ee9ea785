import { createServer, request as nodeRequest, type IncomingMessage } from "node:http";
import { duplexPair, type Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NcxError } from "../../src/core/errors.ts";
import {
  requestDecoder,
  responseDecoder,
  type HttpDecoder,
} from "../../src/protocol/http/codec.ts";
import { encodeRequestHead } from "../../src/protocol/http/encode.ts";

type Side = "request" | "response";

interface Seen {
  first: string;
  headers: string[];
  body: string;
  trailers: string[];
  ended: boolean;
}

interface Outcome {
  messages: Seen[];
  error: string | undefined;
}

/** Decodes pieces, then the close. */
function decode(side: Side, pieces: readonly Uint8Array[]): Outcome {
  const decoder: HttpDecoder<object> = side === "request" ? requestDecoder() : responseDecoder();
  const outcome: Outcome = { messages: [], error: undefined };
  try {
    for (const piece of pieces) {
      decoder.push(Buffer.from(piece));
      takeAll(decoder, outcome.messages);
    }
    decoder.end();
    takeAll(decoder, outcome.messages);
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    outcome.error = `${error.code}: ${error.message}`;
  }
  return outcome;
}

function takeAll(decoder: HttpDecoder<object>, messages: Seen[]): void {
  for (let item; (item = decoder.next());) {
    const last = messages.at(-1);
    if (item.type === "head" || item.type === "information") {
      const { headers, ...line } = item.head as { headers: [string, string][] };
      messages.push({
        first: JSON.stringify(line),
        headers: headers.flat(),
        body: "",
        trailers: [],
        ended: false,
      });
    } else if (item.type === "data" && last) last.body += item.chunk.toString("latin1");
    else if (item.type === "end" && last)
      [last.ended, last.trailers] = [true, item.trailers.flatMap((pair) => [...pair])];
  }
}

/** Something between HTTP and noise: fragments that mean something to the decoder, in any order, and any bytes. */
const FRAGMENTS = [
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.0 404 \r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "GET / HTTP/1.1\r\n",
  "POST /x HTTP/1.0\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close\r\n",
  "A: b\r\n",
  " folded\r\n",
  "\r\n",
  "\n",
  "\r",
  "5\r\nhello\r\n",
  "5;x=y\r\nhello\r\n",
  "0\r\n",
  "0\r\n\r\n",
  "hello",
  ":",
  " ",
  "\0",
  "HTTP/",
];
const mess: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(...FRAGMENTS).map((text) => Buffer.from(text, "latin1")),
      },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 14 },
  )
  .map((parts) => Buffer.concat(parts));

/** Messages of which most are right. */
const token = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/)
  .filter(
    (name) =>
      !/^(content|transfer|connection|upgrade|expect|trailer|te|host|keep|proxy)/i.test(name),
  );
const value = fc.stringMatching(/^[!-~\x80-\xFF](?:[\t -~\x80-\xFF]{0,15}[!-~\x80-\xFF])?$/);
const fields = fc.array(fc.tuple(token, value), { maxLength: 5 });
const content = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));

function withBody(side: Side): fc.Arbitrary<{ extra: string; payload: string }> {
  const chunked = fc.tuple(
    fc.array(
      content.filter((part) => part !== ""),
      { maxLength: 4 },
    ),
    fields,
    fc.boolean(),
  );
  return fc.oneof(
    content.map((body) => ({ extra: `Content-Length: ${body.length}\r\n`, payload: body })),
    chunked.map(([parts, trailers, extended]) => ({
      extra: "Transfer-Encoding: chunked\r\n",
      payload: `${parts.map((part) => `${part.length.toString(16)}${extended ? ";ext=1" : ""}\r\n${part}\r\n`).join("")}0\r\n${headerText(trailers)}\r\n`,
    })),
    fc.constant({ extra: "", payload: "" }),
    ...(side === "response" ? [content.map((body) => ({ extra: "", payload: body }))] : []),
  );
}

function headerText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, text]) => `${name}: ${text}\r\n`).join("");
}

const goodResponse: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom(200, 201, 204, 304, 404, 500),
    fc.constantFrom("OK", "", "Some thing"),
    fields,
    withBody("response"),
  )
  .map(([status, reason, headers, { extra, payload }]) =>
    Buffer.from(
      `HTTP/1.1 ${status} ${reason}\r\n${headerText(headers)}${extra}\r\n${[204, 304].includes(status) ? "" : payload}`,
      "latin1",
    ),
  );

const goodRequest: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom("GET", "POST", "PUT", "DELETE"),
    fc.stringMatching(/^\/[a-z0-9/?=&%.]{0,12}$/),
    fields,
    withBody("request"),
  )
  .map(([method, target, headers, { extra, payload }]) =>
    Buffer.from(
      `${method} ${target} HTTP/1.1\r\nHost: x\r\n${headerText(headers)}${extra}\r\n${payload}`,
      "latin1",
    ),
  );

/** A right message with one octet changed, or cut short. */
function damaged(good: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(good, fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, at, octet, cut]) => {
    const copy = Buffer.from(bytes);
    if (cut) return copy.subarray(0, at % (copy.length + 1));
    copy[at % copy.length] = octet;
    return copy;
  });
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...points, bytes.length].map((end, index) => bytes.subarray(points[index - 1] ?? 0, end));
}

describe.each(["request", "response"] as const)("the %s decoder", (side) => {
  const good = side === "request" ? goodRequest : goodResponse;

  test("gives the same for the same bytes, wherever they are cut, and throws nothing but NcxError", () => {
    fc.assert(
      fc.property(
        fc.oneof(mess, good, damaged(good)),
        fc.array(fc.nat(), { maxLength: 6 }),
        (bytes, cuts) => {
          const whole = decode(side, [bytes]);
          expect(decode(side, splitAt(bytes, cuts))).toEqual(whole);
          expect(
            decode(
              side,
              [...bytes].map((byte) => Buffer.of(byte)),
            ),
          ).toEqual(whole);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("agrees with node:http on right messages", async () => {
    await fc.assert(
      fc.asyncProperty(good, async (bytes) => {
        const ours = decode(side, [bytes]);
        expect(ours.error).toBeUndefined();
        const [message] = ours.messages;
        const theirs = await parseByNode(side, bytes);
        expect(theirs).toBeTypeOf("object");
        expect(message).toMatchObject(theirs as Partial<Seen>);
      }),
      { numRuns: 300 },
    );
  });

  test("accepts nothing that node:http refuses, and reads the same where both accept", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged(good), mess), async (bytes) => {
        const ours = decode(side, [bytes]);
        const [message] = ours.messages.filter(({ first }) => !/"status":1\d\d/.test(first));
        if (ours.error !== undefined || !message?.ended) return;
        if (LAXER_HERE.some((pattern) => pattern.test(bytes.toString("latin1")))) return;
        const theirs = await parseByNode(side, bytes);
        if (typeof theirs === "string" && TOLERATED.some((pattern) => pattern.test(theirs))) return;
        expect(theirs).toBeTypeOf("object");
        expect(message).toMatchObject(theirs as Partial<Seen>);
      }),
      { numRuns: 3000 },
    );
  });
});

/** What llhttp refuses and RFC 9112 tells a recipient to read: §5.2, folded lines in responses; §7.1.1, space in chunk extensions. */
const LAXER_HERE = [/\n[ \t]/, /\n[0-9a-f]+(?:[ \t]|;[^\n]*[ \t])/i];

/** Errors of llhttp that are none for us, on purpose. */
const TOLERATED = [
  /^HPE_INVALID_METHOD/, // llhttp has a list of methods; RFC 9110 §9.1 leaves it open
  /^HPE_INVALID_VERSION/, // RFC 9110 §2.5: a higher minor version is read as the highest that is known
  /^HPE_INVALID_URL/, // we check a target's form and octets; its parts are for whoever takes it apart
];

/** What node:http makes of the first message: its parts, or the error. */
function parseByNode(side: Side, bytes: Buffer): Promise<Partial<Seen> | string> {
  const [near, far] = duplexPair();
  const parsed = side === "request" ? serveByNode(near) : fetchByNode(near);
  far.resume();
  far.on("error", () => {});
  near.on("error", () => {});
  far.write(bytes);
  // A server takes the end of its input for the client's leaving; a response may last until it.
  if (side === "response") far.end();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>(
    (resolve) => (timer = setTimeout(resolve, 2000, "waits for more")),
  );
  return Promise.race([parsed, silence]).finally(() => {
    clearTimeout(timer);
    near.destroy();
    far.destroy();
  });
}

function fetchByNode(stream: Duplex): Promise<Partial<Seen> | string> {
  return new Promise((resolve) => {
    const call = nodeRequest({ createConnection: () => stream as never, method: "GET" });
    call.on("response", (message) =>
      resolve(
        seenByNode(message, { status: message.statusCode, statusText: message.statusMessage }),
      ),
    );
    call.on("upgrade", () => resolve("upgrade"));
    call.on("error", (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`));
    call.end();
  });
}

function serveByNode(stream: Duplex): Promise<Partial<Seen> | string> {
  return new Promise((resolve) => {
    const server = createServer(
      { insecureHTTPParser: false, requireHostHeader: false },
      (message) => {
        resolve(seenByNode(message, { method: message.method, target: message.url }));
      },
    );
    server.on("clientError", (error: NodeJS.ErrnoException) =>
      resolve(`${error.code} ${error.message}`),
    );
    server.on("connect", () => resolve("connect"));
    server.on("upgrade", () => resolve("upgrade"));
    stream.on("close", () => resolve("closed"));
    server.emit("connection", stream);
  });
}

async function seenByNode(message: IncomingMessage, line: object): Promise<Partial<Seen> | string> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const minor = Number(message.httpVersion.split(".")[1]);
    return {
      first: expect.stringContaining(JSON.stringify(line).slice(1, -1)) as unknown as string,
      headers: message.rawHeaders,
      body: Buffer.concat(chunks).toString("latin1"),
      trailers: message.rawTrailers,
      ...(Number.isNaN(minor) && { ended: false }),
    };
  } catch (error) {
    return String(error);
  }
}

test("a request head that was encoded is decoded to the same", () => {
  fc.assert(
    fc.property(
      token,
      fc.stringMatching(/^\/[!-~\x80-\xFF]{1,20}$/),
      fc.array(fc.tuple(token, fc.oneof(value, fc.constant("")))),
      (method, target, headers) => {
        const decoder = requestDecoder();
        decoder.push(encodeRequestHead({ method, target, headers }));
        expect(decoder.next()).toMatchObject({
          type: "head",
          head: { method, target, minor: 1, headers },
        });
      },
    ),
  );
});
