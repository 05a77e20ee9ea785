/**
 * Writes docs/netcat-compat.md from the personalities and the table of options: `npx tsx scripts/compat-table.ts`. A test
 * holds the committed page to it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inNcx } from "../src/cli/doctor/explain.ts";
import { describeIn, PROGRAMS, rowOf, valueOf } from "../src/cli/doctor/programs.ts";
import type { Meaning, Program } from "../src/cli/doctor/programs.ts";
import type { Option } from "../src/cli/options/index.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** One flag of one program. */
export interface Fate {
  readonly program: string;
  /** `-w`, `--wait`: all its spellings there. */
  readonly spellings: readonly string[];
  readonly meaning: Meaning;
  readonly status: string;
  /** The test that names it, where it works. */
  readonly test?: string;
}

/** A test's path and text. */
export type TestFile = readonly [path: string, text: string];

const TITLES: readonly (readonly [name: string, title: string, note: string])[] = [
  ["ncat", "ncat 7.93", "`--compat ncat`, or ncx called `ncat`. Long names may be cut short."],
  ["openbsd", "OpenBSD nc, Debian 1.219", "`--compat openbsd`, or ncx called `nc`."],
  ["traditional", "Traditional netcat 1.10-47", "`--compat traditional`."],
  ["busybox", "BusyBox nc 1.35", "`ncx doctor` reads it; `--compat` does not."],
  [
    "openbsd-tls",
    "OpenBSD's own nc: its TLS",
    "By ncx's long names only: the letters are Debian's.",
  ],
  ["gnu", "GNU netcat 0.7.1", "`ncx doctor` reads it; `--compat` does not."],
  ["macos", "macOS nc, where it differs", "`ncx doctor` reads it; `--compat` does not."],
];

/** Every flag of every program, in the order of the data. */
export function fates(tests: readonly TestFile[]): Fate[] {
  return TITLES.flatMap(([name]) => {
    const program = programNamed(name);
    return flagsOf(program).map(([spellings, meaning]) => {
      const test = works(meaning) ? findTest(spellings, meaning, program, tests) : undefined;
      return {
        program: name,
        spellings,
        meaning,
        status: statusOf(meaning, program),
        ...(test !== undefined && { test }),
      };
    });
  });
}

