/** `ncx -e program host 80`: the program takes the terminal's place. */
import type { Connection } from "../../stream/connection.ts";
import type { LinkOptions } from "../../stream/link.ts";
import type { ServedTelnet } from "../../transport/index.ts";
import type { Args } from "../args.ts";
import { runProgram } from "../program-session.ts";
import { programOf } from "../programs.ts";
import { recordings } from "../recordings.ts";
import type { Reporter } from "../report.ts";
import type { Joined } from "../session.ts";
import type { World } from "../world.ts";

export { programLink } from "../programs.ts";

/** Starts the program for a connection that is open already: its environment names the peer. */
export type RunFor = (
  peer: Connection,
  options: LinkOptions,
  telnet?: ServedTelnet,
) => Promise<Joined>;

/** @throws {NcxError} as `programOf` and `recordings` do: before anybody is called. */
export async function prepareProgram(args: Args, world: World, report: Reporter): Promise<RunFor> {
  const endpoint = await programOf(args, world);
  const record = recordings(args, report.fail);
  return (peer, options, telnet) =>
    runProgram({ endpoint, telnet, record }, args, world, peer, options);
}
