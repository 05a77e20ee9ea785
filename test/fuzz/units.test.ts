import fc from "fast-check";
import { expect, test } from "vitest";
import { NcxError } from "../../src/core/errors.ts";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "../../src/core/units.ts";

const nearly = fc
  .array(fc.constantFrom(..."0123456789.-+e ", "k", "KiB", "m", "ms", "s", "h", "d", "g", "t"), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));
const text = fc.oneof(fc.string({ unit: "binary" }), nearly);

test.each([
  ["parseDuration", parseDuration, 2 ** 31 - 1],
  ["parseBytes", parseBytes, Number.MAX_SAFE_INTEGER],
] as const)("%s() of any text is a whole number in range, or an NcxError", (_name, parse, most) => {
  fc.assert(
    fc.property(text, (given) => {
      const value = attempt(() => parse(given));
      if (value !== undefined)
        expect(Number.isInteger(value) && value >= 0 && value <= most).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test("parseDuration() reads whole milliseconds and seconds exactly", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2_000_000 }), (n) => {
      expect([parseDuration(`${n}ms`), parseDuration(`${n}`)]).toEqual([n, n * 1000]);
    }),
  );
});

test("parseBytes() reads whole bytes and KiB exactly", () => {
  fc.assert(
    fc.property(fc.nat(), (n) => {
      expect([parseBytes(`${n}`), parseBytes(`${n}k`)]).toEqual([n, n * 1024]);
    }),
  );
});

test("formatBytes() gives a number below 1024 that is right to a tenth of its unit", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      const match = /^(\d+(?:\.\d)?) (B|KiB|MiB|GiB|TiB|PiB)$/.exec(formatBytes(bytes));
      const [, number = "", unit = ""] = match ?? [];
      const size = 1024 ** ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].indexOf(unit);
      expect(Number(number)).toBeLessThan(1024);
      expect(Math.abs(Number(number) * size - bytes)).toBeLessThanOrEqual(0.0501 * size);
    }),
  );
});

test("formatDuration() never shows 60 of a unit, nor 1000 ms", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
      expect(formatDuration(ms)).toMatch(
        /^(\d{1,3} ms|[1-5]?\d(\.\d+)? s|[1-5]?\d m [1-5]?\d s|\d+ h [1-5]?\d m)$/,
      );
    }),
  );
});

// The longest argument that Linux passes is 128 KiB: a parser that takes quadratic time would show here as a hang.
test.each(["1", "1.", ".", " ", "1 "])("the parsers get through 128 KiB of %j", (unit) => {
  for (const tail of ["", "x", "k"]) {
    const long = unit.repeat(2 ** 17 / unit.length) + tail;
    attempt(() => parseDuration(long));
    attempt(() => parseBytes(long));
  }
});

/** The value, or undefined after an NcxError; anything else that is thrown fails the test. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    return undefined;
  }
}
