/** Rows as ss (iproute2) prints them with -n and -p. */
import type { PortEntry, SocketState } from "../../ports/index.ts";
import { printable } from "../table.ts";

const STATES: Partial<Record<SocketState, string>> = {
  ESTABLISHED: "ESTAB",
  UNCONNECTED: "UNCONN",
  FIN_WAIT1: "FIN-WAIT-1",
  FIN_WAIT2: "FIN-WAIT-2",
  CLOSE: "UNCONN",
};
const TYPES: Partial<Record<NonNullable<PortEntry["type"]>, string>> = {
  stream: "u_str",
  dgram: "u_dgr",
  seqpacket: "u_seq",
};
const ORDER: Readonly<Record<PortEntry["protocol"], number>> = { unix: 0, udp: 1, tcp: 2 };

export interface SsOptions {
  /** With the owner, unless it is root, and the inode. */
  extend?: boolean | undefined;
  /** No titles. */
  noHeader?: boolean | undefined;
}

/** The table, unix first, then UDP, then TCP. */
export function ssText(entries: readonly PortEntry[], options: SsOptions = {}): string {
  const sorted = entries.toSorted((a, b) => ORDER[a.protocol] - ORDER[b.protocol]);
  const rows = sorted.map((entry) => cellsOf(entry, options));
  const heads = ["Netid", "State", "Recv-Q", "Send-Q", "Local Address", "Peer Address"] as const;
  const widths = heads.map((head, at) =>
    rows.reduce((most, row) => Math.max(most, (row[at] ?? "").length), head.length),
  );
  const ports = [6, 7].map((at) =>
    rows.reduce((most, row) => Math.max(most, (row[at] ?? "").length), "Port".length),
  );
  const line = (cells: readonly string[]): string => {
    const [netid = "", state = "", received = "", sent = "", local = "", peer = ""] = cells;
    const [localPort = "", peerPort = "", users = ""] = cells.slice(6);
    const [one = 0, two = 0, three = 0, four = 0, five = 0, six = 0] = widths;
    const left = `${netid.padEnd(one)} ${state.padEnd(two)} ${received.padEnd(three)} ${sent.padEnd(four)}`;
    const joint = netid.startsWith("u_") ? " " : ":";
    const there = `${peer.padStart(six)}${joint}${peerPort.padEnd(ports[1] ?? 0)}`;
    return `${left} ${local.padStart(five)}${joint}${localPort.padEnd(ports[0] ?? 0)} ${there} ${users}`.trimEnd();
  };
  const titles = options.noHeader ? [] : [[...heads, "Port", "Port", "Process"]];
  return [...titles, ...rows].map((cells) => `${line(cells)}\n`).join("");
}

function cellsOf(entry: PortEntry, { extend }: SsOptions): string[] {
  const { protocol, type = "unknown", state, receiveQueue = 0, sendQueue = 0 } = entry;
  const netid = protocol === "unix" ? (TYPES[type] ?? "u_???") : protocol;
  const word = STATES[state] ?? state.replaceAll("_", "-");
  const start = [netid, word, `${receiveQueue}`, `${sendQueue}`];
  const users = extend ? `${usersOf(entry)} ${ownerOf(entry)}` : usersOf(entry);
  if (protocol === "unix")
    return [...start, printable(entry.address) || "*", "*", `${entry.inode ?? 0}`, "0", users];
  const [local, remote] = [hostOf(entry.address), hostOf(entry.remoteAddress)];
  return [...start, local, remote, portOf(entry.port), portOf(entry.remotePort), users];
}

function ownerOf({ uid = 0, inode = 0 }: PortEntry): string {
  return `${uid === 0 ? "" : `uid:${uid} `}ino:${inode}`;
}

function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function portOf(port: number): string {
  return port === 0 ? "*" : `${port}`;
}

function usersOf({ processes }: PortEntry): string {
  if (processes.length === 0) return "";
  const users = processes.map(
    ({ program, pid, fd }) => `("${printable(program)}",pid=${pid},fd=${fd ?? 0})`,
  );
  return `users:(${users.join(",")})`;
}
