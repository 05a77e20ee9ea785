import { expect, test } from "vitest";
import { bytesOf, RotationState } from "../../../src/cli/commands/_capture-rotation.ts";

const NOW = 1_700_000_000_000;
const none = { size: undefined, seconds: undefined, count: undefined };

test.each([
  ["10", 10_000_000],
  ["10MB", 10_000_000],
  ["10mb", 10_000_000],
  ["1.5", 1_500_000],
  ["500kB", 500_000],
  ["1GB", 1_000_000_000],
  ["10M", 10 * 1024 * 1024],
  ["10MiB", 10 * 1024 * 1024],
  ["64k", 65_536],
  ["1g", 1024 ** 3],
])("a file of %s has %d bytes", (text, bytes) => {
  expect(bytesOf(text)).toBe(bytes);
});

/** The names of the files that so many full ones give. */
function names(state: RotationState, files: number): string[] {
  return Array.from({ length: files }, (_, at) => {
    if (at > 0) expect(state.next(NOW, 101)).toBe("other");
    return state.name;
  });
}

test.each([
  [undefined, ["f", "f1", "f2", "f3"]],
  [1, ["f", "f", "f"]],
  [2, ["f0", "f1", "f0"]],
  [3, ["f0", "f1", "f2", "f0"]],
  [10, ["f0", "f1"]],
  [11, ["f00", "f01"]],
  [101, ["f000", "f001"]],
])("by size, with -W %s: %j", (count, expected) => {
  const state = new RotationState("f", { ...none, size: 100, count }, NOW);
  expect(names(state, expected.length)).toEqual(expected);
  expect(state.next(NOW, 100)).toBe("same");
});

test("by time: the name has it, and -W ends it", () => {
  const state = new RotationState("f-%s", { ...none, seconds: 10, count: 2 }, NOW + 999);
  expect(state.name).toBe("f-1700000000");
  expect(state.next(NOW + 9_999, 1e9)).toBe("same");
  expect(state.next(NOW + 10_000, 0)).toBe("other");
  expect(state.name).toBe("f-1700000010");
  expect(state.next(NOW + 20_000, 0)).toBe("none");
});

test("by both: the number starts again with the time, and -W is about numbers", () => {
  const state = new RotationState("f-%s-", { size: 100, seconds: 10, count: 3 }, NOW);
  const seen = [state.name];
  for (const ms of [0, 0, 0, 10_000, 10_001, 30_000]) {
    expect(state.next(NOW + ms, 101)).toBe("other");
    seen.push(state.name);
  }
  expect(seen).toEqual([
    "f-1700000000-0",
    "f-1700000000-1",
    "f-1700000000-2",
    "f-1700000000-0",
    "f-1700000010-0",
    "f-1700000010-1",
    "f-1700000030-0",
  ]);
});

test("without -G a name is not about time", () => {
  expect(new RotationState("f-%s", { ...none, size: 1 }, NOW).name).toBe("f-%s");
});
