/** A program in a terminal of its own, by node-pty; its screen is what it wrote, without what moves the cursor. */
import { once } from "node:events";
import type { spawn as spawnPty } from "node-pty";
import { TestRunner, onTestFailed, onTestFinished } from "vitest";
import { PtyStream } from "../../src/transport/pty-stream.ts";
import { CLI } from "./run-cli.ts";

export interface Terminal {
  /** Types; a newline is the Enter key. */
  type(text: string): void;
  /** Resolves once the screen has had this, after what was waited for before. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** Changes the size of the window. */
  resize(columns: number, rows: number): void;
  readonly pid: number;
  /** All that was written so far, escape sequences and all. */
  readonly raw: string;
  /** The program has ended, and all that it wrote was seen. */
  readonly exited: Promise<{ readonly exitCode: number; readonly signal?: number }>;
}

export interface TerminalOptions {
  env?: Readonly<Record<string, string>>;
  columns?: number;
}

type Spawn = typeof spawnPty;

/**
 * node-pty is an optional dependency: undefined where it could not be built. Then the run says that tests of this file
 * are skipped; in continuous integration it fails.
 */
export async function findPty(): Promise<Spawn | undefined> {
  try {
    return (await import("node-pty")).spawn;
  } catch (error) {
    const { meta } = TestRunner.getCurrentSuite().file;
    meta.missingPeers = [...(meta.missingPeers ?? []), "node-pty"];
    if (process.env["CI"]) throw error;
    return undefined;
  }
}

/** Opens a terminal for a program; it is ended with the test. */
export function openTerminal(
  spawn: Spawn,
  program: string,
  args: readonly string[],
  { env = {}, columns = 80 }: TerminalOptions = {},
): Terminal {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const pty = spawn(program, [...args], {
    name: "xterm-256color",
    cols: columns,
    rows: 24,
    encoding: null, // bytes
    env: { ...inherited, ...env } as Record<string, string>,
  });
  // By itself node-pty loses what was written last, where the program ends while we wait for a core.
  const screen = new PtyStream(pty).setEncoding("utf8");
  let raw = "";
  let seen = 0;
  let over = false;
  const watchers = new Set<() => void>();
  screen.on("data", (text: string) => {
    raw += text;
    for (const look of watchers) look();
  });
  const exited = once(screen, "close").then(() => {
    over = true;
    for (const look of watchers) look();
    return screen.exited;
  });
  let awaited: RegExp | undefined;
  onTestFailed(() => {
    const waits = awaited ? `waits for ${awaited} after` : "has shown";
    console.error(`${program} ${waits} ${JSON.stringify(screenOf(raw).slice(seen))}`);
  });
  onTestFinished(async () => {
    if (!over) pty.kill("SIGKILL");
    await exited;
  });
  return {
    type: (text) => pty.write(text.replaceAll("\n", "\r")),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(screenOf(raw).slice(seen));
          if (found) seen += found.index + found[0].length;
          else if (!over) return;
          watchers.delete(look);
          if (found) awaited = undefined;
          if (found) resolve(found);
          else reject(new Error(`the screen never showed ${pattern}: ${JSON.stringify(raw)}`));
        };
        watchers.add(look);
        awaited = pattern;
        look();
      }),
    resize: (columns, rows) => pty.resize(columns, rows),
    pid: pty.pid,
    get raw() {
      return raw;
    },
    exited,
  };
}

/** Opens a terminal for the command. */
export function openNcx(
  spawn: Spawn,
  args: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  return openTerminal(spawn, process.execPath, [CLI, ...args], options);
}

function screenOf(raw: string): string {
  return raw.replace(/\u001B\[[\d;?]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
}
