/** What is left out of what a terminal shows. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { EchoFilter } from "../../../../src/protocol/telnet/echo-filter.ts";

/** All that is shown of `chunks` after this was typed. */
function shown(typed: string, ...chunks: readonly string[]): string {
  const filter = new EchoFilter();
  filter.typed(Buffer.from(typed, "latin1"));
  return chunks
    .map((chunk) => Buffer.from(filter.shown(Buffer.from(chunk, "latin1"))).toString("latin1"))
    .join("");
}

test.each([
  ["ls\r", ["ls\r\n", "a b\r\n"], "a b\r\n"],
  ["ls\r", ["l", "s", "\r", "\na b\r\n"], "a b\r\n"],
  ["ls\r", ["ls\r\nls\r\n"], "ls\r\n"],
  ["\u0003", ["^C\r\n$ "], "\r\n$ "],
  ["secret\r", ["\r\nWelcome\r\n"], "\r\nWelcome\r\n"],
  ["yes\r", ["ye", "llow\r\n", "yes\r\n"], "yellow\r\nyes\r\n"],
  ["x".repeat(5000), ["x".repeat(5000)], "x".repeat(5000)],
  ["", ["text"], "text"],
])("after %j the terminal's %j is %j", (typed, chunks, expected) => {
  expect(shown(typed, ...chunks)).toBe(expected);
});

test("wherever the echo is cut, it is left out, and all after it is there", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "b", " ", "\r"), maxLength: 20 });
  fc.assert(
    fc.property(line, fc.string(), fc.nat(60), (typed, rest, cut) => {
      const after = Buffer.from(rest).toString("latin1");
      const all = typed.replaceAll("\r", "\r\n") + after;
      expect(shown(typed, all.slice(0, cut), all.slice(cut))).toBe(after);
    }),
  );
});
