/** The server's side of telnet against whatever a client may send. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { PlainTelnet } from "../../src/protocol/telnet/plain.ts";
import { isHarmless, MAX_SIDE, TelnetServer } from "../../src/protocol/telnet/server.ts";
import type { SideEvent, TelnetSide } from "../../src/protocol/telnet/side.ts";

/** Pieces that are mostly telnet: negotiations, subnegotiations with and without an end, commands, junk. */
const piece = fc.oneof(
  fc.tuple(
    fc.constant(255),
    fc.integer({ min: 236, max: 255 }),
    fc.constantFrom(0, 1, 3, 6, 18, 24, 31, 39, 42, 5, 200),
  ),
  fc
    .tuple(fc.constantFrom(24, 31, 39, 42, 5), fc.uint8Array({ maxLength: 12 }), fc.boolean())
    .map(([option, bytes, whole]) => [255, 250, option, ...bytes, ...(whole ? [255, 240] : [])]),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => [...bytes]),
);
const hostile = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.flat()));

const sides: readonly [string, () => TelnetSide][] = [
  ["the server of a terminal", () => new TelnetServer()],
  ["plain text", () => new PlainTelnet()],
  ["raw text", () => new PlainTelnet({ raw: true })],
];

function outcome(events: readonly SideEvent[]): { data: string; sent: string } {
  const of = (type: string): string =>
    events
      .map((event) =>
        "bytes" in event && event.type === type ? Buffer.from(event.bytes).toString("hex") : "",
      )
      .join("");
  return { data: of("data"), sent: of("send") };
}

test.each(sides)("%s says the same however its input is cut", (_name, make) => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 5 }), (bytes, size) => {
      const [whole, cut] = [make(), make()];
      whole.start();
      cut.start();
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(outcome(chunks.flatMap((chunk) => cut.receive(chunk)))).toEqual(
        outcome(whole.receive(bytes)),
      );
    }),
  );
});

test.each(sides)("%s answers each command and each subnegotiation at most once", (_name, make) => {
  fc.assert(
    fc.property(hostile, (bytes) => {
      const side = make();
      side.start();
      const sent = side.receive(bytes).filter(({ type }) => type === "send");
      const asked = bytes.filter((byte) => byte === 255).length;
      expect(sent.length).toBeLessThanOrEqual(asked);
    }),
  );
});

test("what is learnt of a client is always harmless", () => {
  fc.assert(
    fc.property(hostile, (bytes) => {
      const server = new TelnetServer();
      server.start();
      server.receive(bytes);
      const { terminal, size, environment } = server.client;
      if (terminal !== undefined) expect(terminal).toMatch(/^[a-z0-9][a-z0-9._+-]{0,39}$/);
      for (const side of size ? [size.columns, size.rows] : []) {
        expect(side).toBeGreaterThanOrEqual(1);
        expect(side).toBeLessThanOrEqual(MAX_SIDE);
      }
      for (const [name, value] of environment) expect(isHarmless(name, value)).toBe(true);
    }),
  );
});

/** What one still says to the other after so many rounds, when the other has heard these bytes as well. */
function saidAfter(rounds: number, injected: Uint8Array): Buffer {
  const [left, right] = [new TelnetServer(), new PlainTelnet({ raw: true })];
  let said: Buffer = Buffer.concat([left.start(), injected]);
  for (let round = 0; round < rounds; round += 1) {
    const answer = Buffer.from(outcome(right.receive(said)).sent, "hex");
    said = Buffer.from(outcome(left.receive(answer)).sent, "hex");
  }
  return said;
}

test("two that answer each other come to rest", () => {
  expect(saidAfter(20, new Uint8Array())).toHaveLength(0);
});

// "WONT WILL" that neither had said goes round for ever, as RFC 1143 has it: each is asked anew, and answers once.
test("two that hear what neither has said never answer more than was asked", () => {
  fc.assert(
    fc.property(hostile, (bytes) => {
      const later = saidAfter(20, bytes).length;
      expect(later).toBeLessThanOrEqual(bytes.length);
      expect(saidAfter(40, bytes).length).toBeLessThanOrEqual(later);
    }),
  );
});
