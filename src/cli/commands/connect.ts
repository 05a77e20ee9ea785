/** `ncx host 80`: dial, then link to the terminal. */
import { connect } from "../../connect/index.ts";
import { link } from "../../stream/link.ts";
import type { Args } from "../args.ts";
import { openDumps } from "../dumps.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import { concludeSession, sessionLink, userSide } from "../session.ts";
import { dialOptions, unheeded } from "../socket-options.ts";
import { connectTarget } from "../target.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  for (const warning of unheeded(args)) report.say(warning);
  const target = connectTarget(args);
  report.news(1, report.wording.version());
  const signal = AbortSignal.any([world.stop, world.abort]);
  using dumps = openDumps(args, world, report.fail);
  await using connection = await connect(target, { ...dialOptions(args), signal });
  const { id, local, remote, framing } = connection;
  report.event({ type: "open", id, local, remote });
  report.news(1, report.wording.connected(target, remote));
  await using user = userSide(args, world);
  const options = sessionLink(args, world, {
    role: "connect",
    framing,
    observers: dumps.observers,
  });
  const result = await link(user, connection, { ...options, signal });
  const code = concludeSession(connection, result, options, args, report);
  return code === 0 && dumps.broken ? PERSONALITIES[args.personality].exit.bind : code;
}
