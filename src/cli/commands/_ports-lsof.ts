/** Rows as lsof prints them with -nP -i: one for each process and descriptor, so none for what nobody is seen to hold. */
import type { PortEntry, PortProcess } from "../../ports/index.ts";
import { formatTable, printable, type Column, type TableOptions } from "../table.ts";

interface Row {
  readonly entry: PortEntry;
  readonly process: PortProcess;
}

/** Characters of a program's name, and of a user's, that lsof shows. */
const COMMAND = 9;
const USER = 8;

const COLUMNS: readonly Column<Row>[] = [
  { title: "COMMAND", cell: ({ process }) => nameOf(process.program) },
  { title: "PID", cell: ({ process }) => `${process.pid}`, align: "right" },
  { title: "USER", cell: ({ process }) => (process.user ?? "").slice(0, USER), align: "right" },
  { title: "FD", cell: ({ process: { fd } }) => `${fd ?? ""}u`, align: "right" },
  { title: "TYPE", cell: ({ entry }) => typeOf(entry) },
  { title: "DEVICE", cell: ({ entry }) => deviceOf(entry), align: "right" },
  { title: "SIZE/OFF", cell: () => "0t0", align: "right" },
  { title: "NODE", cell: ({ entry }) => nodeOf(entry), align: "right" },
  { title: "NAME", cell: ({ entry }) => placesOf(entry) },
];

/** The table, by pid and descriptor. */
export function lsofText(
  entries: readonly PortEntry[],
  { noHeader }: Pick<TableOptions, "noHeader"> = {},
): string {
  const rows = entries
    .flatMap((entry) => entry.processes.map((process) => ({ entry, process })))
    .sort((a, b) => a.process.pid - b.process.pid || (a.process.fd ?? 0) - (b.process.fd ?? 0));
  return rows.length === 0 ? "" : formatTable(rows, COLUMNS, { noHeader });
}

function nameOf(program: string): string {
  return program.slice(0, COMMAND).replaceAll(" ", "\\x20");
}

function typeOf({ protocol, family }: PortEntry): string {
  if (protocol === "unix") return "unix";
  return family === 6 ? "IPv6" : "IPv4";
}

/** Of a unix socket lsof shows the kernel's address of it, which only the kernel knows. */
function deviceOf({ protocol, inode }: PortEntry): string {
  return protocol === "unix" ? "-" : `${inode ?? "-"}`;
}

function nodeOf({ protocol, inode }: PortEntry): string {
  return protocol === "unix" ? `${inode ?? "-"}` : protocol.toUpperCase();
}

function placesOf(entry: PortEntry): string {
  const { protocol, address, port, remoteAddress, remotePort, state, type = "" } = entry;
  if (protocol === "unix") {
    const word = { LISTEN: " (LISTEN)", ESTABLISHED: " (CONNECTED)" }[state as string] ?? ""; // no other is shown
    return `${address === "" ? "" : `${printable(address)} `}type=${type.toUpperCase()}${word}`;
  }
  const local = placeOf(address, port);
  const there = remotePort === 0 ? "" : `->${placeOf(remoteAddress, remotePort)}`;
  return `${local}${there}${protocol === "tcp" ? ` (${state})` : ""}`;
}

function placeOf(address: string, port: number): string {
  const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
  const host = plain === "0.0.0.0" || plain === "::" ? "*" : plain;
  return `${host.includes(":") ? `[${host}]` : host}:${port === 0 ? "*" : port}`;
}
