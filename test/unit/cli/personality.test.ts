import { describe, expect, test } from "vitest";
import { optionLettered, takesValue } from "../../../src/cli/options/index.ts";
import { isPersonality, personalityCalled, PERSONALITIES } from "../../../src/cli/personality.ts";

/** The letters with a ":" after each that takes a value, sorted: getopt's string, whatever its order. */
function sorted(getopt: string): string[] {
  return (getopt.match(/\w:?/g) ?? []).toSorted();
}

describe("letters", () => {
  // The strings that the binaries hand to getopt.
  test.each([
    ["ncat", "46UCc:e:g:G:i:km:hp:d:lo:x:ts:uvw:nz"],
    ["openbsd", "46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz"],
    ["traditional", "abc:e:g:G:hi:klno:p:q:rs:T:tuvw:zC"],
  ] as const)("%s has the letters and the arities of its getopt string", (name, getopt) => {
    const { letters = {} } = PERSONALITIES[name];
    const ours = Object.keys(letters).map((letter) => {
      const row = optionLettered(letter, "connect", letters);
      expect(row, `-${letter} of ${name}`).toBeDefined();
      return row && takesValue(row) ? `${letter}:` : letter;
    });
    expect(ours.toSorted()).toEqual(sorted(getopt));
  });

  test("a letter that is a property of every object is no letter", () => {
    expect(optionLettered("constructor", "connect", PERSONALITIES.ncat.letters)).toBeUndefined();
  });
});

describe("names", () => {
  test.each([
    ["nc", "openbsd"],
    ["ncat", "ncat"],
    ["NCAT.EXE", "ncat"],
    ["ncx", undefined],
    ["toString", undefined],
  ])("%s → %s", (name, expected) => expect(personalityCalled(name)).toBe(expected));

  test("each value carries its own name", () => {
    for (const [name, personality] of Object.entries(PERSONALITIES)) {
      expect(personality.name).toBe(name);
      expect(isPersonality(name)).toBe(true);
    }
    expect(isPersonality("busybox")).toBe(false);
  });
});
