import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCommand, parseCommand, splitCommand } from "../../src/core/command.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../../src/core/endpoint.ts";
import { NcxError } from "../../src/core/errors.ts";

// What the grammar is about, and anything else.
const letters = fc.constantFrom(" ", "\t", "\n", "\\", '"', '""', "a", "é", "\u00A0", "/", ":");
const word = fc.oneof(
  fc.array(letters).map((parts) => parts.join("")),
  fc.string(),
);
const words = fc.array(word, { minLength: 1 }).filter(([program]) => program !== "");
const line = fc.oneof(
  fc.array(letters).map((parts) => parts.join("")),
  fc.string(),
);

test("parseCommand(formatCommand(words)) equals words", () => {
  fc.assert(
    fc.property(words, (given) => {
      expect(parseCommand(formatCommand(given))).toEqual(given);
    }),
  );
});

test("parseEndpoint(formatEndpoint(e)) equals e for programs", () => {
  const endpoint: fc.Arbitrary<Endpoint> = fc.oneof(
    fc.record({ kind: fc.constantFrom("exec", "pty"), command: words }),
    fc.record({ kind: fc.constant("sh"), command: word.filter((text) => text.trim() !== "") }),
  );
  fc.assert(
    fc.property(endpoint, (given) => {
      expect(parseEndpoint(formatEndpoint(given))).toEqual(given);
    }),
  );
});

test("splitCommand() gives words, or says that there is none", () => {
  fc.assert(
    fc.property(line, (given) => {
      try {
        expect(splitCommand(given).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(NcxError);
        expect(given).toMatch(/^[ \t\n\v\f\r]*\\?$/);
      }
    }),
  );
});
