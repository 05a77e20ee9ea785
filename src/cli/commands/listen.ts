/** `ncx -l 8080`: the first client and the terminal; with -k every client, and one terminal for all. */
import { once } from "node:events";
import { listen, makeHub } from "../../listen/index.ts";
import type { ListenOptions } from "../../listen/index.ts";
import type { LinkOptions } from "../../stream/link.ts";
import { tlsOf } from "../../transport/index.ts";
import { announce } from "../announce.ts";
import type { Args } from "../args.ts";
import { clientPatience } from "../client-patience.ts";
import { openDumps } from "../dumps.ts";
import { bindExtras } from "../extras.ts";
import { linkUser } from "../link-user.ts";
import { asksLogin } from "../logins.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import { concludeSession, sessionLink, userStreams, type Join } from "../session.ts";
import { isMany, socketOptions, unheeded } from "../socket-options.ts";
import { listenTarget, namesPeer, runsProgram } from "../target.ts";
import { saySecured } from "../wording.ts";
import type { World } from "../world.ts";

/** Clients that are served or wait for their turn, where a netcat serves one at a time. */
const MAX_WAITING = 100;

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const target = listenTarget(args);
  const peer = namesPeer(args) && (await import("../access-options.ts")).listenPeer(args);
  for (const warning of unheeded(args)) report.say(warning);
  report.news(1, report.wording.version());
  const many = isMany(args);
  using dumps = openDumps(args, world, report.fail);
  const framing = /^(udp|dtls|unixgram)$/.test(target.kind) ? "message" : "stream";
  const options = sessionLink(args, world, { role: "listen", framing, observers: dumps.observers });
  const join = await guarded(args, world, report, options);
  let code = 0;
  const patience = clientPatience(args);
  const stranger = new AbortController();
  await using server = await listen(
    target,
    async (connection, signal) => {
      const { id, local, remote } = connection;
      patience.met();
      const secured = /^d?tls$/.test(remote.kind) && { tls: await tlsOf(connection) };
      report.event({ type: "open", id, local, remote, ...secured });
      for (const line of report.wording.accepted(remote, local)) report.news(1, line);
      if (secured) saySecured(secured.tls, report);
      const joined = await join(connection, signal);
      // Whoever hears that it is over finds its place free.
      await connection[Symbol.asyncDispose]();
      const ended = concludeSession(connection, joined, options, args, report);
      if (!many) code = ended;
    },
    {
      ...listenOptions(args, many),
      ...(await bindExtras(args, world, report, [target])),
      ...peer,
      signal: AbortSignal.any([world.stop, world.abort, stranger.signal]),
      onReject(remote, reason) {
        report.event({ type: "reject", remote, reason });
        report.news(peer ? 0 : 1, report.wording.rejected(remote, reason, target));
        // As the netcat that knows peers: whoever else comes ends it.
        if (peer) code = 1;
        if (peer) stranger.abort();
      },
      onError: (error, connection) => report.fail(error, connection.id),
      onFailed(error) {
        report.fail(error);
        if (!many) code = 1;
      },
    },
  );
  announce([server], [target], args, report);
  patience.start(() => {
    report.say(report.wording.nobody());
    code = 1;
    void server.close();
  });
  await Promise.race(many ? [server.done, readerGone(world)] : [server.done]);
  patience.met();
  return code === 0 && dumps.broken ? PERSONALITIES[args.personality].exit.bind : code;
}

function listenOptions(args: Args, many: boolean): ListenOptions {
  const { maxConns: usual } = PERSONALITIES[args.personality];
  const maxConns = args.maxConns ?? (usual === 1 ? MAX_WAITING : usual);
  const maxAccepts = args.maxAccepts ?? (many ? undefined : 1);
  return {
    ...socketOptions(args),
    maxConns,
    firstPeerOnly: !many,
    ...(maxAccepts !== undefined && { maxAccepts }),
    ...(args.idleTimeout !== undefined && { udpIdle: args.idleTimeout }),
  };
}

/** Behind telnet and a login, where they are asked for. */
async function guarded(
  args: Args,
  world: World,
  report: Reporter,
  options: LinkOptions,
): Promise<Join> {
  const asks = asksLogin(args, world);
  if (!args.telnet && !asks) return joinOf(args, world, report, options);
  const { guard, telnetLink } = await import("../gate.ts");
  const join = await joinOf(args, world, report, await telnetLink(args, options, asks));
  return guard(args, world, join);
}

async function joinOf(
  args: Args,
  world: World,
  report: Reporter,
  options: LinkOptions,
): Promise<Join> {
  if (runsProgram(args))
    return (await import("./_listen-program.ts")).joinProgram(args, world, report, options);
  if (args.broker || args.chat)
    return (await import("./_listen-broker.ts")).joinBroker(args, world, options);
  return isMany(args) ? joinHub(args, world, options) : joinUser(args, world, report, options);
}

function joinUser(args: Args, world: World, report: Reporter, options: LinkOptions): Join {
  return (connection, signal) => linkUser(args, world, report, connection, { ...options, signal });
}

function joinHub(args: Args, world: World, options: LinkOptions): Join {
  const { maxConns: usual, halfClosesLate: endsLate } = PERSONALITIES[args.personality];
  const hub = makeHub({ ...userStreams(args, world), endsLate, link: options });
  const join: Join = (connection, signal) => hub.join(connection, signal);
  return usual === 1 && args.maxConns === undefined && !args.udp ? inTurn(join) : join;
}

/** One client at a time, and nobody lost: the next one waits, as in the system's queue, until the one before has gone. */
function inTurn(join: Join): Join {
  let before: Promise<unknown> = Promise.resolve();
  return (connection, signal) => {
    const turn = before.then(() => join(connection, signal));
    before = turn.catch(() => {}); // whose turn it was hears of it
    return turn;
  };
}

/** Resolves when nobody reads stdout any more: there is nothing left to stay for. */
async function readerGone({ stdout }: World): Promise<void> {
  await once(stdout, "close").catch(() => {});
}
