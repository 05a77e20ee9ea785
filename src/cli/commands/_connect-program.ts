/** `ncx -e program host 80`: the program takes the terminal's place. */
import type { Connection } from "../../stream/connection.ts";
import { dial } from "../../transport/index.ts";
import type { Args } from "../args.ts";
import { programOf, programOptions } from "../programs.ts";
import type { World } from "../world.ts";

export { linkProgram, programLink, programOf } from "../programs.ts";

/** Starts the program for a connection that is open already: its environment names the peer. */
export async function programSide(args: Args, world: World, peer: Connection): Promise<Connection> {
  return dial(await programOf(args, world), { program: programOptions(args, world, peer) });
}