/** The page, formatted as oxfmt leaves it. */
export function compatPage(tests: readonly TestFile[]): string {
  const all = fates(tests);
  const sections = TITLES.flatMap(([name, title, note]) => [
    `## ${title}`,
    "",
    note,
    "",
    ...table(
      ["flag", "what it does there", "in ncx", "status", "named in"],
      all.filter((fate) => fate.program === name).map((fate) => cells(fate, programNamed(name))),
    ),
    "",
  ]);
  return [
    "# Netcat's flags, one by one",
    "",
    "<!-- Made by scripts/compat-table.ts from the table of options. Do not edit. -->",
    "",
    "What every flag of the other netcats means in ncx. _Works_: it does there what it says, and the test in the last",
    "column names it. _No effect_: it is accepted, and a line says why nothing comes of it. _Refused_: using it is an error",
    "(exit code 2) that gives the reason. `ncx doctor 'nc -lvp 8080'` tells the same of one command line;",
    "[compat.md](modes/compat.md) has the defaults and the wording that change.",
    "",
    ...sections,
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** The tests that run what they name: not those of lines that are wrong, and curl's letters are not netcat's. */
export function testFiles(): TestFile[] {
  return ["cli", "interop", "integration", "pty"].flatMap((folder) =>
    readdirSync(join(ROOT, "test", folder))
      .filter((name) => name.endsWith(".test.ts") && !/^(http|doctor|bad-input)/.test(name))
      .toSorted()
      .map((name) => {
        const path = `test/${folder}/${name}`;
        return [path, readFileSync(join(ROOT, path), "utf8")] as const;
      }),
  );
}

/** Whether it does something in ncx. */
export function works(meaning: Meaning): boolean {
  if (typeof meaning !== "string") return meaning.rest === true || meaning.ncx !== undefined;
  const row = rowOf(meaning);
  return row !== undefined && !row.later && row.refused === undefined && row.ignored === undefined;
}

function statusOf(meaning: Meaning, { compat }: Program): string {
  const fine = compat === undefined ? "as shown" : "works";
  if (typeof meaning !== "string") return works(meaning) ? fine : "none";
  const row = rowOf(meaning);
  if (!row || row.later) return "not yet there";
  if (row.refused !== undefined) return `refused: ${row.refused}`;
  return typeof row.ignored === "string" ? `no effect: ${row.ignored}` : fine;
}

/** The flags that are a program's own, those of one meaning and arity together. */
function flagsOf(program: Program): (readonly [spellings: string[], meaning: Meaning])[] {
  const named = [
    ...Object.entries(program.letters ?? {}).map(([letter, to]) => [`-${letter}`, to] as const),
    ...Object.entries(program.longs ?? {}).map(([long, to]) => [`--${long}`, to] as const),
  ].filter(([spelling, meaning]) => isOwn(spelling, meaning, program));
  const grouped = new Map<string, [string[], Meaning]>();
  for (const [spelling, meaning] of named) {
    const key = typeof meaning === "string" ? meaning : meaning.does;
    const group = grouped.get(key);
    if (group) group[0].push(spelling);
    else grouped.set(key, [[spelling], meaning]);
  }
  return [...grouped.values()];
}

/** Of what is OpenBSD nc's with changes, only those. */
function isOwn(spelling: string, meaning: Meaning, { name }: Program): boolean {
  if (name !== "openbsd-tls" && name !== "macos") return true;
  return programNamed("openbsd").letters?.[spelling.slice(1)] !== meaning;
}

function findTest(
  spellings: readonly string[],
  meaning: Meaning,
  { compat }: Program,
  tests: readonly TestFile[],
): string | undefined {
  if (typeof meaning !== "string") return undefined;
  const row = rowOf(meaning);
  if (!row) return undefined;
  const words = [...(compat === undefined ? [] : spellings), ...namesOf(row)];
  const longs = words.filter((word) => word.startsWith("--")).map(named);
  const letters = words.filter((word) => !word.startsWith("--")).map(lettered);
  // Beside the program itself, else by a name that nothing else has, else by its letter.
  const beside = spellings.map((word) => new RegExp(`"${compat}",(?: \\d+,)? "${word}"`));
  for (const patterns of [beside, longs, letters]) {
    const found = tests.find(([, text]) => patterns.some((pattern) => pattern.test(text)));
    if (found) return found[0];
  }
  return undefined;
}

/** `--wait` as a word. */
function named(word: string): RegExp {
  return new RegExp(`["'\`\\s]${word}(?=["'\`=\\s])`);
}

/** `-w`, `-vw`, as the whole of a text. */
function lettered(word: string): RegExp {
  return new RegExp(`["'\`]-[46CNUbdklnrtuvz]*${word.slice(1)}[46CNUbdklnrtuvz]*["'\`]`);
}

function namesOf(row: Option): string[] {
  const longs = [row.name, ...(row.aliases ?? [])].map((name) => `--${name}`);
  return row.letter === undefined ? longs : [`-${row.letter}`, ...longs];
}

function cells({ spellings, meaning, status, test }: Fate, program: Program): string[] {
  const value = valueOf(meaning);
  const flag = spellings.map((spelling) => `\`${spelling}\``).join(", ");
  const own = inNcx(meaning);
  return [
    value === undefined ? flag : `${flag} ${value}`,
    describeIn(meaning, program),
    works(meaning) ? own.replace(/^(-\S.*)$/, "`$1`") : own.replace(/^none: .*/, ""),
    status === "none" ? own : status,
    test === undefined ? "" : test.replace(/^test\//, ""),
  ];
}

/** A table with its columns padded. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = [], ...rest] = all;
  return [
    line(first),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...rest.map(line),
  ];
}

function programNamed(name: string): Program {
  const program = PROGRAMS.find((each) => each.name === name);
  if (!program) throw new Error(`no program is called ${name}`);
  return program;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, "docs/netcat-compat.md"), compatPage(testFiles()));
}
