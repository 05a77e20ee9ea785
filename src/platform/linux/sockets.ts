/** The sockets of this network namespace, from /proc/net. */
import type { OpenSocket, SocketQuery } from "../_sockets.ts";
import { read, readListeners } from "./_read.ts";
import { findHolders, type Held } from "./holders.ts";
import { parseInetTable, parseUnixTable } from "./proc-net.ts";

/** Every socket that the query keeps, in the kernel's order: tcp, tcp6, udp, udp6, unix. */
export async function listSockets(query: SocketQuery): Promise<OpenSocket[]> {
  const { protocols, keep, listening } = query;
  const sockets: Held[] = [];
  const byInode = new Map<number, Held>();
  const take = (socket: Held): void => {
    if (!keep(socket)) return;
    const { inode = 0 } = socket;
    // While sockets come and go the kernel may tell of one twice, at the end of a page and at the start of the next.
    if (byInode.has(inode)) return;
    if (inode !== 0) byInode.set(inode, socket);
    sockets.push(socket);
  };
  for (const protocol of ["tcp", "udp"] as const)
    if (protocols.has(protocol))
      for (const version of ["", "6"])
        parseInetTable(readInet(`${protocol}${version}`, listening), protocol).forEach(take);
  if (protocols.has("unix")) unixSockets().forEach(take);
  await findHolders(byInode, query);
  return sockets;
}

function readInet(table: string, listening: boolean): string {
  const file = `/proc/net/${table}`;
  return listening && table.startsWith("tcp") ? readListeners(file) : read(file, "latin1");
}

function unixSockets(): Held[] {
  return parseUnixTable(read("/proc/net/unix")).map((row) => ({
    protocol: "unix",
    address: row.path ?? "",
    port: 0,
    remoteAddress: "",
    remotePort: 0,
    state: row.listening ? "LISTEN" : row.connected ? "ESTABLISHED" : "UNCONNECTED",
    inode: row.inode,
    type: row.type,
    references: row.references,
    holders: [],
  }));
}
