/** The kernel's socket tables, /proc/net/{tcp,tcp6,udp,udp6,unix}: proc_pid_net(5). Text in, rows out; no files. */
import { endianness } from "node:os";
import type { SocketState } from "../_sockets.ts";
import type { Held } from "./holders.ts";

// include/net/tcp_states.h, by number. An unconnected UDP socket is in CLOSE, a connected one in ESTABLISHED.
const STATES: readonly KernelState[] = [
  "UNKNOWN",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
];

// include/uapi/linux/net.h: socket types that unix sockets have, by number.
const UNIX_TYPES = ["unknown", "stream", "dgram", "unknown", "unknown", "seqpacket"] as const;

/** include/uapi/linux/net.h: __SO_ACCEPTCON, set while a unix socket listens. */
const ACCEPTS = 0x10000;

type KernelState = Exclude<SocketState, "UNCONNECTED">;

/** One line of tcp, tcp6, udp or udp6. */
export interface InetSocket extends Held {
  readonly uid: number | undefined;
  /** 0 for a socket that no process holds any more, such as one in TIME_WAIT. */
  readonly inode: number;
}

/** One line of unix. */
export interface UnixRow {
  readonly type: (typeof UNIX_TYPES)[number];
  readonly listening: boolean;
  readonly connected: boolean;
  readonly inode: number;
  readonly references: number;
  /** As it was bound, so perhaps relative to the holder's directory; `@name` if abstract; absent if unnamed. */
  readonly path?: string;
}

/** Whose byte order the 32-bit words of an address are printed in: the machine's own. */
export type ByteOrder = "LE" | "BE";

// Thousands of lines are read before any compiler has warmed up: one expression over the text is what is quick then.
// sl: local remote state sendQueue:receiveQueue timer:when retransmits uid timeout inode
const INET_LINE =
  /^[ \t]*\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{2}) ([\dA-F]{8}):([\dA-F]{8}) [\dA-F]{2}:[\dA-F]{1,16} [\dA-F]{8} +(\d{1,10}) +\d{1,10} (\d{1,16})(?![^\s])/gim;

/**
 * Reads tcp and tcp6, or udp and udp6. Lines that aren't whole are passed over: the table may change while it is read.
 * It is one object a line, the socket as it is handed on: there may be thousands.
 */
export function parseInetTable(
  text: string,
  protocol: "tcp" | "udp",
  order: ByteOrder = endianness(),
): InetSocket[] {
  const sockets: InetSocket[] = [];
  // Most sockets of a machine share a few addresses.
  const known = new Map<string, string>();
  const addressOf = (digits: string): string => {
    let address = known.get(digits);
    if (address === undefined) known.set(digits, (address = formatAddress(digits, order)));
    return address;
  };
  const line = new RegExp(INET_LINE);
  for (let found = line.exec(text); found !== null; found = line.exec(text)) {
    const local = found[1] ?? "";
    const state = STATES[parseInt(found[5] ?? "", 16)] ?? "UNKNOWN";
    const uid = Number(found[8]);
    const inode = Number(found[9]);
    sockets.push({
      protocol,
      family: local.length === 8 ? 4 : 6,
      address: addressOf(local),
      port: parseInt(found[2] ?? "", 16),
      remoteAddress: addressOf(found[3] ?? ""),
      remotePort: parseInt(found[4] ?? "", 16),
      state: protocol === "udp" && state === "CLOSE" ? "UNCONNECTED" : state,
      receiveQueue: parseInt(found[7] ?? "", 16),
      sendQueue: parseInt(found[6] ?? "", 16),
      // What no process has any more, such as what is in TIME_WAIT, the kernel calls root's: nobody knows whose it was.
      uid: uid === 0 && inode === 0 && !isArriving(state) ? undefined : uid,
      inode,
      holders: NOBODY,
    });
  }
  return sockets;
}

const NOBODY: readonly never[] = [];

/** A connection that nobody has accepted yet has no inode, and the owner of its listener. */
function isArriving(state: KernelState): boolean {
  return state === "SYN_RECV" || state === "NEW_SYN_RECV";
}

/** Reads unix. */
export function parseUnixTable(text: string): UnixRow[] {
  const rows: UnixRow[] = [];
  for (const line of text.split("\n")) {
    const match =
      /^[\da-f]+: ([\da-f]+) [\da-f]+ ([\da-f]{8}) ([\da-f]{4}) ([\da-f]{2}) +(\d+)(?: (.+))?$/i.exec(
        line,
      );
    if (!match) continue;
    const [, references = "", flags = "", type = "", state = "", inode = "", path] = match;
    rows.push({
      type: UNIX_TYPES[parseInt(type, 16)] ?? "unknown",
      listening: (parseInt(flags, 16) & ACCEPTS) !== 0,
      connected: state === "03",
      inode: Number(inode),
      references: parseInt(references, 16),
      ...(path !== undefined && { path: withoutPadding(path) }),
    });
  }
  return rows;
}

/** `0100007F`, or 32 digits for v6, as an address. */
function formatAddress(digits: string, order: ByteOrder): string {
  const bytes = Buffer.from(digits, "hex");
  if (order === "LE") bytes.swap32();
  return bytes.length === 4 ? bytes.join(".") : formatV6(bytes);
}

/** The text form of RFC 5952: lower case, the longest run of zero groups as `::`. */
function formatV6(bytes: Buffer): string {
  if (bytes.subarray(0, 12).toString("hex") === "00000000000000000000ffff") {
    return `::ffff:${bytes.subarray(12).join(".")}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    bytes.readUInt16BE(index * 2).toString(16),
  );
  const full = groups.join(":");
  const runs = full.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return full;
  const at = full.search(new RegExp(`\\b${longest}\\b`));
  return `${full.slice(0, at).replace(/:$/, "")}::${full.slice(at + longest.length).replace(/^:/, "")}`;
}

/** The kernel writes each NUL of an abstract name as "@"; some programs, Node 20 too, fill the name up with NULs. */
function withoutPadding(path: string): string {
  return path.startsWith("@") ? path.replace(/@+$/, "") : path;
}
