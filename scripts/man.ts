/** Writes man/ncx.1 from the table of options: `npx tsx scripts/man.ts`. A test holds the committed page to it. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Mode } from "../src/cli/args.ts";
import {
  described,
  ENVIRONMENT,
  EXIT_CODES,
  PAGES,
  shortOf,
  shownOptions,
} from "../src/cli/manual.ts";
import { takesValue } from "../src/cli/options/index.ts";
import type { Option } from "../src/cli/options/index.ts";
import { VERSION } from "../src/cli/version.ts";

/** Those with a section of their own. */
const MODES: readonly Mode[] = [
  "relay",
  "http",
  "telnet",
  "scan",
  "ports",
  "services",
  "wait",
  "free-port",
  "capture",
  "doctor",
  "completion",
];

/** The page that the table makes, in roff. See groff_man(7). */
export function manPage(): string {
  const lines = [
    '.\\" Made by scripts/man.ts from the table of options. Do not edit.',
    `.TH NCX 1 "" "ncx ${VERSION}" "User Commands"`,
    ".SH NAME",
    `ncx \\- ${roff(PAGES.connect.summary)}`,
    ".SH SYNOPSIS",
    ...synopsis(),
    ".SH DESCRIPTION",
    ...PAGES.connect.notes.slice(0, 1).flatMap((note) => [".PP", roff(note)]),
    ".SH EXAMPLES",
    ...examples("connect"),
    ".SH OPTIONS",
    "These are the options of connecting and of listening.",
    ...options("connect"),
    ...MODES.flatMap(modeSection),
    ".SH EXIT STATUS",
    ...EXIT_CODES.flatMap(([code, meaning]) => tagged(`.B ${roff(code)}`, roff(meaning))),
    ".PP",
    "The exit codes of ncx http are those of",
    ".BR curl (1).",
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, meaning]) => tagged(`.B ${roff(name)}`, roff(`${meaning}.`))),
    ".SH SEE ALSO",
    ".BR nc (1),",
    ".BR ncat (1),",
    ".BR socat (1),",
    ".BR curl (1)",
  ];
  return `${lines.join("\n")}\n`;
}

function synopsis(): string[] {
  // Beside a usage stands what it does, two spaces or more away; a mode's own page has the whole of it.
  const [connecting = "", listening = ""] = PAGES.connect.usage.map(
    (line) => line.split(/ {2,}/)[0] ?? "",
  );
  const lines = [connecting, listening, ...MODES.flatMap((mode) => PAGES[mode].usage)];
  return lines.flatMap((line, index) => [...(index === 0 ? [] : [".br"]), roff(line)]);
}

function modeSection(mode: Mode): string[] {
  const { summary, usage, notes, tables = [] } = PAGES[mode];
  return [
    `.SH ${mode.toUpperCase()}`,
    ...usage.flatMap((line, index) => [...(index === 0 ? [] : [".br"]), `.B ${roff(line)}`]),
    ".PP",
    roff(sentence(summary)),
    ...notes.flatMap((note) => [".PP", roff(note)]),
    ...examples(mode),
    ...tables.flatMap(([title, rows]) => [
      `.SS ${title}`,
      ...rows.flatMap(([what, meaning]) => tagged(`.B ${roff(what)}`, roff(`${meaning}.`))),
    ]),
    ...options(mode),
  ];
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[?!.]$/.test(text) ? "" : "."}`;
}

function examples(mode: Mode): string[] {
  return PAGES[mode].examples.flatMap(([line, purpose]) =>
    tagged(`.B ${roff(line)}`, roff(purpose)),
  );
}

function options(mode: Mode): string[] {
  return shownOptions(mode).flatMap(([group, rows]) => [
    `.SS ${group}`,
    ...rows.flatMap((row) => tagged(tag(row, mode), roff(`${described(row, mode)}.`))),
  ]);
}

/** `.BI "\-w\fR, \fB\-\-wait " TIME`: the names in bold, the value in italics. */
function tag(row: Option, mode: Mode): string {
  const short = shortOf(row, mode);
  const before = short === undefined ? "" : `${roff(`-${short}`)}\\fR, \\fB`;
  const names = `${before}${roff(`--${row.name}`)}`;
  return takesValue(row)
    ? `.BI "${names} " "${roff(row.placeholder ?? "VALUE")}"`
    : `.B "${names}"`;
}

function tagged(tagLine: string, text: string): string[] {
  return [".TP", tagLine, text];
}

/** Text as roff prints it: its escape, its dashes and quotes, and no line that begins like a request. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll('"', "\\(dq")
    .replaceAll("'", "\\(aq")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replace(/^[.]/, "\\&.");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../man/ncx.1", import.meta.url), manPage());
}
