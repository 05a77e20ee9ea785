import fc from "fast-check";
import { PassThrough, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { plainTelnet } from "../../../../src/protocol/telnet/plain-filters.ts";
import { MAX_ANSWERS } from "../../../../src/protocol/telnet/answering.ts";
import { joinInlines } from "../../../../src/stream/filters/inline.ts";
import { memoryPair } from "../../../helpers/memory-pair.ts";

const TELLING = [10, 13, 0, 97, 255, 255, 251, 252, 253, 254, 250, 240, 3];

/** What a peer's chunks are shown as, by the filter's own stream and without one; both are to be the same. */
async function shown(chunks: readonly Buffer[]): Promise<readonly [Buffer, Buffer]> {
  const [received] = plainTelnet().backward;
  if (!received?.inline) throw new Error("it has no inline way");
  const inline = joinInlines([
    received.inline(memoryPair().connection, new PassThrough().resume()),
  ]);
  const direct = Buffer.concat([
    ...chunks.map((chunk) => inline(Buffer.from(chunk))),
    inline.flush(),
  ]);
  const stream = plainTelnet().backward[0]?.(memoryPair().connection);
  if (!stream) throw new Error("it has no stream");
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return [direct, await buffer(stream)];
}

describe("plainTelnet()", () => {
  test("makes LF of CR LF however it is cut, and keeps no CR at the end", async () => {
    const cut = [..."a\r\nb\rc\r\0d\r"].map((byte) => Buffer.from(byte));
    for (const way of await shown(cut)) expect(way.toString()).toBe("a\nb\rc\rd\r");
  });

  test("is the same with and without a stream, cut anywhere", async () => {
    const bytes = fc.array(fc.constantFrom(...TELLING), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(40), async (given, at) => {
        const whole = Buffer.from(given);
        const [direct, streamed] = await shown([whole]);
        expect(streamed).toEqual(direct);
        expect((await shown([whole.subarray(0, at), whole.subarray(at)]))[0]).toEqual(direct);
      }),
      { numRuns: 200 },
    );
  });

  test("speaks with each peer by itself, and both ways of one are one", () => {
    const { forward, backward } = plainTelnet();
    const ways = [memoryPair(), memoryPair()].map(({ connection }) => {
      const peer = new PassThrough();
      const [sent, received] = [forward, backward].map(([filter]) =>
        filter?.inline?.(connection, peer),
      );
      return { peer, sent, received };
    });
    ways[0]?.received?.(Buffer.of(255, 253, 0)); // DO BINARY
    const sent = ways.map((way) => Buffer.from(way.sent?.(Buffer.from("a\n")) ?? "").toString());
    expect(sent).toEqual(["a\n", "a\r\n"]);
    expect(ways.map(({ peer }) => (peer.read() as Buffer | null)?.toString("hex"))).toEqual([
      "fffb00",
      undefined,
    ]);
  });

  test("keeps no more answers than it may for a peer that reads none", () => {
    const peer = new Writable({ write() {} }); // it takes nothing
    const received = plainTelnet().backward[0]?.inline?.(memoryPair().connection, peer);
    const asks = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.of(255, 246))); // AYT
    for (let round = 0; round < 10; round += 1) received?.(asks);
    expect(peer.writableLength).toBeLessThanOrEqual(MAX_ANSWERS);
    expect(peer.writableLength).toBeGreaterThan(MAX_ANSWERS - 10);
  });
});
