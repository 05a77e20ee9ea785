// oxlint-disable-next-line typescript/triple-slash-reference -- what declares a package cannot be imported
/// <reference path="./node-pty.d.ts" />
/**
 * A program in a terminal of its own, as a connection. What is written is typed, and what is read is what the screen
 * gets: lines end in CR LF, and what is typed is echoed where the program wants it so. Needs node-pty.
 */
import type * as nodePty from "node-pty";
import type { PtyEndpoint } from "../core/endpoint.ts";
import { NcxError, quote, wrap } from "../core/errors.ts";
import { hasProcessGroups, signalGroup } from "../platform/process-group.ts";
import { findProgram } from "../platform/programs.ts";
import { signalName } from "../platform/signal-names.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { noteExit, type ProgramExit } from "./program-exit.ts";
import { noteTerminal } from "./program-terminal.ts";
import { PtyStream, type Terminal } from "./pty-stream.ts";
import type { DialOptions, ProgramOptions } from "./transport.ts";

type NodePty = Pick<typeof nodePty, "spawn">;

/** Milliseconds between SIGHUP and SIGKILL. */
const GRACE = 2000;
const TERMINAL = { columns: 80, rows: 24, name: "xterm-256color" };
/** The same interface; the second one comes built. */
const PACKAGES: readonly (() => Promise<NodePty>)[] = [
  () => import("node-pty"),
  () => import("@lydell/node-pty"),
];

/**
 * Starts the program in a new terminal. The end of our output is ^D, typed again until the program has ended. Once it
 * has, the last of its output is read, and then the stream ends.
 *
 * @throws {NcxError} UNSUPPORTED without node-pty; REFUSED, DENIED or ADDRESS when the program cannot be run; ABORTED.
 */
export async function dial(endpoint: PtyEndpoint, options: DialOptions): Promise<Connection> {
  const { signal, program = {} } = options;
  const act = `run ${quote(endpoint.command[0] ?? "")}`;
  if (signal?.aborted) throw wrap(act, signal.reason, { endpoint });
  const nodePty = await check(endpoint, program);
  const terminal = openTerminal(nodePty, endpoint, program, act);
  const stream = new PtyStream(terminal);
  const exit = stream.exited.then(({ exitCode, signal: number }): ProgramExit => {
    const name = number ? signalName(number) : null;
    return { code: name === null ? exitCode : null, signal: name };
  });
  const connection = makeConnection({ stream, local: endpoint, remote: endpoint });
  const close = connection[Symbol.asyncDispose];
  const running = {
    ...connection,
    async [Symbol.asyncDispose]() {
      if (!stream.over) hangUp(terminal);
      await close();
      const late = setTimeout(() => kill(terminal), program.grace ?? GRACE);
      await stream.exited;
      clearTimeout(late);
    },
  };
  noteTerminal(running, (columns, rows) => stream.resize(columns, rows));
  return noteExit(running, exit);
}

/**
 * Looks whether there are terminals here, and the program.
 *
 * @throws {NcxError} as `dial` does.
 */
export async function check(endpoint: PtyEndpoint, { env }: ProgramOptions): Promise<NodePty> {
  const nodePty = await loadPty();
  const [file = ""] = endpoint.command;
  // It would start in any case, and only then find that there is nothing to run.
  if (env || file.includes("/")) findProgram(file, env ?? {});
  return nodePty;
}

async function loadPty(): Promise<NodePty> {
  let cause: unknown;
  for (const load of PACKAGES) {
    try {
      return await load();
    } catch (error) {
      cause ??= error;
    }
  }
  throw new NcxError("UNSUPPORTED", "Cannot open a terminal: node-pty is not installed", {
    hint: "npm install node-pty (where it brings no build for this system, it needs Python and a C++ compiler)",
    cause,
  });
}

function openTerminal(
  { spawn }: NodePty,
  { command }: PtyEndpoint,
  { env, terminal = TERMINAL }: ProgramOptions,
  act: string,
): Terminal {
  const [file = "", ...args] = command;
  try {
    return spawn(file, args, {
      name: terminal.name ?? TERMINAL.name,
      cols: terminal.columns,
      rows: terminal.rows,
      encoding: null, // bytes
      ...(env && { env: { ...env } }),
    });
  } catch (error) {
    throw wrap(act, error);
  }
}

/** As when a terminal's window is closed. */
function hangUp(terminal: Terminal): void {
  if (hasProcessGroups()) signalGroup(terminal.pid, "SIGHUP");
}

function kill(terminal: Terminal): void {
  if (hasProcessGroups()) signalGroup(terminal.pid, "SIGKILL");
  else terminal.kill();
}
