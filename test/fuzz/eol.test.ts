/** Line ends against every cut: what is sent does not depend on where the chunks end, and no CR is doubled. */
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Framing } from "../../src/stream/connection.ts";
import { eol } from "../../src/stream/filters/eol.ts";
import { memoryPair } from "../helpers/memory-pair.ts";

const ENDS = { crlf: "\r\n", cr: "\r", none: "" } as const;
const kinds = fc.constantFrom("crlf", "cr", "none");
const chunks = fc.array(
  fc
    .array(fc.constantFrom("\r", "\n", "\r\n", "a"), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join("")),
  { maxLength: 6 },
);

async function sent(
  kind: keyof typeof ENDS,
  given: readonly string[],
  framing: Framing,
): Promise<string> {
  const filter = eol(kind)(memoryPair({ framing }).connection);
  for (const chunk of given) filter.write(Buffer.from(chunk));
  filter.end();
  return String(await buffer(filter));
}

test("eol() gives the same however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(kinds, chunks, async (kind, given) => {
      const expected = given.join("").replaceAll(/\r?\n/g, ENDS[kind]);
      expect(await sent(kind, given, "stream")).toBe(expected);
    }),
  );
});

test("eol() gives the same in datagrams, but for a CR that has gone before its LF came", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("crlf", "cr"), chunks, async (kind, given) => {
      const expected = given.join("").replaceAll(/\r?\n/g, ENDS[kind]);
      expect(await sent(kind, given, "message")).toBe(expected);
    }),
  );
});

test("eol() sends a CR at once where it is sent in any case", () => {
  const filter = eol("crlf")(memoryPair().connection);
  filter.write("10%\r");
  expect(String(filter.read())).toBe("10%\r");
  filter.write("\n");
  expect(String(filter.read())).toBe("\n");
});
