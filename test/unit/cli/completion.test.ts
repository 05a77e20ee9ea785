import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { completionScript, SHELLS } from "../../../src/cli/completion.ts";
import { OPTIONS } from "../../../src/cli/options/index.ts";

const directory = mkdtempSync(join(tmpdir(), "ncx-completion-"));
afterAll(() => rmSync(directory, { recursive: true }));

function has(shell: string): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

function run(command: string, args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: directory });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

function scriptOf(shell: string): string {
  const path = join(directory, `ncx.${shell}`);
  writeFileSync(path, completionScript(shell));
  return path;
}

/** The words, the last of them unfinished, and what is offered for it. */
const OFFERS: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [["ncx", "--liste"], ["--listen"]],
  [["ncx", "rel"], ["relay"]],
  [["ncx", "relay", "--dr"], ["--drain"]],
  [
    ["ncx", "http", "--js"],
    ["--json", "--json-output"],
  ],
  [["ncx", "-v", "http", "--loc"], ["--location"]],
  [
    ["ncx", "--eol", "cr"],
    ["cr", "crlf"],
  ],
  [["ncx", "completion", ""], SHELLS],
];

describe.skipIf(!has("bash"))("bash", () => {
  test.each(OFFERS)("%j offers %j", (words, offered) => {
    const ask = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ncx; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const found = run("bash", ["--norc", "-c", ask, "ask", scriptOf("bash"), ...words]);
    expect(found.toSorted()).toEqual(offered.toSorted());
  });

  test("--eol=c is three words to bash", () => {
    const ask = `source "$1"; COMP_WORDS=(ncx --eol = c); COMP_CWORD=3; _ncx; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(run("bash", ["--norc", "-c", ask, "ask", scriptOf("bash")])).toEqual(["crlf", "cr"]);
  });

  test("a FILE completes to files", () => {
    writeFileSync(join(directory, "a-file"), "");
    const ask = `source "$1"; COMP_WORDS=(ncx -o a-f); COMP_CWORD=2; _ncx; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(run("bash", ["--norc", "-c", ask, "ask", scriptOf("bash")])).toEqual(["a-file"]);
  });
});

describe.skipIf(!has("fish"))("fish", () => {
  test.each(OFFERS)("%j offers %j", (words, offered) => {
    const ask = `source ${scriptOf("fish")}; complete -C '${words.join(" ")}'`;
    const found = run("fish", ["--no-config", "-c", ask]).map((line) => line.split("\t")[0] ?? "");
    expect(found.toSorted()).toEqual(offered.toSorted());
  });
});

test.skipIf(!has("zsh"))("zsh reads its script", () => {
  expect(run("zsh", ["-f", "-n", scriptOf("zsh")])).toEqual([]);
});

test.each(SHELLS)("the script of %s has every option that works", (shell) => {
  const script = completionScript(shell);
  // fish writes them without their dashes.
  const word = (name: string): string => (shell === "fish" ? `-l ${name} ` : `--${name}`);
  const shown = OPTIONS.filter((row) => row.help !== undefined);
  expect(shown.filter((row) => !script.includes(word(row.name)))).toEqual([]);
  const hidden = OPTIONS.filter((row) => row.later).map((row) => row.name);
  expect(hidden.filter((name) => name === "raw" && script.includes(word(name)))).toEqual([]);
});

test("another shell is a usage error that names those there are", () => {
  expect(() => completionScript("tcsh")).toThrow(
    expect.objectContaining({ code: "USAGE", hint: "use bash, zsh, fish, powershell" }),
  );
});
