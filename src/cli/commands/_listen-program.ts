/** `-e`, `-c`, `--lua-exec` and `--pty` with -l: a program for each client. */
import type { LinkOptions } from "../../stream/link.ts";
import { dial } from "../../transport/index.ts";
import type { Args } from "../args.ts";
import { linkProgram, programLink, programOf, programOptions } from "../programs.ts";
import type { Reporter } from "../report.ts";
import type { Join } from "../session.ts";
import { isAtHome, listenTarget } from "../target.ts";
import type { World } from "../world.ts";

/** @throws {NcxError} as `programOf` does: before anybody is listened for. */
export async function joinProgram(
  args: Args,
  world: World,
  report: Reporter,
  options: LinkOptions,
): Promise<Join> {
  const endpoint = await programOf(args, world);
  const rules = programLink(args, options);
  if (isOpenToAll(args))
    report.say("Warning: everybody who can reach this port can run the program; see --allow");
  return async (connection, signal) => {
    const how = { program: programOptions(args, world, connection), signal };
    const program = await dial(endpoint, how);
    return linkProgram(program, connection, args, { ...rules, signal });
  };
}

/** Whether strangers may come from elsewhere, and nothing keeps them away. */
function isOpenToAll(args: Args): boolean {
  const guarded = args.allow !== undefined || args.allowFile !== undefined || args.tlsRequestCert;
  return !guarded && !isAtHome(listenTarget(args));
}
