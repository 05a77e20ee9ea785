/** Entries as our own table, as CSV and as JSON. */
import type { PortEntry, Why } from "../../ports/index.ts";
import {
  fittingColumns,
  formatCsv,
  formatTable,
  printable,
  type Column,
  type TableOptions,
} from "../table.ts";

/** What --extend adds. */
const OWNER: readonly Column<PortEntry>[] = [
  { title: "UID", cell: ({ uid }) => `${uid ?? ""}`, align: "right" },
  { title: "INODE", cell: ({ inode }) => `${inode ?? ""}`, align: "right" },
];

const COLUMNS: readonly Column<PortEntry>[] = [
  { title: "PROTO", cell: ({ protocol, family }) => `${protocol}${family === 6 ? "6" : ""}` },
  { title: "LOCAL", cell: localPlace },
  { title: "REMOTE", cell: remotePlace },
  { title: "STATE", cell: ({ state }) => (state === "UNCONNECTED" ? "-" : state) },
  { title: "OPEN TO", cell: ({ exposure = "" }) => exposure },
  { title: "SERVICE", cell: ({ service = "" }) => service },
  { title: "CATEGORY", cell: ({ category = "" }) => category },
  { title: "USER", cell: ({ user = "" }) => user },
  { title: "PID", cell: pidsOf, align: "right" },
  { title: "PROGRAM", cell: ({ program = "" }) => program },
  { title: "COMMAND", cell: ({ command = "" }) => command },
];

const EXTENDED: readonly Column<PortEntry>[] = COLUMNS.flatMap((column) =>
  column.title === "USER" ? [column, ...OWNER] : [column],
);

export interface LookOptions extends TableOptions {
  /** With the owner's number and the inode. @default {false} */
  extend?: boolean | undefined;
}

/** What narrow terminals do without, the first first: what is where, and whose, stays to the last. */
const DROPPING = ["CATEGORY", "OPEN TO", "SERVICE", "USER", "COMMAND", "INODE", "UID", "STATE"];

/** Our own look, and the titles of the columns that `width` has no room for; what is too long all the same is cut. */
export function tableText(
  entries: readonly PortEntry[],
  { extend, width, noHeader }: LookOptions = {},
): { readonly text: string; readonly dropped: readonly string[] } {
  const columns = extend ? EXTENDED : COLUMNS;
  if (width === undefined)
    return { text: formatTable(entries, columns, { noHeader }), dropped: [] };
  const { fitting, dropped } = fittingColumns(entries, columns, { width, dropping: DROPPING });
  return { text: formatTable(entries, fitting, { width, noHeader }), dropped };
}

/** `127.0.0.1:80`, `[::1]:80`, a path. */
function localPlace({ protocol, address, port }: PortEntry): string {
  return protocol === "unix" ? address || "(unnamed)" : placeOf(address, port);
}

/** One entry in a line: what opened, what is to be ended. */
export function inOneLine(entry: PortEntry): string {
  const { service, user, pid, program, command } = entry;
  const words = [
    placesInOneLine(entry),
    service === undefined ? "" : `(${service})`,
    pid === undefined ? "" : `${program} pid ${pid}`,
    user === undefined ? "" : `user ${user}`,
    command ?? "",
  ];
  return printable(words.filter((word) => word !== "").join("  "));
}

/** The socket alone, without whose it is. */
export function placesInOneLine(entry: PortEntry): string {
  const { protocol, family, state } = entry;
  const remote = remotePlace(entry);
  const words = [
    `${protocol}${family === 6 ? "6" : ""}`,
    remote === "" ? localPlace(entry) : `${localPlace(entry)} -> ${remote}`,
    state === "UNCONNECTED" ? "" : state,
  ];
  return words.filter((word) => word !== "").join("  ");
}

/** A JSON array, one entry a line. */
export function jsonText(
  entries: readonly PortEntry[],
  reasons?: ReadonlyMap<number, Why>,
): string {
  const lines = entries.map((entry) => JSON.stringify(withReason(entry, reasons)));
  return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

/** Values of the first process; the others are in the JSON alone. */
export function csvText(
  entries: readonly PortEntry[],
  { noHeader = false }: Pick<TableOptions, "noHeader"> = {},
): string {
  const names = [
    "protocol",
    "family",
    "address",
    "port",
    "remoteAddress",
    "remotePort",
    "state",
    "exposure",
    "category",
    "service",
    "user",
    "pid",
    "program",
    "command",
    "receiveQueue",
    "sendQueue",
    "inode",
    "uid",
  ] as const;
  const rows = entries.map((entry) => names.map((name) => entry[name]));
  return formatCsv(noHeader ? rows : [names, ...rows]);
}

function withReason(entry: PortEntry, reasons?: ReadonlyMap<number, Why>): object {
  if (!reasons) return entry;
  const why = entry.processes
    .map(({ pid }) => reasons.get(pid))
    .filter((reason) => reason !== undefined);
  return { ...entry, why };
}

function remotePlace({ protocol, remoteAddress, remotePort }: PortEntry): string {
  return protocol === "unix" || remotePort === 0 ? "" : placeOf(remoteAddress, remotePort);
}

function placeOf(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** The first one, and how many more there are. */
function pidsOf({ processes, pid }: PortEntry): string {
  if (pid === undefined) return "";
  if (processes.length === 1) return `${pid}`;
  const others = new Set(processes.map((process) => process.pid)).size - 1;
  return others === 0 ? `${pid}` : `${pid} +${others}`;
}
