import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inflated } from "../../../src/telnet/inflated.ts";

/** The chunks of a stream, and how many have been asked for. */
function source(...chunks: readonly Uint8Array[]): AsyncIterator<Uint8Array> & { asked: number } {
  const iterator = chunks[Symbol.iterator]();
  return {
    asked: 0,
    next() {
      this.asked += 1;
      return Promise.resolve(iterator.next());
    },
  };
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

describe("inflated()", () => {
  test.each([1, 7, 4096])("inflates, and leaves what follows plain, cut into %d", async (size) => {
    const text = randomBytes(3000);
    const wire = Buffer.concat([deflateSync(text), Buffer.from("plain")]);
    const [first = Buffer.alloc(0), ...rest] = cut(wire, size);
    const chunks: Uint8Array[] = [];
    const wires = source(...rest);
    const inflating = inflated(first, wires);
    let next = await inflating.next();
    for (; !next.done; next = await inflating.next()) chunks.push(Buffer.from(next.value));
    expect(Buffer.concat(chunks)).toEqual(text);
    const plain = [Buffer.from(next.value ?? "")];
    for (let left = await wires.next(); !left.done; left = await wires.next())
      plain.push(Buffer.from(left.value));
    expect(Buffer.concat(plain).toString()).toBe("plain");
  });

  test("gives a bomb by small chunks, and takes no more of it meanwhile", async () => {
    const bomb = deflateSync(Buffer.alloc(100_000_000));
    const [first = Buffer.alloc(0), ...rest] = cut(bomb, 10_000);
    const chunks = source(...rest);
    const inflating = inflated(first, chunks);
    for (let pulled = 0; pulled < 20; pulled++) {
      const { value } = await inflating.next();
      expect((value ?? Buffer.alloc(0)).length).toBeLessThanOrEqual(16_384);
    }
    expect(chunks.asked).toBeLessThanOrEqual(1);
    await inflating.return(undefined);
  });

  test("ends where the stream does, in the middle", async () => {
    const wire = deflateSync(randomBytes(1000)).subarray(0, 500);
    const pull = async (): Promise<void> => {
      for await (const chunk of inflated(wire, source())) expect(chunk.length).toBeGreaterThan(0);
    };
    await pull().catch((error: unknown) => expect(error).toMatchObject({ code: "PROTOCOL" }));
  });

  test("refuses what is not deflated", async () => {
    const inflating = inflated(Buffer.from("not deflated"), source());
    await expect(inflating.next()).rejects.toMatchObject({ code: "PROTOCOL" });
  });
});
