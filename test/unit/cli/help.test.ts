import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Mode } from "../../../src/cli/args.ts";
import { helpText } from "../../../src/cli/help.ts";
import { PAGES } from "../../../src/cli/manual.ts";
import { OPTIONS } from "../../../src/cli/options/index.ts";
import { parse } from "../../../src/cli/parser.ts";
import { PERSONALITIES } from "../../../src/cli/personality.ts";
import { VERSION } from "../../../src/cli/version.ts";

const MODES: readonly Mode[] = [
  "connect",
  "listen",
  "relay",
  "http",
  "completion",
  "doctor",
  "ports",
  "services",
  "wait",
  "free-port",
  "scan",
  "capture",
  "telnet",
];

describe.each(MODES)("the help of %s", (mode) => {
  const text = helpText(mode);

  test("fits 80 columns", () => {
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("shows each of its options once, and none that does not work", () => {
    const shown = [...text.matchAll(/^ {2}(?:-..?,| {3}) --([a-z0-9.-]+)/gm)].map(
      (match) => match[1],
    );
    const works = OPTIONS.filter(
      (row) =>
        row.help !== undefined &&
        (row.modes.includes(mode) || (mode === "connect" && row.modes.includes("listen"))),
    );
    expect(shown.toSorted()).toEqual(works.map((row) => row.name).toSorted());
  });

  test("has its examples before its options", () => {
    expect(text.indexOf("Examples")).toBeGreaterThan(0);
    expect(text.indexOf("Examples")).toBeLessThan(text.indexOf("--help "));
  });

  test("has examples that parse, into this mode or one it tells of", async () => {
    const lines = PAGES[mode].examples
      .map(([line]) => line)
      .filter((line) => line.startsWith("ncx "));
    for (const line of lines) {
      // What stands after > < | is the shell's.
      const argv = (/^[^<>|]*/.exec(line)?.[0] ?? "").trim().split(" ").slice(1);
      const args = await parse(argv, { name: "ncx", env: {} });
      if (mode !== "connect") expect(args.mode, line).toBe(mode);
    }
    expect(lines.length).toBeGreaterThan(0);
  });
});

test("the help of ncx names every mode, and says that each has its own", () => {
  const text = helpText("connect");
  for (const mode of MODES)
    if (mode !== "connect" && mode !== "listen")
      expect(text).toMatch(new RegExp(`^  ncx ${mode} `, "m"));
  expect(text).toContain("Each mode has a help of its own");
});

test.each(["-iL, --input-list FILE", "-oG, --greppable FILE", "-oX, --xml FILE"])(
  "the help of scan has %s",
  (line) => expect(helpText("scan")).toContain(`\n  ${line} `),
);

test("the letters are the personality's", () => {
  expect(helpText("connect")).toMatch(/^ {2}-o, --output FILE/m);
  const traditional = helpText("connect", { personality: PERSONALITIES.traditional });
  expect(traditional).toMatch(/^ {2}-o, --hex-dump FILE/m);
  expect(traditional).toMatch(/^ {6}--output FILE/m);
});

test("the version is package.json's", () => {
  const file = new URL("../../../package.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ version: VERSION });
});
