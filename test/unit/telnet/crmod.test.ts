import fc from "fast-check";
import { expect, test } from "vitest";
import { makeCrmod } from "../../../src/telnet/crmod.ts";

const shown = (...chunks: readonly string[]): string => {
  const crmod = makeCrmod();
  return chunks.map((chunk) => Buffer.from(crmod(Buffer.from(chunk))).toString()).join("");
};

test("crmod begins a line at each CR, and one at CR LF, wherever that is cut", () => {
  expect(shown("a\rb\r\nc\nd\r\r")).toBe("a\r\nb\r\nc\nd\r\n\r\n");
  expect(shown("a\r", "\nb\r", "c")).toBe("a\r\nb\r\nc");
  fc.assert(
    fc.property(fc.array(fc.constantFrom("\r", "\n", "a")), (given) => {
      expect(shown(...given)).toBe(shown(given.join("")));
      expect(shown(...given)).toBe(given.join("").replaceAll(/\r\n?/g, "\r\n"));
    }),
  );
});
