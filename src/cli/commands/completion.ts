/** `ncx completion bash`: the shell's completion script on stdout. */
import type { Args } from "../args.ts";
import { completionScript, SHELLS } from "../completion.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run({ operands }: Args, world: World): Promise<number> {
  const [shell, ...more] = operands;
  if (shell === undefined || more.length > 0) {
    throw cannot("complete", "give one shell", `ncx completion ${SHELLS.join("|")}`);
  }
  world.stdout.write(completionScript(shell));
  return 0;
}
