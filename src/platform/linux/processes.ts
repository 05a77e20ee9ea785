/** Facts about processes: proc_pid_stat(5), proc_pid_cmdline(5), proc_pid_cgroup(5), passwd(5). */
import { statSync } from "node:fs";
import type { ProcessFacts, Processes, ProcessQuery } from "../_sockets.ts";
import { nameFrom, read, target } from "./_read.ts";

/** Bytes of a command line that are shown: some are megabytes long. */
const LONGEST_COMMAND = 4096;

/** The processes as they are now: each is read when it is asked for. */
export async function readProcesses({ more }: ProcessQuery = {}): Promise<Processes> {
  let users: ReadonlyMap<number, string> | undefined;
  const user = (uid: number): string | undefined =>
    (users ??= parsePasswd(read("/etc/passwd"))).get(uid);
  return { user, facts: (pid) => factsOf(pid, user, more) };
}

function factsOf(
  pid: number,
  user: Processes["user"],
  more: boolean | undefined,
): ProcessFacts | undefined {
  const stat = parseStat(read(`/proc/${pid}/stat`));
  // What has ended and only waits for its parent to ask has nothing open any more.
  if (!stat || stat.state === "Z" || stat.state === "X") return undefined;
  const cmdline = read(`/proc/${pid}/cmdline`).slice(0, LONGEST_COMMAND);
  const words = cmdline.replace(/\0+$/, "").split("\0");
  const uid = ownerOf(pid);
  const name = uid === undefined ? undefined : user(uid);
  return {
    pid,
    parent: stat.parent,
    name: nameFrom(stat.name, cmdline),
    started: stat.started,
    // A kernel thread, and a process that took its own away, have no command line.
    ...(cmdline !== "" && { title: words[0] ?? "", command: words.join(" ") }),
    ...(uid !== undefined && { uid }),
    ...(name !== undefined && { user: name }),
    ...(more === true && {
      cwd: target(`/proc/${pid}/cwd`),
      cgroup: read(`/proc/${pid}/cgroup`),
    }),
  };
}

/** Name, parent and start of a process from the text of its stat file; undefined where that is no such text. */
export function parseStat(
  text: string,
): { name: string; state: string; parent: number; started: string } | undefined {
  // The name, in parentheses, may hold anything, parentheses too.
  const [open, close] = [text.indexOf("("), text.lastIndexOf(")")];
  if (open < 0 || close < open) return undefined;
  // Field 3, the state, is the first after the name; 4 is the parent, 22 the start in clock ticks since boot.
  const fields = text.slice(close + 2).split(" ");
  const [state = "", parent = "", started = ""] = [fields[0], fields[1], fields[19]];
  if (!/^\d+$/.test(parent) || !/^\d+$/.test(started)) return undefined;
  return { name: text.slice(open + 1, close), state, parent: Number(parent), started };
}

/** Names of users by number, from lines `name:password:uid:...`. */
export function parsePasswd(text: string): Map<number, string> {
  const users = new Map<number, string>();
  for (const [, name = "", uid] of text.matchAll(/^([^:\n#]+):[^:\n]*:(\d{1,10}):/gm))
    if (!users.has(Number(uid))) users.set(Number(uid), name);
  return users;
}

function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}
