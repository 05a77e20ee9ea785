import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compatPage, fates, testFiles, works } from "../../../scripts/compat-table.ts";
import { PROGRAMS } from "../../../src/cli/doctor/programs.ts";

const page = new URL("../../../docs/netcat-compat.md", import.meta.url);
const all = fates(testFiles());

test("docs/netcat-compat.md is what the tables make: npx tsx scripts/compat-table.ts", () => {
  expect(readFileSync(page, "utf8")).toBe(compatPage(testFiles()));
});

describe.each(["ncat", "openbsd", "traditional"])("%s", (name) => {
  const flags = all.filter(({ program }) => program === name);
  const program = PROGRAMS.find((each) => each.name === name);

  test("every letter and every long name is in the table, once", () => {
    const spellings = flags.flatMap((flag) => flag.spellings);
    const known = [
      ...Object.keys(program?.letters ?? {}).map((letter) => `-${letter}`),
      ...Object.keys(program?.longs ?? {}).map((long) => `--${long}`),
    ];
    expect(spellings.toSorted()).toEqual(known.toSorted());
  });

  test("every flag works, has no effect for a reason, or is refused for a reason", () => {
    const neither = flags.filter(
      ({ status }) => !/^(works|(no effect|refused): .{10,})$/.test(status),
    );
    expect(neither).toEqual([]);
  });

  test("every flag that works is named in a test that runs it", () => {
    const nowhere = flags.filter((flag) => works(flag.meaning) && flag.test === undefined);
    expect(nowhere.flatMap((flag) => flag.spellings)).toEqual([]);
  });
});

test("a test names a flag by a word of its own, not by a part of one", () => {
  const found = fates([
    ["test/cli/a.test.ts", 'run(["--allowed", "x-w"]) // -w'],
    ["test/cli/b.test.ts", 'run(["--allow", "10.0.0.1", "-vw", "3"])'],
  ]);
  const where = (spelling: string): string | undefined =>
    found.find((fate) => fate.program === "ncat" && fate.spellings.includes(spelling))?.test;
  expect(where("--allow")).toBe("test/cli/b.test.ts");
  expect(where("-w")).toBe("test/cli/b.test.ts");
  expect(where("--deny")).toBeUndefined();
});
