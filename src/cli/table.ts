/** Plain tables: columns as wide as what is in them, two spaces between. */

export interface Column<T> {
  readonly title: string;
  cell(row: T): string;
  /** Numbers are told apart best from the right. @default {"left"} */
  readonly align?: "left" | "right";
}

export interface TableOptions {
  /** Lines are cut to this many characters. Default: not at all. */
  width?: number;
}

/** The rows under their titles, a line each. A column that is empty throughout is left out. */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { width = Infinity }: TableOptions = {},
): string {
  const cells = columns.map((column) => rows.map((row) => printable(column.cell(row))));
  const shown = columns
    .map((column, at) => ({ ...column, cells: cells[at] ?? [] }))
    .filter((column) => column.cells.some((cell) => cell !== ""));
  const widths = shown.map(({ title, cells: found }) =>
    found.reduce((most, cell) => Math.max(most, cell.length), title.length),
  );
  const line = (texts: readonly string[]): string => {
    const padded = texts.map((text, at) =>
      shown[at]?.align === "right" ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0),
    );
    return `${cut(padded.join("  ").trimEnd(), width)}\n`;
  };
  const lines = [line(shown.map(({ title }) => title))];
  for (const at of rows.keys()) lines.push(line(shown.map((column) => column.cells[at] ?? "")));
  return lines.join("");
}

/** Rows of comma-separated values, RFC 4180, with LF at the end of a line. */
export function formatCsv(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows
    .map((row) => `${row.map((value) => quoted(String(value ?? ""))).join(",")}\n`)
    .join("");
}

/** What a terminal may be given: others' programs choose their names, and control characters do things to it. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach a terminal
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g, "?");
}

/** The line, or as much of it as fits, with an ellipsis. */
export function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
