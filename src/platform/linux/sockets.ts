/** The sockets of this network namespace, from /proc/net. */
import type { Holder, OpenSocket, SocketProtocol, SocketQuery } from "../_sockets.ts";
import { read, readListeners } from "./_read.ts";
import { findHolders } from "./holders.ts";
import { parseInetTable, parseUnixTable } from "./proc-net.ts";

/** Every socket that the query keeps, in the kernel's order: tcp, tcp6, udp, udp6, unix. */
export async function listSockets(query: SocketQuery): Promise<OpenSocket[]> {
  const { protocols, keep, listening } = query;
  const sockets: Found[] = [];
  const inodes = new Set<number>();
  // While sockets come and go the kernel may tell of one twice, at the end of a page and at the start of the next.
  const take = (socket: Found): void => {
    const { inode = 0 } = socket;
    if (inode !== 0 && inodes.has(inode)) return;
    if (inode !== 0) inodes.add(inode);
    sockets.push(socket);
  };
  for (const protocol of ["tcp", "udp"] as const)
    if (protocols.has(protocol))
      for (const family of [4, 6] as const)
        for (const socket of inetSockets(protocol, family, listening))
          if (keep(socket)) take(socket);
  if (protocols.has("unix")) for (const socket of unixSockets()) if (keep(socket)) take(socket);
  const holders = await findHolders(inodes, query);
  for (const socket of sockets) socket.holders = holders.get(socket.inode ?? 0) ?? NOBODY;
  return sockets;
}

/** Its holders are found last. */
type Found = OpenSocket & { holders: readonly Holder[] };

function inetSockets(
  protocol: Exclude<SocketProtocol, "unix">,
  family: 4 | 6,
  listening: boolean,
): Found[] {
  const file = `/proc/net/${protocol}${family === 6 ? "6" : ""}`;
  const table = protocol === "tcp" && listening ? readListeners(file) : read(file, "latin1");
  // Field by field, as in all that is made once for each socket: a spread takes several times as long.
  return parseInetTable(table).map((row) => ({
    protocol,
    family,
    address: row.address,
    port: row.port,
    remoteAddress: row.remoteAddress,
    remotePort: row.remotePort,
    state: protocol === "udp" && row.state === "CLOSE" ? "UNCONNECTED" : row.state,
    receiveQueue: row.receiveQueue,
    sendQueue: row.sendQueue,
    uid: row.uid,
    inode: row.inode,
    holders: NOBODY,
  }));
}

function unixSockets(): Found[] {
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
    holders: NOBODY,
  }));
}

const NOBODY: readonly never[] = [];
