import { buffer } from "node:stream/consumers";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Framing } from "../../../src/stream/connection.ts";
import { throttle } from "../../../src/stream/filters/throttle.ts";
import { memoryPair } from "../../helpers/memory-pair.ts";

function throttled(rate: number, framing: Framing = "stream"): Duplex {
  return throttle(rate)(memoryPair({ framing }).connection);
}

/** The sizes of the chunks that have come so far; grows. */
function sizes(filter: Duplex): number[] {
  const seen: number[] = [];
  filter.on("data", (chunk: Buffer) => seen.push(chunk.length));
  return seen;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

describe("throttle()", () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }),
  );
  afterEach(() => void vi.useRealTimers());

  async function pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 10) {
      await vi.advanceTimersByTimeAsync(10);
      await setImmediate();
    }
  }

  test("lets a tenth of a second's worth go at once, and then its rate", async () => {
    const filter = throttled(100_000);
    const seen = sizes(filter);
    filter.end(Buffer.alloc(500_000));
    await pass(0);
    await setImmediate();
    expect(sum(seen)).toBe(10_000);
    await pass(1000);
    expect(sum(seen)).toBeGreaterThan(90_000);
    expect(sum(seen)).toBeLessThanOrEqual(110_000);
    await pass(4000);
    expect(sum(seen)).toBe(500_000);
  });

  test("never lets more than a second's worth go at once, however low the rate", async () => {
    const filter = throttled(10);
    const seen = sizes(filter);
    filter.end(Buffer.alloc(40));
    await setImmediate();
    expect(sum(seen)).toBe(10);
    await pass(1000);
    expect(sum(seen)).toBe(20);
    await pass(2000);
    expect(sum(seen)).toBe(40);
  });

  test("does not save up silence beyond its burst", async () => {
    const filter = throttled(100_000);
    const seen = sizes(filter);
    await pass(60_000);
    filter.write(Buffer.alloc(200_000));
    await setImmediate();
    expect(sum(seen)).toBe(10_000);
  });

  test("ends right after the last byte, and loses none", async () => {
    const filter = throttled(50_000);
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, at) => at % 251));
    const all = buffer(filter);
    for (let at = 0; at < bytes.length; at += 777) filter.write(bytes.subarray(at, at + 777));
    filter.end();
    await pass(400);
    expect(await all).toEqual(bytes);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("sets no timer while it has nothing to pass, and few for many small chunks", async () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const filter = throttled(10_000);
    const seen = sizes(filter);
    for (let at = 0; at < 11_024; at += 1) filter.write(Buffer.alloc(1));
    await pass(1000);
    expect(sum(seen)).toBeGreaterThan(10_000);
    expect(set.mock.calls.length).toBeLessThanOrEqual(110);
    await pass(1000);
    set.mockClear();
    await pass(1000);
    expect(set).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps a datagram whole, and the next one waits for what it took too much", async () => {
    const filter = throttled(10_000, "message");
    const seen = sizes(filter);
    for (const length of [5000, 0, 3000]) filter.write(Buffer.alloc(length));
    await setImmediate();
    expect(seen).toEqual([5000]);
    await pass(300);
    expect(seen).toEqual([5000]);
    await pass(300);
    expect(seen).toEqual([5000, 0, 3000]);
  });

  test("leaves no timer behind when it is destroyed", async () => {
    const filter = throttled(10);
    filter.resume();
    filter.write(Buffer.alloc(100));
    await setImmediate();
    expect(vi.getTimerCount()).toBe(1);
    filter.destroy();
    await setImmediate();
    expect(vi.getTimerCount()).toBe(0);
  });
});
