/** Who has sockets open: /proc/PID/fd of every process, a link `socket:[inode]` for each. */
import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Directory, Holder, OpenSocket } from "../_sockets.ts";
import { pids } from "./_read.ts";

export interface HolderQuery {
  /** All holders, rather than the first: else the search ends once each socket has one. */
  readonly everyHolder: boolean;
  readonly directory?: Directory;
  readonly signal?: AbortSignal;
}

/** A socket whose holders are yet to be found. */
export interface Held extends OpenSocket {
  holders: readonly Holder[];
}

/**
 * Finds the holders of these sockets, which are given by inode, the lowest pid first. Processes that end meanwhile, or
 * are closed to us, are passed over.
 */
export async function findHolders(
  sockets: ReadonlyMap<number, Held>,
  { everyHolder, directory, signal }: HolderQuery,
): Promise<void> {
  if (sockets.size === 0) return;
  const home = directory && homeOf(directory);
  const enter = home === undefined ? undefined : directory?.enter;
  let missing = sockets.size;
  try {
    for (const pid of pids()) {
      signal?.throwIfAborted();
      missing -= gather(pid, sockets, enter);
      if (!everyHolder && missing === 0) break;
      // /proc is read without waiting, many times as fast as with; between processes everything else has its turn,
      // unless it would find itself in another directory.
      if (!enter) await setImmediate();
    }
  } finally {
    if (home !== undefined) enter?.(home);
  }
}

/** Notes what of these sockets a process has open; gives how many of them are the first time that they are seen. */
function gather(
  pid: number,
  sockets: ReadonlyMap<number, Held>,
  enter: Directory["enter"] | undefined,
): number {
  let folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    if (enter) {
      enter(folder);
      folder = ".";
    }
    names = readdirSync(folder);
  } catch {
    return 0; // it has ended, or is another user's
  }
  const start = enter ? "" : `${folder}/`;
  let first = 0;
  for (const name of names) {
    let link: string;
    try {
      link = readlinkSync(start + name);
    } catch {
      continue; // closed meanwhile
    }
    if (!link.startsWith("socket:[")) continue;
    const socket = sockets.get(Number(link.slice(8, -1)));
    if (!socket) continue;
    const holder = { pid, fd: Number(name) };
    if (socket.holders.length === 0) first += 1;
    socket.holders = socket.holders.length === 0 ? [holder] : [...socket.holders, holder];
  }
  return first;
}

/** Undefined where it is gone: then there would be no way back. */
function homeOf(directory: Directory): string | undefined {
  try {
    return directory.current();
  } catch {
    return undefined;
  }
}
