/** What the modes have in common that ask something and print the answer. */
import { onAbort } from "../core/abort.ts";
import type { Args, Mode } from "./args.ts";
import type { World } from "./world.ts";

const PRINTING: ReadonlySet<Mode> = new Set([
  "scan",
  "ports",
  "services",
  "capture",
  "wait",
  "free-port",
]);

/** Runs one of them in a world that stops once nobody reads it; any other mode as it is. */
export async function runPrinting(
  { mode, kill }: Args,
  world: World,
  run: (world: World) => Promise<number>,
): Promise<number> {
  if (!PRINTING.has(mode)) return run(world);
  const forget = onAbort(world.stop, () => newLine(world));
  try {
    // Who asked for a process to be ended asked for more than the line about it.
    return await (kill ? run(world) : whileRead(world, run));
  } finally {
    forget();
  }
}

/** A terminal shows ^C where the cursor is: what is said next, and the shell's prompt, begin a line of their own. */
function newLine({ isTTY, stderr }: World): void {
  if (isTTY.stdin && isTTY.stderr) stderr.write("\n");
}

/** Until nobody reads stdout any more (`| head -1`), which ends it as a second signal would, but with 0. */
async function whileRead(world: World, run: (world: World) => Promise<number>): Promise<number> {
  const { unread } = world;
  const read: World = Object.create(world, {
    stop: { value: AbortSignal.any([world.stop, unread]) },
    abort: { value: AbortSignal.any([world.abort, unread]) },
  });
  return run(read).catch((error: unknown) => {
    if (!unread.aborted || world.stop.aborted || world.abort.aborted) throw error;
    return 0;
  });
}
