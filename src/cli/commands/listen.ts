/** `ncx -l 8080`: the first client and the terminal; with -k every client, and one terminal for all. */
import { once } from "node:events";
import { listen, makeHub } from "../../listen/index.ts";
import type { ListenOptions } from "../../listen/index.ts";
import type { Connection, LinkReport } from "../../stream/connection.ts";
import { link, type LinkOptions } from "../../stream/link.ts";
import { announce } from "../announce.ts";
import type { Args } from "../args.ts";
import { openDumps } from "../dumps.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import { concludeSession, sessionLink, userSide, userStreams } from "../session.ts";
import { isMany, socketOptions, unheeded } from "../socket-options.ts";
import { listenTarget } from "../target.ts";
import { place } from "../wording.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const target = listenTarget(args);
  for (const warning of unheeded(args)) report.say(warning);
  report.news(1, report.wording.version());
  const many = isMany(args);
  using dumps = openDumps(args, world, report.fail);
  const framing = target.kind === "udp" ? "message" : "stream";
  const options = sessionLink(args, world, { role: "listen", framing, observers: dumps.observers });
  const join = many ? joinHub(args, world, options) : joinUser(args, world, options);
  let code = 0;
  await using server = await listen(
    target,
    async (connection, signal) => {
      const { id, local, remote } = connection;
      report.event({ type: "open", id, local, remote });
      for (const line of report.wording.accepted(remote, local)) report.news(1, line);
      const ended = concludeSession(
        connection,
        await join(connection, signal),
        options,
        args,
        report,
      );
      if (!many) code = ended;
    },
    {
      ...listenOptions(args, many, report),
      signal: AbortSignal.any([world.stop, world.abort]),
      onError: (error, connection) => report.fail(error, connection.id),
    },
  );
  announce([server], [target], args, report);
  await Promise.race(many ? [server.done, readerGone(world)] : [server.done]);
  return code === 0 && dumps.broken ? PERSONALITIES[args.personality].exit.bind : code;
}

function listenOptions(args: Args, many: boolean, report: Reporter): ListenOptions {
  const maxConns = args.maxConns ?? PERSONALITIES[args.personality].maxConns;
  const maxAccepts = args.maxAccepts ?? (many ? undefined : 1);
  return {
    ...socketOptions(args),
    maxConns,
    firstPeerOnly: !many,
    ...(maxAccepts !== undefined && { maxAccepts }),
    ...(args.idleTimeout !== undefined && { udpIdle: args.idleTimeout }),
    onReject(remote, reason) {
      report.event({ type: "reject", remote, reason });
      report.tell(1, `${place(remote)} turned away: ${reason}`);
    },
  };
}

/** Links a client to the terminal. */
type Join = (connection: Connection, signal: AbortSignal) => Promise<LinkReport>;

function joinUser(args: Args, world: World, options: LinkOptions): Join {
  return async (connection, signal) => {
    await using user = userSide(args, world);
    return await link(user, connection, { ...options, signal });
  };
}

function joinHub(args: Args, world: World, options: LinkOptions): Join {
  const hub = makeHub({ ...userStreams(args, world), link: options });
  return (connection, signal) => hub.join(connection, signal);
}

/** Resolves when nobody reads stdout any more: there is nothing left to stay for. */
async function readerGone({ stdout }: World): Promise<void> {
  await once(stdout, "close").catch(() => {});
}
