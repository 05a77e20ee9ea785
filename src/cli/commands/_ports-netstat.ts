/** Rows as netstat (net-tools) prints them with -n and -p. */
import type { PortEntry, PortProcess } from "../../ports/index.ts";
import { printable } from "../table.ts";

export interface NetstatOptions {
  /** Cut neither addresses nor programs. */
  wide?: boolean | undefined;
  /** Whether connections were asked for: the title says so. */
  all?: boolean | undefined;
  /** With the owner and the inode of each socket; a unix socket's inode is there anyway. */
  extend?: boolean | undefined;
  /** The owner by number. */
  numeric?: boolean | undefined;
  /** No titles. */
  noHeader?: boolean | undefined;
}

/** Characters of "PID/Program name", and of "address:port", that netstat shows. */
const PROGRAM = 19;
const PLACE = 22;

/** Both tables, each only where there is something for it. */
export function netstatText(entries: readonly PortEntry[], options: NetstatOptions = {}): string {
  const what = options.all ? "(servers and established)" : "(only servers)";
  const inet = entries.filter(({ protocol }) => protocol !== "unix");
  const unix = entries.filter(({ protocol }) => protocol === "unix");
  const lines: string[] = [];
  if (inet.length > 0 || unix.length === 0) {
    const owner = options.extend ? "User       Inode      " : "";
    if (!options.noHeader)
      lines.push(
        `Active Internet connections ${what}`,
        `Proto Recv-Q Send-Q Local Address           Foreign Address         State       ${owner}PID/Program name    `,
      );
    const programs = programNames(options);
    for (const entry of inet) lines.push(inetRow(entry, options, programs(entry)));
  }
  if (unix.length > 0) {
    if (!options.noHeader)
      lines.push(
        `Active UNIX domain sockets ${what}`,
        "Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path",
      );
    const programs = programNames({});
    for (const entry of unix) lines.push(unixRow(entry, programs(entry)));
  }
  return lines.map((text) => `${text}\n`).join("");
}

function inetRow(entry: PortEntry, options: NetstatOptions, program: string): string {
  const { wide = false, extend } = options;
  const { protocol, family, receiveQueue = 0, sendQueue = 0, state } = entry;
  const name = `${protocol}${family === 6 ? "6 " : "  "} `;
  const idle = receiveQueue === 0 && sendQueue === 0;
  const queues = idle ? IDLE : `${`${receiveQueue}`.padStart(6)} ${`${sendQueue}`.padStart(6)}`;
  const local = placeOf(entry.address, entry.port, wide).padEnd(23);
  const remote = placeOf(entry.remoteAddress, entry.remotePort, wide).padEnd(23);
  const word = state === "UNCONNECTED" ? "" : state;
  return `${name}${queues} ${local} ${remote} ${word.padEnd(11)} ${extend ? ownerOf(entry, options) : ""}${program}`;
}

/** netstat calls root's what is nobody's, as the kernel does. */
function ownerOf({ uid = 0, user, inode = 0 }: PortEntry, { numeric }: NetstatOptions): string {
  const name = numeric ? `${uid}` : (user ?? `${uid}`);
  return `${name.padEnd(10)} ${`${inode}`.padEnd(10)} `;
}

/** Both queues of most sockets. */
const IDLE = "     0      0";

function unixRow(entry: PortEntry, program: string): string {
  const { references = 0, type = "", state, inode = 0, address } = entry;
  const flags = (state === "LISTEN" ? "[ ACC ]" : "[ ]").padEnd(11);
  const word = { LISTEN: "LISTENING", ESTABLISHED: "CONNECTED" }[state as string] ?? ""; // a unix socket has no other
  return `unix  ${String(references).padEnd(6)} ${flags} ${type.toUpperCase().padEnd(10)} ${word.padEnd(13)} ${String(inode).padEnd(8)} ${program} ${printable(address)}`;
}

/** Without -W the address is cut, never the port. A mapped v4 address is shown as v4. */
function placeOf(address: string, port: number, wide: boolean): string {
  const text = port === 0 ? "*" : `${port}`;
  const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
  return `${wide ? plain : plain.slice(0, PLACE - text.length)}:${text}`;
}

/** The last column of a row, made once for each process. */
function programNames({ wide = false }: NetstatOptions): (entry: PortEntry) => string {
  const known = new Map<number, string>();
  const nobody = "-".padEnd(PROGRAM + 1);
  return ({ processes: [process] }) => {
    if (!process) return nobody;
    let name = known.get(process.pid);
    if (name === undefined)
      known.set(process.pid, (name = programOf(process, wide).padEnd(PROGRAM + 1)));
    return name;
  };
}

function programOf({ pid, program, title = program }: PortProcess, wide: boolean): string {
  // Only a path loses its folders: "sshd: /usr/sbin/sshd" is no path.
  const name = title.startsWith("/") ? title.slice(title.lastIndexOf("/") + 1) : title;
  const text = printable(`${pid}/${name}`);
  return wide ? text : text.slice(0, PROGRAM);
}
