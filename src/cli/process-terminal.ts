/** The terminal of a real process, taken over and given back. Node restores it at every exit that it sees. */
import { setOutputProcessing } from "../platform/terminal.ts";
import { signalJob } from "../platform/process-group.ts";
import type { WorldTerminal } from "./world.ts";

export function processTerminal(): WorldTerminal {
  return {
    setMode,
    size() {
      const { columns, rows } = process.stdout;
      // Not every terminal knows: a serial line has no size.
      return process.stdout.isTTY && columns > 0 && rows > 0 ? { columns, rows } : undefined;
    },
    onResize(listener) {
      process.stdout.on("resize", listener);
      return () => void process.stdout.off("resize", listener);
    },
    async suspend() {
      setMode("off");
      const resumed = new Promise<void>((resolve) => process.once("SIGCONT", () => resolve()));
      signalJob("SIGTSTP");
      await resumed;
    },
    async shell(line) {
      setMode("off");
      const { runShell } = await import("./child-shell.ts");
      await runShell(line);
    },
  };
}

function setMode(mode: "off" | "line" | "character"): void {
  const { stdin } = process;
  if (stdin.destroyed) return;
  // Of a terminal that has gone nothing can be asked any more, and nobody is there to miss it.
  const ignored = (): void => {};
  stdin.on("error", ignored);
  // From one raw mode to another Node would do nothing; and "off" puts all back that stty has changed.
  stdin.setRawMode(false);
  if (mode !== "off") stdin.setRawMode(true);
  stdin.off("error", ignored);
  // Through a pipe (`| tee`) lines end as on any screen.
  if (mode === "character" && process.stdout.isTTY) setOutputProcessing(false);
}
