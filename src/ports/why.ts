/** Why a process runs: who started it, what keeps it, and where. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readProcesses, type Processes } from "../platform/sockets.ts";

export interface Ancestor {
  readonly pid: number;
  readonly program: string;
  readonly command?: string;
}

export interface Why {
  readonly pid: number;
  /** Its parent, its parent's parent and so on, up to pid 1. */
  readonly parents: readonly Ancestor[];
  /** The unit of systemd that it belongs to. */
  readonly unit?: string;
  readonly container?: { readonly id: string; readonly runtime: string };
  /** Its control group below the root: of cgroup v2, else that of systemd's hierarchy (Linux). */
  readonly cgroup?: string;
  readonly cwd?: string;
  /** The name in the package.json of that directory. */
  readonly package?: string;
}

/** Generations that are looked at: more than any system has, should the table of processes be a circle. */
const GENERATIONS = 256;
/** Bytes of a package.json that are looked at. */
const LONGEST_PACKAGE = 2 ** 20;

/** Why each of these processes runs; one that has ended meanwhile is left out. */
export async function explainProcesses(
  pids: readonly number[],
  signal?: AbortSignal,
): Promise<Map<number, Why>> {
  const processes = await readProcesses({ more: true, ...(signal && { signal }) });
  const found = new Map<number, Why>();
  for (const pid of pids) {
    const why = explain(pid, processes);
    if (why) found.set(pid, why);
  }
  return found;
}

function explain(pid: number, processes: Processes): Why | undefined {
  const facts = processes.facts(pid);
  if (!facts) return undefined;
  const { cgroup = "", cwd = "" } = facts;
  const group = groupIn(cgroup);
  const unit = unitIn(cgroup);
  const container = containerIn(cgroup);
  const name = cwd === "" ? undefined : packageIn(cwd);
  return {
    pid,
    parents: ancestorsOf(pid, processes),
    ...(unit !== undefined && { unit }),
    ...(container && { container }),
    ...(group !== undefined && { cgroup: group }),
    ...(cwd !== "" && { cwd }),
    ...(name !== undefined && { package: name }),
  };
}

/** The parents of a process, the nearest first. */
export function ancestorsOf(pid: number, processes: Processes): Ancestor[] {
  const ancestors: Ancestor[] = [];
  let next = processes.facts(pid)?.parent;
  while (next !== undefined && next > 0 && ancestors.length < GENERATIONS) {
    const facts = processes.facts(next);
    if (!facts) break;
    const { name: program, command } = facts;
    ancestors.push({ pid: next, program, ...(command !== undefined && { command }) });
    next = facts.parent;
  }
  return ancestors;
}

/** The systemd unit in the text of a cgroup file: the last part of the path that is one. */
export function unitIn(cgroup: string): string | undefined {
  const unit = groupIn(cgroup)
    ?.split("/")
    .findLast((part) => /^[^/]+\.(service|scope|socket|mount|timer|swap)$/.test(part));
  return unit?.replace(/\\x([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
}

/** The path in the text of a cgroup file; undefined for the root, where everything is that nobody put elsewhere. */
export function groupIn(cgroup: string): string | undefined {
  return /^(?:0:|\d+:name=systemd):(\/.+)$/m.exec(cgroup)?.[1];
}

// What the runtimes name the cgroup of a container.
const RUNTIMES: readonly (readonly [runtime: string, pattern: RegExp])[] = [
  ["podman", /(?:^|\/)libpod-([\da-f]{64})(?:\.scope)?(?=\/|$)/m],
  ["cri-o", /(?:^|\/)crio-([\da-f]{64})(?:\.scope)?(?=\/|$)/m],
  ["containerd", /(?:^|\/|:)cri-containerd[-:]([\da-f]{64})(?:\.scope)?(?=\/|$)/m],
  ["docker", /(?:^|\/)docker[-/]([\da-f]{64})(?:\.scope)?(?=\/|$)/m],
  ["kubernetes", /\/kubepods[^\n]*\/([\da-f]{64})(?=\/|$)/m],
  ["lxc", /\/lxc(?:\.payload)?[./]([^/\n]+)(?=\/|$)/m],
  ["systemd-nspawn", /\/(?:machine-|systemd-nspawn@)([^/\n]+)\.(?:scope|service)(?=\/|$)/m],
];

/** The container in the text of a cgroup file. */
export function containerIn(cgroup: string): { id: string; runtime: string } | undefined {
  for (const [runtime, pattern] of RUNTIMES) {
    const id = pattern.exec(cgroup)?.[1];
    if (id !== undefined) return { id, runtime };
  }
  return undefined;
}

function packageIn(directory: string): string | undefined {
  try {
    const text = readFileSync(join(directory, "package.json"), "utf8");
    if (text.length > LONGEST_PACKAGE) return undefined;
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("name" in value)) return undefined;
    return typeof value.name === "string" ? value.name : undefined;
  } catch {
    return undefined; // there is none, or it is no business of ours
  }
}
