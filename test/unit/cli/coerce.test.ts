import { describe, expect, test } from "vitest";
import { coerce } from "../../../src/cli/coerce.ts";
import { optionLettered, optionNamed } from "../../../src/cli/options/index.ts";
import type { Option } from "../../../src/cli/options/index.ts";
import { NcxError } from "../../../src/core/errors.ts";

function row(name: string): Option {
  const found = name.length === 1 ? optionLettered(name, "connect") : optionNamed(name, "http");
  if (!found) throw new Error(`no row ${name}`);
  return found;
}

function failure(act: () => unknown): NcxError {
  try {
    act();
  } catch (error) {
    if (error instanceof NcxError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

test.each([
  ["w", "5", 5000],
  ["w", "500ms", 500],
  ["w", "1.5m", 90_000],
  ["w", "0", 0],
  ["q", "-1", Infinity],
  ["q", "-1s", Infinity],
  ["q", "2", 2000],
  ["I", "64k", 65536],
  ["m", "1", 1],
  ["M", "255", 255],
  ["T", "lowdelay", "lowdelay"],
  ["T", "AF11", "AF11"],
  ["T", "0x10", "0x10"],
  ["p", "http", "http"],
  ["o", "", ""],
  ["max-redirs", "-1", Infinity],
  ["max-redirs", "0", 0],
])("-%s %s → %s", (name, text, expected) =>
  expect(coerce(row(name), text, `-${name}`)).toBe(expected),
);

describe("refuses, and names the option", () => {
  test.each([
    ["w", "x"],
    ["w", "-1"],
    ["w", ""],
    ["w", "1e3"],
    ["w", "99999999"],
    ["q", "-x"],
    ["q", "--1"],
    ["I", "x"],
    ["I", "-5"],
    ["m", "-1"],
    ["m", "1.5"],
    ["m", ""],
    ["m", "99999999999999999999"],
    ["M", "256"],
    ["W", "0"],
    ["T", "fast"],
  ])("-%s %s", (name, text) => {
    const error = failure(() => coerce(row(name), text, `-${name}`));
    expect(error.code).toBe("USAGE");
    expect(`${error.message} ${error.hint ?? ""}`).toContain(`-${name}`);
    expect(error.message).toContain(`"${text}"`);
    expect(error.message).not.toContain("\n");
  });
});

test("a choice is told its choices", () => {
  const eol = optionNamed("eol", "connect");
  if (!eol) throw new Error("no row eol");
  expect(coerce(eol, "CRLF", "--eol")).toBe("crlf");
  expect(failure(() => coerce(eol, "dos", "--eol")).hint).toBe("use lf, crlf, cr, none");
});
