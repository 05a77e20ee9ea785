/** Plain tables: columns as wide as what is in them, two spaces between. */

export interface Column<T> {
  readonly title: string;
  cell(row: T): string;
  /** Numbers are told apart best from the right. @default {"left"} */
  readonly align?: "left" | "right";
}

export interface TableOptions {
  /** Lines are cut to this many characters. Default: not at all. */
  width?: number | undefined;
  /** Leaves the titles out. @default {false} */
  noHeader?: boolean | undefined;
}

/** The rows under their titles, a line each. A column that is empty throughout is left out. */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { width = Infinity, noHeader = false }: TableOptions = {},
): string {
  const shown: string[][] = [];
  for (const { title, cell, align } of columns) {
    const cells = eachOnce(rows.map(cell), printable);
    if (cells.some((text) => text !== ""))
      shown.push(aligned(noHeader ? cells : [title, ...cells], align));
  }
  let text = "";
  for (let at = 0; at < rows.length + (noHeader ? 0 : 1); at += 1) {
    let line = "";
    for (const cells of shown) line += cells[at] ?? "";
    text += `${cut(line.trimEnd(), width)}\n`;
  }
  return text;
}

/** Characters that the last column gets, or is left out: what is cut shorter says nothing. */
const LEAST = 12;

/**
 * The columns that fit into lines of `width` characters. Where all do not, those of `dropping` are left out, the first of
 * them first, until they do; of the last column, which may be cut, a part is enough.
 */
export function fittingColumns<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { width, dropping }: { readonly width: number; readonly dropping: readonly string[] },
): { readonly fitting: readonly Column<T>[]; readonly dropped: readonly string[] } {
  const widths = new Map(columns.map((column) => [column, widthOf(rows, column)]));
  let fitting = columns.filter((column) => (widths.get(column) ?? 0) > 0);
  const dropped: string[] = [];
  const needed = (): number =>
    fitting.reduce((sum, column, at) => {
      const whole = widths.get(column) ?? 0;
      return sum + (at < fitting.length - 1 ? whole + 2 : Math.min(whole, LEAST));
    }, 0);
  for (const title of dropping) {
    if (needed() <= width) break;
    const fewer = fitting.filter((column) => column.title !== title);
    if (fewer.length < fitting.length) dropped.push(title);
    fitting = fewer;
  }
  return { fitting, dropped };
}

/** As wide as the widest of its cells, or its title; 0 where all are empty. */
function widthOf<T>(rows: readonly T[], { title, cell }: Column<T>): number {
  const widest = rows.reduce((most, row) => Math.max(most, cell(row).length), 0);
  return widest === 0 ? 0 : Math.max(widest, title.length);
}

/** All as wide as the widest, and two spaces. */
function aligned(cells: readonly string[], align: Column<never>["align"]): string[] {
  const width = cells.reduce((most, cell) => Math.max(most, cell.length), 0);
  return eachOnce(cells, (cell) =>
    align === "right" ? `${cell.padStart(width)}  ` : cell.padEnd(width + 2),
  );
}

/** The same as map(); of equal texts in a row, such as a table of thousands has in most columns, one is made. */
function eachOnce(texts: readonly string[], make: (text: string) => string): string[] {
  let last: string | undefined;
  let made = "";
  return texts.map((text) => {
    if (text !== last) made = make((last = text));
    return made;
  });
}

/** Rows of comma-separated values, RFC 4180, with LF at the end of a line. */
export function formatCsv(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows
    .map((row) => `${row.map((value) => quoted(String(value ?? ""))).join(",")}\n`)
    .join("");
}

/** What a terminal may be given: others' programs choose their names, and control characters do things to it. */
export function printable(text: string): string {
  // Nearly all texts are plain, and to test that takes a tenth of the time.
  if (/^[\x20-\x7E]*$/.test(text)) return text;
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
