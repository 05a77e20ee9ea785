/** `ncx host 80`: dial, then link to the terminal. */
import { connect } from "../../connect/index.ts";
import { tlsOf } from "../../transport/index.ts";
import type { Args } from "../args.ts";
import { openDumps } from "../dumps.ts";
import { dialExtras } from "../extras.ts";
import { linkUser } from "../link-user.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import { concludeSession, sessionLink } from "../session.ts";
import { dialOptions, unheeded } from "../socket-options.ts";
import { connectTarget, runsProgram } from "../target.ts";
import { saySecured } from "../wording.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  for (const warning of unheeded(args)) report.say(warning);
  const target = connectTarget(args);
  const programs = runsProgram(args) ? await import("./_connect-program.ts") : undefined;
  // What cannot be run is said before anybody is called.
  const runFor = await programs?.prepareProgram(args, world, report);
  report.news(1, report.wording.version());
  const signal = AbortSignal.any([world.stop, world.abort]);
  using dumps = openDumps(args, world, report.fail);
  const extras = await dialExtras(args, world, report, [target]);
  await using connection = await connect(target, { ...dialOptions(args), ...extras, signal });
  const { id, local, remote, framing } = connection;
  const secured = /^d?tls$/.test(remote.kind) && { tls: await tlsOf(connection) };
  report.event({ type: "open", id, local, remote, ...secured });
  report.news(1, report.wording.connected(target, remote));
  if (secured) saySecured(secured.tls, report);
  const { observers } = dumps;
  const session = sessionLink(args, world, { role: "connect", framing, observers });
  const options = programs ? programs.programLink(args, session) : session;
  const gate = args.telnet ? await import("../gate.ts") : undefined;
  const how = { ...(gate ? await gate.telnetLink(args, options) : options), signal };
  const spoken = await gate?.overTelnet(connection, args);
  const { connection: peer, telnet } = spoken ?? { connection, telnet: undefined };
  const result = await (runFor
    ? runFor(peer, how, telnet)
    : linkUser(args, world, report, peer, how));
  const code = concludeSession(connection, result, options, args, report);
  return code === 0 && dumps.broken ? PERSONALITIES[args.personality].exit.bind : code;
}
