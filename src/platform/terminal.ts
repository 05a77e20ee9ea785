/** What a terminal does to its output, where Node has no word for it. */
import { spawnSync } from "node:child_process";
import { isWindows } from "./limits.ts";

/**
 * Whether the terminal that stdin is makes CR LF of LF. Node's raw mode leaves that on, and a full-screen program at the
 * other end means LF alone. Without stty it stays as it is.
 */
export function setOutputProcessing(on: boolean): void {
  if (isWindows()) return;
  spawnSync("stty", [on ? "opost" : "-opost"], { stdio: ["inherit", "ignore", "ignore"] });
}
