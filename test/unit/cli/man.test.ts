import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { manPage } from "../../../scripts/man.ts";
import { OPTIONS } from "../../../src/cli/options/index.ts";

const page = new URL("../../../man/ncx.1", import.meta.url);
const groff = spawnSync("groff", ["--version"]).status === 0;

test("man/ncx.1 is what the table makes: npx tsx scripts/man.ts", () => {
  expect(readFileSync(page, "utf8")).toBe(manPage());
});

test("the page has every option that works", () => {
  const text = manPage().replaceAll("\\-", "-");
  const missing = OPTIONS.filter(
    (row) => row.help !== undefined && !text.includes(`--${row.name}`),
  );
  expect(missing).toEqual([]);
});

test("the page names every mode, and ends each sentence once", () => {
  const text = manPage().replaceAll("\\-", "-");
  const [name = ""] = /^ncx - .*$/m.exec(text) ?? [];
  for (const word of ["netcat", "telnet", "port tools"]) expect(name).toContain(word);
  expect(text).toContain("\nncx wait [OPTION]... TARGET... [-- COMMAND [WORD]...]\n");
  expect(text).not.toMatch(/[?!]\.$/m);
});

test("the page has every command of telnet's prompt", () => {
  const [, section = ""] = manPage().split(".SS Commands of the prompt");
  for (const word of "quit close open status help send mode toggle display set unset environ logout z !".split(
    " ",
  ))
    expect(section).toContain(word);
});

test.skipIf(!groff)("groff finds nothing wrong with the page and keeps its dashes", () => {
  const { status, stdout, stderr } = spawnSync("groff", ["-man", "-Tascii", "-ww"], {
    input: manPage(),
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  // Groff's bold is a letter, a backspace, the letter; or an escape.
  const plain = stdout.replace(/.\u0008|\u001B\[[\d;]*m/g, "");
  expect(plain).toContain("--keep-open");
  expect(plain).toContain(`'{"a":1}'`);
});
