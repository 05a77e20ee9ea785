/** Which process holds a listening socket: its inode from /proc/net, then whose /proc/PID/fd has that inode. */
import { basename, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type NetPlace, type Owner, type Place, inTheWay } from "../_owner.ts";
import { list, nameFrom, read, target } from "./_read.ts";
import { parseInetTable, parseUnixTable } from "./proc-net.ts";

/** A socket in the way; a unix one with the path that it was bound to. */
interface Suspect {
  readonly inode: number;
  readonly path?: string;
}

/** The holder, as far as this user may see it; the search is given up once `signal` aborts. */
export async function findHolder(endpoint: Place, signal: AbortSignal): Promise<Owner | undefined> {
  const suspects = endpoint.kind === "unix" ? listenersAt(endpoint.path) : socketsOn(endpoint);
  if (suspects.length === 0) return undefined;
  let owner: Owner | undefined;
  let best = suspects.length;
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    if (signal.aborted || best === 0) break;
    const open = new Set(list(`/proc/${pid}/fd`).map((fd) => target(`/proc/${pid}/fd/${fd}`)));
    const rank = suspects.findIndex((suspect) => open.has(`socket:[${suspect.inode}]`));
    if (rank >= 0 && rank < best && isThere(suspects[rank]?.path, endpoint, pid)) {
      best = rank;
      owner = { name: nameOf(pid), pid: Number(pid) };
    }
    // /proc is read without waiting, many times as fast as with; between processes everything else has its turn.
    await setImmediate();
  }
  return owner;
}

function socketsOn(endpoint: NetPlace): Suspect[] {
  const rows = [endpoint.kind, `${endpoint.kind}6`]
    .flatMap((table) => parseInetTable(read(`/proc/net/${table}`), endpoint.kind))
    .filter((row) => row.inode !== 0 && (endpoint.kind === "udp" || row.state === "LISTEN"));
  return inTheWay(rows, endpoint);
}

function listenersAt(path: string): Suspect[] {
  const rows = parseUnixTable(read("/proc/net/unix")).filter((row) => row.listening);
  if (path.startsWith("@")) return rows.filter((row) => row.path === path.replace(/@+$/, ""));
  return rows.filter((row) => row.path !== undefined && basename(row.path) === basename(path));
}

/** Only the holder's own directory tells where a relative path is. */
function isThere(bound: string | undefined, endpoint: Place, pid: string): boolean {
  if (endpoint.kind !== "unix" || bound === undefined || bound.startsWith("@")) return true;
  return resolve(target(`/proc/${pid}/cwd`), bound) === resolve(endpoint.path);
}

function nameOf(pid: string): string {
  return nameFrom(read(`/proc/${pid}/comm`), read(`/proc/${pid}/cmdline`));
}
