/** The world of a real process. */
import { basename } from "node:path";
import { isatty } from "node:tty";
import { errnoOf, wrap } from "../core/errors.ts";
import { processTerminal } from "./process-terminal.ts";
import type { Signals } from "./signals.ts";
import type { World } from "./world.ts";

/** The streams are made when they are first asked for: a probe needs no stdin, and making it costs time. */
export function processWorld({ stop, abort }: Signals): World {
  return {
    name: basename(process.argv[1] ?? "ncx"),
    argv: process.argv.slice(2),
    env: process.env,
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return tolerant(process.stdout);
    },
    get stderr() {
      return tolerant(process.stderr);
    },
    get isTTY() {
      return { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) };
    },
    get terminal() {
      return isatty(0) ? processTerminal() : undefined;
    },
    get columns() {
      return process.stderr.columns ?? 80;
    },
    stop,
    abort,
    unread: unread.signal,
  };
}

const unread = new AbortController();

const opened = new Set<NodeJS.WriteStream>();
/** The first failure of each; a destroyed stream over a file forgets it. */
const failures = new Map<NodeJS.WriteStream, Error>();

/** A reader that went away (`| head -1`) is not an error: whoever writes finds the stream destroyed. */
function tolerant(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (!opened.has(stream)) {
    opened.add(stream);
    stream.on("error", (error) => {
      failures.set(stream, error);
      if (stream === process.stdout) unread.abort();
    });
  }
  return stream;
}

/** Resolves once all that was written to stdout and stderr is out, or nobody reads it any more. */
export async function flushed(): Promise<void> {
  await Promise.all([...opened].map(flush));
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

/** Why stdout could not be written, other than that nobody reads it any more. */
export function outputFailure(): string | undefined {
  const { stdout } = process;
  const failure = opened.has(stdout) ? (failures.get(stdout) ?? stdout.errored) : undefined;
  if (!failure || errnoOf(failure) === "EPIPE") return undefined;
  return wrap("write to stdout", failure).message;
}
