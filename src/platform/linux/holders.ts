/** Who has sockets open: /proc/PID/fd of every process, a link `socket:[inode]` for each. */
import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Directory, Holder } from "../_sockets.ts";
import { pids } from "./_read.ts";

export interface HolderQuery {
  /** All holders, rather than the first: else the search ends once each socket has one. */
  readonly everyHolder: boolean;
  readonly directory?: Directory;
  readonly signal?: AbortSignal;
}

/** The holders of these sockets by inode, the lowest pid first. Processes that end meanwhile, or are closed to us, are passed over. */
export async function findHolders(
  wanted: ReadonlySet<number>,
  { everyHolder, directory, signal }: HolderQuery,
): Promise<Map<number, Holder[]>> {
  const found = new Map<number, Holder[]>();
  if (wanted.size === 0) return found;
  const home = directory && homeOf(directory);
  const enter = home === undefined ? undefined : directory?.enter;
  try {
    for (const pid of pids()) {
      signal?.throwIfAborted();
      gather(pid, wanted, found, enter);
      if (!everyHolder && found.size === wanted.size) break;
      // /proc is read without waiting, many times as fast as with; between processes everything else has its turn,
      // unless it would find itself in another directory.
      if (!enter) await setImmediate();
    }
  } finally {
    if (home !== undefined) enter?.(home);
  }
  return found;
}

function gather(
  pid: number,
  wanted: ReadonlySet<number>,
  found: Map<number, Holder[]>,
  enter: Directory["enter"] | undefined,
): void {
  let folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    if (enter) {
      enter(folder);
      folder = ".";
    }
    names = readdirSync(folder);
  } catch {
    return; // it has ended, or is another user's
  }
  const start = enter ? "" : `${folder}/`;
  for (const name of names) {
    let link: string;
    try {
      link = readlinkSync(start + name);
    } catch {
      continue; // closed meanwhile
    }
    if (!link.startsWith("socket:[")) continue;
    const inode = Number(link.slice(8, -1));
    if (!wanted.has(inode)) continue;
    const holder = { pid, fd: Number(name) };
    const others = found.get(inode);
    if (others) others.push(holder);
    else found.set(inode, [holder]);
  }
}

/** Undefined where it is gone: then there would be no way back. */
function homeOf(directory: Directory): string | undefined {
  try {
    return directory.current();
  } catch {
    return undefined;
  }
}
