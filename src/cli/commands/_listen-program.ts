/** `-e`, `-c`, `--lua-exec` and `--pty` with -l: a program for each client. */
import type { LinkOptions } from "../../stream/link.ts";
import type { Args } from "../args.ts";
import { asksLogin } from "../logins.ts";
import { runProgram } from "../program-session.ts";
import { programLink, programOf } from "../programs.ts";
import { recordings } from "../recordings.ts";
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
  if (isOpenToAll(args, world))
    report.say(
      "Warning: everybody who can reach this port can run the program; see --allow and --auth",
    );
  const record = recordings(args, report.fail);
  return (connection, signal, telnet) =>
    runProgram({ endpoint, telnet, record }, args, world, connection, { ...rules, signal });
}

/** Whether strangers may come from elsewhere, and nothing keeps them away. */
function isOpenToAll(args: Args, world: World): boolean {
  const listed = args.allow !== undefined || args.allowFile !== undefined;
  const known = args.tlsRequestCert === true || asksLogin(args, world);
  return !listed && !known && !isAtHome(listenTarget(args));
}
