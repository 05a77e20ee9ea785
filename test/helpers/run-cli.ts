/** The built command as a real process. Nothing here sleeps: tests wait for what it prints, or for its end. */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** The file under test. */
export const CLI: string = join(dirname(dirname(import.meta.dirname)), "dist", "cli.cjs");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All of stdout, as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  /** All of stdout, as it came. */
  readonly bytes: Buffer;
}

export interface StartOptions {
  /** Where stdin comes from: a descriptor, or "ignore" for /dev/null. @default {"pipe"} */
  stdin?: "pipe" | "ignore" | number;
  stdout?: "pipe" | "ignore" | number;
  stderr?: "pipe" | "ignore" | number;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Another program than the command itself. */
  program?: string;
  argv0?: string;
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly stdin: Writable;
  /** Resolves with the first match in what was, or will be, printed on stderr; rejects when the process ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** The same for stdout. */
  gave(pattern: RegExp): Promise<RegExpExecArray>;
  /** What stderr has been given so far. */
  stderr(): string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the command. Its stdin stays open until the test ends it. Disposal kills what is still running. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  const { program, stdin = "pipe", stdout = "pipe", stderr = "pipe", env, cwd, argv0 } = options;
  const stdio: StdioOptions = [stdin, stdout, stderr];
  const words = program === undefined ? [CLI, ...args] : [...args];
  const child = spawn(program ?? process.execPath, words, {
    stdio,
    env: { ...plainEnvironment(), ...env },
    ...(cwd !== undefined && { cwd }),
    ...(argv0 !== undefined && { argv0 }),
  });
  const out = gather(child.stdout);
  const err = gather(child.stderr);
  // A child that has gone does not read what a test still writes.
  child.stdin?.on("error", () => {});
  const ended = once(child, "close").then(([code, signal]): Ended => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: out.text(),
    stderr: err.text(),
    bytes: out.bytes(),
  }));
  const name = `ncx ${args.join(" ")}`;
  return {
    child,
    pid: child.pid ?? 0,
    stdin: child.stdin as Writable, // only asked for where it is a pipe
    said: (pattern) => err.match(pattern, ended, `${name}: stderr`),
    gave: (pattern) => out.match(pattern, ended, `${name}: stdout`),
    stderr: () => err.text(),
    ended,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs the command to its end, `input` being all of its stdin. */
export async function run(
  args: readonly string[],
  options: StartOptions & { input?: string | Buffer } = {},
): Promise<Ended> {
  await using running = start(args, options);
  if ((options.stdin ?? "pipe") === "pipe") running.stdin.end(options.input ?? "");
  return await running.ended;
}

export interface Listening extends Running {
  readonly port: number;
}

/** Starts a listener or a relay with `-v`, and waits until it says which port it has. */
export async function startListening(
  args: readonly string[],
  options: StartOptions = {},
): Promise<Listening> {
  const running = start([...args, "-v"], options);
  const [, port] = await running.said(/(?:Listening|Bound|listening) on \S*?[:\] ]+(\d+)\b/);
  return Object.assign(running, { port: Number(port) });
}

/** A folder for the test's files, removed with all that is in it. */
export async function scratch(
  within: string = tmpdir(),
): Promise<AsyncDisposable & { path(name: string): string }> {
  const folder = await mkdtemp(join(within, "ncx-"));
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Gathered {
  text(): string;
  bytes(): Buffer;
  match(pattern: RegExp, ended: Promise<unknown>, what: string): Promise<RegExpExecArray>;
}

/** Reads a stream to its end, and looks for matches in what came. */
function gather(stream: Readable | null): Gathered {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  const bytes = (): Buffer => Buffer.concat(chunks);
  const text = (): string => bytes().toString();
  return {
    bytes,
    text,
    match(pattern, ended, what) {
      return new Promise((resolve, reject) => {
        const look = (): boolean => {
          const found = pattern.exec(text());
          if (!found) return false;
          stream?.off("data", look);
          resolve(found);
          return true;
        };
        if (look()) return;
        stream?.on("data", look);
        void ended.then(() => look() || reject(new Error(`${what} has no ${pattern}: ${text()}`)));
      });
    },
  };
}

/** Without what would change how the command speaks. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const {
    NO_COLOR: _,
    FORCE_COLOR: __,
    NCX_COMPAT: ___,
    NODE_OPTIONS: ____,
    NCX_REPORT: _____,
    NCX_BIG: ______,
    ...rest
  } = process.env;
  return rest;
}
