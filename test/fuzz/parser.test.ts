/** The fast parser and yargs read the same line alike, and no line makes either throw anything but an NcxError. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Args } from "../../src/cli/args.ts";
import type { Token } from "../../src/cli/classic.ts";
import { OPTIONS, takesValue } from "../../src/cli/options/index.ts";
import { parseSlowly } from "../../src/cli/parser-yargs.ts";
import { parse, parseFast, personalityOf, readLine } from "../../src/cli/parser.ts";
import { NcxError } from "../../src/core/errors.ts";

const names = OPTIONS.flatMap((row) =>
  [row.name, ...(row.aliases ?? [])].map((name) => `--${name}`),
);
const letters = [
  ...new Set(OPTIONS.flatMap((row) => [row.letter, row.letters?.http, row.letters?.relay])),
].filter((letter) => letter !== undefined);
const usableNames = OPTIONS.filter((row) => row.help !== undefined && !takesValue(row)).map(
  (row) => `--${row.name}`,
);

const value = fc.oneof(
  fc.constantFrom(
    "5",
    "500ms",
    "1.5",
    "-1",
    "0",
    "64k",
    "crlf",
    "lf",
    "http",
    "a=b",
    "",
    "'q'",
    '"',
    "host:80",
    "ncat",
  ),
  fc.string({ maxLength: 6 }),
);
const word = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "host",
      "80",
      "20-30",
      "http",
      "relay",
      "listen",
      "connect",
      "completion",
      "-",
      "[::1]:80",
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 4 })
      .map((list) => `-${list.join("")}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "-l",
      "-v",
      "-k",
      "-lk",
      "-zv",
      "-w3",
      "-q-1",
      "-u",
      "-n",
      "-C",
      "-lp80",
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom(...usableNames) },
  { weight: 1, arbitrary: fc.constantFrom(...names) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => `${name}=${text}`),
  },
  { weight: 2, arbitrary: value },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "--",
      "--compat=ncat",
      "--compat=openbsd",
      "--udp=true",
      "--udp=false",
      "---",
      "--=",
      "-=",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);

// A valued option with a value that suits it, so that many lines are good ones.
const suited = fc
  .constantFrom(...OPTIONS.filter((row) => row.help !== undefined && takesValue(row)))
  .chain((row) => {
    const texts = {
      duration: "2.5",
      bytes: "4k",
      integer: "7",
      choice: row.choices?.[0] ?? "",
      list: "a",
      text: "ef",
    };
    const text = row.type === "flag" || row.type === "count" ? "" : texts[row.type];
    return fc.constantFrom([`--${row.name}`, text], [`--${row.name}=${text}`]);
  });
const line = fc
  .array(
    fc.oneof({ weight: 3, arbitrary: word.map((one) => [one]) }, { weight: 2, arbitrary: suited }),
    { maxLength: 7 },
  )
  .map((parts) => parts.flat());
const caller = fc.record({
  name: fc.constantFrom("ncx", "ncx", "nc", "ncat"),
  env: fc.constant({}),
});

test("the fast parser and yargs give equal Args, or fail alike", async () => {
  let parsed = 0;
  await fc.assert(
    fc.asyncProperty(line, caller, async (argv, by) => {
      const personality = personalityOf(argv, by);
      const read = readLine(argv, by, personality);
      const fast = await outcome(() => parseFast(read, personality));
      const slow = await outcome(() => parseSlowly(read, personality));
      if (fast === undefined) {
        if (!(slow instanceof NcxError)) expect(read.tokens).toSatisfy(hasSwitch);
        return;
      }
      if (!(fast instanceof NcxError)) parsed += 1;
      // Of several bad values each names the one that it met first.
      if (fast instanceof NcxError) expect(slow).toMatchObject({ name: "NcxError" });
      else expect(slow).toEqual(fast);
    }),
    { numRuns: 1500 },
  );
  expect(parsed).toBeGreaterThan(150);
});

test("any words at all parse or fail with an NcxError of one line", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(word, fc.string({ unit: "binary" })), { maxLength: 8 }),
      caller,
      async (argv, by) => {
        const result: unknown = await parse(argv, by).catch((error: unknown) => error);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(NcxError);
          expect(["USAGE", "UNSUPPORTED"]).toContain((result as NcxError).code);
        } else expect(result).toHaveProperty("operands");
      },
    ),
    { numRuns: 1500 },
  );
});

/** `--udp=false`: all that yargs reads and the fast parser does not. */
function hasSwitch(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token) => token.kind === "option" && /^(true|false)$/.test(token.value ?? ""),
  );
}

async function outcome(
  read: () => Args | undefined | Promise<Args>,
): Promise<Args | NcxError | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NcxError) return error;
    throw error;
  }
}
