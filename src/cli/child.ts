/** The command after `--`: in the foreground, with our own stdin, stdout and stderr. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { errnoOf, NcxError, quote } from "../core/errors.ts";
import type { Reporter } from "./report.ts";
import { cannot } from "./usage.ts";
import type { World } from "./world.ts";

/** env(1)'s: found, but it cannot be run; not found. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;

/** What a terminal sends to every process in front of it: it has the command already. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGHUP"];
const PASSED_ON: readonly NodeJS.Signals[] = [...FROM_TERMINAL, "SIGTERM", "SIGUSR1", "SIGUSR2"];

/** The operands, and the command after `--`; undefined where there is none. */
export function splitAtCommand(operands: readonly string[]): {
  readonly before: readonly string[];
  readonly command: readonly string[] | undefined;
} {
  const at = operands.indexOf("--");
  if (at < 0) return { before: operands, command: undefined };
  const command = operands.slice(at + 1);
  if (command[0] === "") throw cannot("run a command", "its name is empty", "name it after --");
  return { before: operands.slice(0, at), command: command.length === 0 ? undefined : command };
}

/**
 * Runs a command to its end; gives its exit code, 128 and the signal's number where one ended it, 127 where it isn't
 * found. Signals that we get while it runs are its own: they are passed on, and what becomes of it is its decision.
 */
export function runChild(
  [file = "", ...words]: readonly string[],
  world: World,
  report: Reporter,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve) => {
    // First, so that none is lost that comes right after the start.
    const giveBack = passSignals((name) => void child.kill(name), world);
    const child = spawn(file, words, { stdio: "inherit", env: { ...world.env, ...env } });
    child.once("error", (error) => {
      giveBack();
      const missing = errnoOf(error) === "ENOENT";
      const state = missing ? "it is not found" : "it is not a program, or not ours to run";
      report.fail(new NcxError("USAGE", `Cannot run ${quote(file)}: ${state}`, { cause: error }));
      resolve(missing ? NOT_FOUND : CANNOT_RUN);
    });
    child.once("exit", (code, signal) => {
      giveBack();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/** Sends signals elsewhere until the answer is called. */
function passSignals(send: (name: NodeJS.Signals) => void, { isTTY }: World): () => void {
  const terminal = isTTY.stdin || isTTY.stdout || isTTY.stderr;
  const restores = PASSED_ON.map((name) => {
    const usual = process.listeners(name);
    const pass = (): void => {
      if (!terminal || !FROM_TERMINAL.includes(name)) send(name);
    };
    // With no listener at all, if only for a moment, a signal that is on its way would be lost.
    process.on(name, pass);
    for (const listener of usual) process.off(name, listener);
    return () => {
      for (const listener of usual) process.on(name, listener);
      process.off(name, pass);
    };
  });
  return () => restores.forEach((restore) => restore());
}
