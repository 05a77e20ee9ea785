/** The system's shell. */
import { isWindows } from "./limits.ts";

/** A program as `spawn` takes it. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
  /** Windows: the arguments are one text that the program reads its own way. */
  readonly verbatim?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How a line is given to the system's shell: /bin/sh, or on Windows %ComSpec%, which is cmd.exe. */
export function shellLine(line: string, env: Environment = {}): CommandLine {
  if (!isWindows()) return { file: "/bin/sh", args: ["-c", line] };
  // With /s the outer quotes go, and all between them is the line.
  const file = env["ComSpec"] ?? "cmd.exe";
  return { file, args: ["/d", "/s", "/c", `"${line}"`], verbatim: true };
}

/**
 * The same program with its stderr going where its stdout goes: one pipe, so that both keep their order. Undefined where
 * there is no sh to arrange it.
 */
export function withJoinedStderr({ file, args }: CommandLine): CommandLine | undefined {
  if (isWindows()) return undefined;
  return { file: "/bin/sh", args: ["-c", 'exec "$0" "$@" 2>&1', file, ...args] };
}

/** The user's own shell, to be run in a terminal. */
export function userShell(env: Environment): string {
  return isWindows() ? (env["ComSpec"] ?? "cmd.exe") : env["SHELL"] || "/bin/sh";
}
