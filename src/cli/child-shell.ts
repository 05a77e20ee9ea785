/** A line of shell in our own terminal. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { shellLine, userShell } from "../platform/shell.ts";

/** Runs the line, or a shell to type in where it is empty, to its end. ^C is the shell's meanwhile, not ours. */
export async function runShell(line: string): Promise<void> {
  const ours = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT");
  process.on("SIGINT", ignore);
  try {
    const { file, args } =
      line === "" ? { file: userShell(process.env), args: [] } : shellLine(line, process.env);
    await once(spawn(file, args, { stdio: "inherit" }), "close");
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    process.off("SIGINT", ignore);
    for (const listener of ours) process.on("SIGINT", listener);
  }
}

function ignore(): void {}
