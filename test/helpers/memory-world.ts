/** A world for run() without a process: what would be typed, and what would be printed. */
import { PassThrough, Readable } from "node:stream";
import { run } from "../../src/cli/run.ts";
import type { World } from "../../src/cli/world.ts";

export interface MemoryWorldOptions {
  /** All of stdin. @default {""} */
  input?: string;
  env?: Readonly<Record<string, string>>;
  /** The name it is called by. @default {"ncx"} */
  name?: string;
  /** Whether the three streams are terminals. @default {false} */
  tty?: boolean;
}

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, to its end. */
export async function runInMemory(
  argv: readonly string[],
  options: MemoryWorldOptions = {},
): Promise<Printed> {
  const { input = "", env = {}, name = "ncx", tty = false } = options;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [textOf(stdout), textOf(stderr)];
  const world: World = {
    name,
    argv,
    env,
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    stderr,
    isTTY: { stdin: tty, stdout: tty, stderr: tty },
    columns: 80,
    stop: new AbortController().signal,
    abort: new AbortController().signal,
    unread: new AbortController().signal,
  };
  const code = await run(world);
  stdout.end();
  stderr.end();
  return { code, stdout: await out, stderr: await err };
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
