/** The line that ^C is echoed on. */
import type { World } from "./world.ts";

/** After a signal to stop, what a terminal shows next begins on a line of its own, the shell's prompt too. */
export function leaveLine({ isTTY, stderr, stop, abort }: World): void {
  if (isTTY.stderr && (stop.aborted || abort.aborted)) stderr.write("\n");
}
