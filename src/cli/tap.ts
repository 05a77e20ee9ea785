/** `--tap`: what passes through a relay, on stdout. */
import { styleText } from "node:util";
import { tap, type Tap } from "../observe/tap.ts";
import type { Args } from "./args.ts";
import type { World } from "./world.ts";

/** The client's rows and the destination's. */
const COLOURS = { forward: "cyan", backward: "green" } as const;

/** Colours are for a terminal, and for who has not said NO_COLOR. */
export function openTap(show: NonNullable<Args["tap"]>, { stdout, isTTY, env }: World): Tap {
  const isColoured = isTTY.stdout && !env["NO_COLOR"];
  return tap(stdout, {
    show,
    ...(isColoured && {
      paint: (direction, row) => styleText(COLOURS[direction], row, { validateStream: false }),
    }),
  });
}
