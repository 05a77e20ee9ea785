import { describe, expect, test } from "vitest";
import { NcxError } from "../../../src/core/errors.ts";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "../../../src/core/units.ts";

describe("parseDuration()", () => {
  test.each([
    ["10", 10_000],
    ["0", 0],
    ["1.5", 1500],
    [".5", 500],
    ["1.", 1000],
    ["500ms", 500],
    ["0.4ms", 0],
    ["10s", 10_000],
    ["2 m", 120_000],
    ["1H", 3_600_000],
    ["24d", 2_073_600_000],
  ])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    ["", "not a duration"],
    ["-1", "not a duration"],
    ["ten", "not a duration"],
    [".", "not a duration"],
    ["1e3", "not a duration"],
    ["1s2", "not a duration"],
    ["1w", "not a duration"],
    ["25d", "longer than 24 days"],
    ["9".repeat(400), "longer than 24 days"],
  ])("refuses %.40j: %s", (text, state) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: expect.stringMatching(new RegExp(`: ${state}$`)),
      }),
    );
  });
});

describe("parseBytes()", () => {
  test.each([
    ["0", 0],
    ["4096", 4096],
    ["64k", 65_536],
    ["64K", 65_536],
    ["64kb", 65_536],
    ["64KiB", 65_536],
    ["1.5m", 1_572_864],
    [".5k", 512],
    ["1 g", 1_073_741_824],
    ["2T", 2_199_023_255_552],
    ["7b", 7],
  ])("%s is %d bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  test.each(["", "-1", "k", "1kk", "1x", "1e3", "9".repeat(20), "9".repeat(400)])(
    "refuses %.40j",
    (text) => {
      expect(() => parseBytes(text)).toThrow(NcxError);
    },
  );
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1229, "1.2 KiB"],
  [1024 ** 2 - 1, "1.0 MiB"],
  [1023.9 * 1024 ** 2, "1023.9 MiB"],
  [3 * 1024 ** 3, "3.0 GiB"],
  [2 ** 50, "1.0 PiB"],
  [Number.MAX_SAFE_INTEGER, "8.0 PiB"],
])("formatBytes(%d) is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, "0 ms"],
  [249.6, "250 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [1250, "1.25 s"],
  [59_990, "59.99 s"],
  [59_999, "1 m 0 s"],
  [125_900, "2 m 5 s"],
  [3_599_999, "1 h 0 m"],
  [12_000_000, "3 h 20 m"],
])("formatDuration(%d) is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
