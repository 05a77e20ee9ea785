import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NcxError } from "../../src/core/errors.ts";
import {
  decodeGreeting5,
  decodeMethod5,
  decodePassword5,
  decodePasswordReply5,
  decodeReply4,
  decodeReply5,
  decodeRequest4,
  decodeRequest5,
  encodePassword5,
  encodeReply4,
  encodeReply5,
  encodeRequest4,
  encodeRequest5,
  type Decoded,
} from "../../src/protocol/socks.ts";

type Decode = (input: Buffer) => Decoded<unknown> | undefined;

/** Each decoder, a first byte that it knows, and the most that it may wait for. */
const DECODERS: readonly (readonly [string, Decode, number, number])[] = [
  ["decodeRequest4", decodeRequest4, 4, 8 + 256 + 256],
  ["decodeReply4", decodeReply4, 0, 8],
  ["decodeGreeting5", decodeGreeting5, 5, 257],
  ["decodeMethod5", decodeMethod5, 5, 2],
  ["decodePassword5", decodePassword5, 1, 513],
  ["decodePasswordReply5", decodePasswordReply5, 1, 2],
  ["decodeRequest5", decodeRequest5, 5, 262],
  ["decodeReply5", decodeReply5, 5, 262],
];

/** What a decoder makes of the first bytes, one more each time: its value, its error, or nothing yet. */
function outcome(decode: Decode, input: Buffer): unknown {
  for (let length = 0; length <= input.length; length += 1) {
    try {
      const decoded = decode(input.subarray(0, length));
      if (decoded) return { ...decoded, at: length };
    } catch (error) {
      if (!(error instanceof NcxError) || error.code !== "PROTOCOL") throw error;
      return { error: error.message };
    }
  }
  return undefined;
}

describe.each(DECODERS)("%s", (_name, decode, first, longest) => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.uint8Array({ maxLength: 600 }).map((rest) => Uint8Array.from([first, ...rest])),
  );

  test("gives a value, an error or nothing, the same however the bytes come", () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        const input = Buffer.from(bytes);
        const slow = outcome(decode, input) as { at?: number; size?: number } | undefined;
        let fast: unknown;
        try {
          fast = decode(input);
        } catch (error) {
          fast = { error: (error as NcxError).message };
        }
        const { at, ...rest } = slow ?? {};
        expect(fast).toEqual(slow && rest);
        if (at !== undefined) expect(slow?.size).toBe(at);
      }),
    );
  });

  test("never waits for more than a message may have", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: longest, maxLength: longest }), (bytes) => {
        const input = Buffer.from([first, ...bytes]);
        expect(outcome(decode, input)).toBeDefined();
      }),
    );
  });
});

describe("what one side writes, the other reads", () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  const port = fc.integer({ min: 0, max: 65535 });
  const rest = fc.uint8Array({ maxLength: 20 });
  const canonical = (text: string): string =>
    /:/.test(text) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;

  test("SOCKS5 requests and replies", () => {
    fc.assert(
      fc.property(host, port, rest, (to, at, more) => {
        const request = encodeRequest5({ host: to, port: at });
        const decoded = decodeRequest5(Buffer.concat([request, more]));
        expect(decoded?.size).toBe(request.length);
        expect(decoded?.value).toMatchObject({ host: canonical(to), port: at });
        const reply = encodeReply5(0, { host: to, port: at });
        expect(decodeReply5(Buffer.concat([reply, more]))?.size).toBe(reply.length);
      }),
    );
  });

  test("SOCKS4 requests and replies", () => {
    const user = fc.string({ maxLength: 50 }).filter((text) => !text.includes("\0"));
    // 0.0.0.x is how 4a says that a name follows.
    const place = fc.oneof(fc.ipV4(), fc.domain()).filter((text) => !text.startsWith("0.0.0."));
    fc.assert(
      fc.property(place, port, user, rest, (to, at, id, more) => {
        const request = encodeRequest4({ host: to, port: at, user: id });
        const decoded = decodeRequest4(Buffer.concat([request, more]));
        expect(decoded?.size).toBe(request.length);
        expect(decoded?.value).toMatchObject({ host: to, port: at, user: id });
        const reply = encodeReply4(90, { host: to, port: at });
        expect(decodeReply4(Buffer.concat([reply, more]))?.size).toBe(reply.length);
      }),
    );
  });

  test("user and password", () => {
    const text = fc
      .string({ maxLength: 60, unit: "binary" })
      .filter((given) => !/\p{Surrogate}/u.test(given));
    fc.assert(
      fc.property(text, text, (user, password) => {
        const decoded = decodePassword5(encodePassword5({ user, password }));
        expect(decoded?.value).toEqual({ user, password });
      }),
    );
  });
});
