/** What two processes were doing when they should long have ended: for the hang that nobody can reproduce. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { peer } from "./peers-installed.ts";
import type { Ended, Running } from "./run-cli.ts";

/**
 * Waits until all have ended. One that fails ends the wait for the others: what they wait for will not come.
 *
 * @throws {Error} after `ms`, or at the first failure, with all that the system tells about those that still live.
 */
export async function allEnded(
  processes: readonly Running[],
  ms: number,
  written: string,
): Promise<Ended[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tell = (): void =>
      reject(new Error(`after ${ms} ms:\n${describeAll(processes, written)}`));
    timer = setTimeout(tell, ms);
  });
  const each = processes.map(async (running) => {
    const ended = await running.ended;
    if (ended.code === 0) return ended;
    const how = `${nameOf(running)} ended with ${ended.code ?? ended.signal}`;
    throw new Error(`${how}:\n${describeAll(processes, written)}`);
  });
  try {
    return await Promise.race([Promise.all(each), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Each process, the size of the file so far, and the sockets of its port. */
function describeAll(processes: readonly Running[], written: string): string {
  return [
    ...processes.map(describeOne),
    `${written}: ${attempt(() => `${statSync(written).size} bytes`)}`,
    attempt(() => sockets(processes)),
  ].join("\n");
}

function describeOne(running: Running): string {
  const { pid, child } = running;
  const over = child.exitCode !== null || child.signalCode !== null;
  const lives = over ? `ended with ${child.exitCode ?? child.signalCode}` : "lives";
  const lines = [`${nameOf(running)} (pid ${pid}) ${lives}; stderr: ${running.stderr()}`];
  if (over || process.platform !== "linux") return lines.join("\n");
  const file = (name: string): string =>
    attempt(() => readFileSync(`/proc/${pid}/${name}`, "utf8"));
  const state = /^State:.*/m.exec(file("status"))?.[0] ?? "no state";
  lines.push(`  ${state}, wchan ${file("wchan")}`, `  stack: ${file("stack")}`);
  lines.push(attempt(() => descriptors(pid)));
  return lines.join("\n");
}

/** Where each descriptor leads, and its position. */
function descriptors(pid: number): string {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => {
      const to = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
      const info = attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
      return `  fd ${fd} -> ${to} ${info.replaceAll(/\s+/g, " ")}`;
    })
    .join("\n");
}

/** The lines of `ss` that name one of the processes, or the port that one of them said it listens on. */
function sockets(processes: readonly Running[]): string {
  const ports = processes.flatMap((one) => /on \S*?[:\] ]+(\d+)\b/i.exec(one.stderr())?.[1] ?? []);
  const wanted = [
    ...processes.map(({ pid }) => `pid=${pid},`),
    ...ports.map((port) => `:${port} `),
  ];
  const all = execFileSync(peer("ss"), ["-tanpe"], { encoding: "utf8" });
  return all
    .split("\n")
    .filter((line) => wanted.some((part) => line.includes(part)))
    .join("\n");
}

function nameOf({ child }: Running): string {
  return child.spawnargs.join(" ");
}

/** What can't be read is said, too: a process may end while we look. */
function attempt(look: () => string): string {
  try {
    return look();
  } catch (error) {
    return `(${String(error)})`;
  }
}

/** A place for large files: memory where there is plenty, for a slow disk looks like a hang. */
export function roomyFolder(bytes: number): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize >= bytes) return "/dev/shm";
  } catch {
    // not on this system
  }
  return tmpdir();
}
