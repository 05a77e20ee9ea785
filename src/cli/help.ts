/** The text of --help: examples first, then the options from the table, in groups. */
import type { Mode } from "./args.ts";
import { described, PAGES, shownOptions, signature } from "./manual.ts";
import { PERSONALITIES } from "./personality.ts";
import type { Personality } from "./personality.ts";

export interface HelpOptions {
  /** Whose letters to show. @default {PERSONALITIES.ncx} */
  personality?: Personality;
}

const WIDTH = 80;
/** Signatures are at most this wide; a longer one has its help on the next line. */
const COLUMN = 27;

/** `ncx --help` for connect, `ncx relay --help` for relay, and so on. Ends with a newline. */
export function helpText(mode: Mode, options: HelpOptions = {}): string {
  const { personality = PERSONALITIES.ncx } = options;
  const page = PAGES[mode];
  const lines = [
    `ncx${mode === "connect" ? "" : ` ${mode}`}: ${page.summary}`,
    "",
    "Usage",
    ...page.usage.map((line) => `  ${line}`),
    "",
    "Examples",
    ...examples(mode),
    ...page.notes.flatMap((note) => ["", ...wrapText(note, WIDTH)]),
  ];
  for (const [group, rows] of shownOptions(mode)) {
    lines.push("", group);
    for (const row of rows) {
      lines.push(...entry(signature(row, mode, personality), described(row, mode)));
    }
  }
  return `${lines.join("\n")}\n`;
}

function examples(mode: Mode): string[] {
  const { examples: pairs } = PAGES[mode];
  const widest = Math.max(...pairs.map(([line]) => line.length).filter((length) => length <= 38));
  return pairs.flatMap(([line, purpose]) =>
    line.length > widest
      ? [`  ${line}`, `  ${"".padEnd(widest + 2)}${purpose}`]
      : [`  ${line.padEnd(widest + 2)}${purpose}`],
  );
}

function entry(left: string, help: string): string[] {
  const wrapped = wrapText(help, WIDTH - COLUMN - 4);
  const indent = " ".repeat(COLUMN + 4);
  if (left.length > COLUMN) return [`  ${left}`, ...wrapped.map((line) => indent + line)];
  return wrapped.map(
    (line, index) => (index === 0 ? `  ${left.padEnd(COLUMN + 2)}` : indent) + line,
  );
}

/** Lines of at most `width` characters, broken at spaces; a longer word stands alone. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
