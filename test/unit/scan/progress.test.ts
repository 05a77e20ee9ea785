import { describe, expect, test } from "vitest";
import { bannersLeft } from "../../../src/scan/banner/grab.ts";
import { timingOf } from "../../../src/scan/options.ts";
import { timeLeft, type Asked } from "../../../src/scan/progress.ts";

describe("timeLeft()", () => {
  // 100 at once at first and 512 at most, 1 s of silence, asked again once for 2 s.
  const timing = timingOf({});
  test.each<[string, Asked, number]>([
    [
      "goes as what has been asked did, while answers come",
      { total: 65_536, done: 16_384, silent: 0, elapsed: 1000, still: 0 },
      3000,
    ],
    [
      "is one silence and a second one, before any answer",
      { total: 31, done: 0, silent: 0, elapsed: 400, still: 400 },
      2600,
    ],
    [
      "is the second silence, once all have been asked",
      { total: 31, done: 0, silent: 31, elapsed: 1500, still: 500 },
      1500,
    ],
    [
      "has both for what is silent after some answers",
      { total: 31, done: 30, silent: 0, elapsed: 600, still: 600 },
      2400,
    ],
    [
      "has, for each turn of the silent ones, two seconds",
      { total: 2048, done: 1024, silent: 1024, elapsed: 5000, still: 0 },
      4000,
    ],
    [
      "expects as many silent ones among the rest",
      { total: 2048, done: 512, silent: 512, elapsed: 5000, still: 0 },
      9000,
    ],
    ["is none when all are done", { total: 31, done: 31, silent: 5, elapsed: 9, still: 0 }, 0],
  ])("%s", (_, asked, left) => {
    expect(timeLeft(asked, timing, "tcp")).toBe(left);
  });

  test("asks fewer datagrams at once", () => {
    const asked = { total: 128, done: 0, silent: 0, elapsed: 0, still: 0 };
    expect(timeLeft(asked, timing, "udp")).toBe(6000);
  });

  test("counts the rests between two probes", () => {
    const asked = { total: 10, done: 0, silent: 0, elapsed: 0, still: 0 };
    expect(timeLeft(asked, timingOf({ timing: 0 }), "tcp")).toBe(6_000_000);
  });
});

test("bannersLeft() is what each may take, and then what those that are done took", () => {
  expect(bannersLeft(0, 3, 1000, 1000)).toBe(9000);
  expect(bannersLeft(32, 64, 4000, 0)).toBe(4000);
  expect(bannersLeft(32, 64, 5000, 1000)).toBe(3000);
  expect(bannersLeft(3, 3, 1000, 0)).toBe(0);
});
