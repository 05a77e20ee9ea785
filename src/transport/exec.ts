/**
 * A program as a connection: what it writes on stdout is read, and what is written is its stdin.
 *
 * Each program leads a process group, which is what a peer that goes away ends: SIGHUP, and after `grace` SIGKILL.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { ExecEndpoint, ShEndpoint } from "../core/endpoint.ts";
import { NcxError, quote, wrap } from "../core/errors.ts";
import { sleep } from "../core/sleep.ts";
import { hasProcessGroups, signalGroup } from "../platform/process-group.ts";
import { findProgram } from "../platform/programs.ts";
import { shellLine, withJoinedStderr, type CommandLine } from "../platform/shell.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { joinStreams } from "../stream/join-streams.ts";
import { noteExit, type ProgramExit } from "./program-exit.ts";
import type { DialOptions, ProgramOptions } from "./transport.ts";

type ProgramEndpoint = ExecEndpoint | ShEndpoint;

/** Milliseconds between SIGHUP and SIGKILL. */
const GRACE = 2000;
/** Milliseconds after which it is looked again whether all of a group have ended: nothing tells. */
const LOOK_AGAIN = 20;

/**
 * Starts the program. Both halves of the stream have ended once the program has.
 *
 * @throws {NcxError} REFUSED, DENIED or ADDRESS when it cannot be run; LIMIT; ABORTED.
 */
export async function dial(endpoint: ProgramEndpoint, options: DialOptions): Promise<Connection> {
  const { signal, program = {} } = options;
  const { grace = GRACE } = program;
  const act = `run ${nameOf(endpoint)}`;
  if (signal?.aborted) throw wrap(act, signal.reason, { endpoint });
  const { child, stdin, stdout, exit } = await start(endpoint, program, act);
  const stream = joinStreams({ readable: stdout, writable: stdin, over: exit });
  const connection = makeConnection({ stream, local: endpoint, remote: endpoint });
  const close = connection[Symbol.asyncDispose];
  return noteExit(
    {
      ...connection,
      async [Symbol.asyncDispose]() {
        const hungUp = hangUp(child, stdout);
        await close();
        if (hungUp) await endWithin(grace, child, exit);
      },
    },
    exit,
  );
}

/**
 * Looks whether the program is there, without starting it.
 *
 * @throws {NcxError} REFUSED, DENIED or ADDRESS.
 */
export function check(endpoint: ProgramEndpoint, { env }: ProgramOptions): void {
  const { file } = commandLine(endpoint, env);
  if (env || file.includes("/")) findProgram(file, env ?? {});
}

function commandLine(endpoint: ProgramEndpoint, env: ProgramOptions["env"]): CommandLine {
  if (endpoint.kind === "sh") return shellLine(endpoint.command, env);
  const [file = "", ...args] = endpoint.command;
  return { file, args };
}

function nameOf(endpoint: ProgramEndpoint): string {
  return quote(endpoint.kind === "sh" ? endpoint.command : (endpoint.command[0] ?? ""));
}

interface Started {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exit: Promise<ProgramExit>;
}

async function start(
  endpoint: ProgramEndpoint,
  { env, stderr = "inherit" }: ProgramOptions,
  act: string,
): Promise<Started> {
  const plain = commandLine(endpoint, env);
  const line = stderr === "peer" ? joined(plain, endpoint, env) : plain;
  try {
    const child = spawn(line.file, line.args, {
      stdio: ["pipe", "pipe", "inherit"],
      detached: hasProcessGroups(),
      windowsHide: true,
      windowsVerbatimArguments: line.verbatim === true,
      ...(env && { env: { ...env } }),
    });
    const exit = new Promise<ProgramExit>((resolve) =>
      child.once("exit", (code, signal) => resolve({ code, signal })),
    );
    await started(child);
    const { stdin, stdout } = child;
    if (!stdin || !stdout) throw new NcxError("INTERNAL", `Cannot ${act}: it has no pipes`);
    return { child, stdin, stdout, exit };
  } catch (error) {
    throw wrap(act, error, { endpoint });
  }
}

/** The shell that arranges it would start in any case: so what is missing has to be seen before. */
function joined(
  line: CommandLine,
  endpoint: ProgramEndpoint,
  env: ProgramOptions["env"],
): CommandLine {
  check(endpoint, { ...(env && { env }) });
  const both = withJoinedStderr(line);
  if (both) return both;
  throw new NcxError(
    "UNSUPPORTED",
    `Cannot run ${nameOf(endpoint)}: this system cannot send its stderr to the peer`,
    { hint: "use a line of the shell that ends in 2>&1" },
  );
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    // It stays: a signal that cannot be sent is told here as well, and ends nothing.
    child.on("error", reject);
  });
}

/** Nobody talks to the program any more; whether there was one to be told. */
function hangUp(child: ChildProcess, stdout: Readable): boolean {
  // One that has ended may have left others behind, who still write; without them the group's number may be another's.
  if (isOver(child) && stdout.readableEnded) return false;
  end(child, "SIGHUP");
  return true;
}

/** Some members of a group may not heed SIGHUP, also after its leader has. */
async function endWithin(
  grace: number,
  child: ChildProcess,
  exit: Promise<ProgramExit>,
): Promise<void> {
  const deadline = performance.now() + grace;
  const late = setTimeout(() => end(child, "SIGKILL"), grace);
  await exit;
  clearTimeout(late);
  while (hasGroup(child) && performance.now() < deadline) await sleep(LOOK_AGAIN);
  if (hasGroup(child)) end(child, "SIGKILL");
}

function hasGroup({ pid }: ChildProcess): boolean {
  return pid !== undefined && hasProcessGroups() && signalGroup(pid, 0);
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function end(child: ChildProcess, signal: "SIGHUP" | "SIGKILL"): void {
  if (child.pid !== undefined && hasProcessGroups()) signalGroup(child.pid, signal);
  else child.kill("SIGKILL"); // Windows has no signal that only asks
}
