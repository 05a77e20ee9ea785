/** One connection and the user's terminal or pipe: what connect and listen both do once they have it. */
import type { Connection, Filter, LinkReport, Observer } from "../stream/connection.ts";
import { datagrams } from "../stream/filters/datagrams.ts";
import { eol } from "../stream/filters/eol.ts";
import { first } from "../stream/filters/first.ts";
import { chunkPace, linePace } from "../stream/filters/pace.ts";
import type { Eof, LinkOptions } from "../stream/link.ts";
import { stdioConnection } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import type { Reporter } from "./report.ts";
import type { World } from "./world.ts";

/** Milliseconds of silence on a piped stdin, after the peer has ended, that mean that nothing more is to be sent. */
const PIPE_SETTLE = 250;

/** The two streams of the user, without the one that the flags switch off. */
export function userStreams(
  args: Args,
  world: World,
): { input: World["stdin"] | null; output: World["stdout"] | null } {
  return {
    input: args.noStdin || args.recvOnly ? null : world.stdin,
    output: args.sendOnly ? null : world.stdout,
  };
}

/** The user's side of a link. */
export function userSide(args: Args, world: World): Connection {
  return stdioConnection(userStreams(args, world));
}

export interface SessionOptions {
  role: "connect" | "listen";
  /** Framing of the connections to come. */
  framing: Connection["framing"];
  observers: readonly Observer[];
}

/** How a connection is linked to the user's side, who is left. */
export function sessionLink(
  args: Args,
  world: World,
  { role, framing, observers }: SessionOptions,
): LinkOptions {
  const personality = PERSONALITIES[args.personality];
  const { quitAfter } = args;
  const idle = args.idleTimeout ?? waitAsIdle(args);
  // With -k it is silence that ends a UDP peer's session, not the end of a stdin that is there for all.
  const lingers = framing === "message" && !(role === "listen" && args.keepOpen);
  const linger = quitAfter ?? (lingers ? personality.udpLinger : undefined);
  return {
    observers,
    forward: sendingFilters(args, framing),
    backward: receivingFilters(args),
    eof: { left: stdinRule(args, role), right: peerRule(args, role) },
    settle: settleTime(args, world),
    ...(linger !== undefined && { linger }),
    ...(idle !== undefined && { idle }),
  };
}

/** What the end of stdin does. */
function stdinRule(args: Args, role: SessionOptions["role"]): Eof {
  const { quitAfter = Infinity, sendOnly, shutdown, noShutdown } = args;
  if (sendOnly || waitsForNothing(args)) return "close";
  // -q and a time is -N as well.
  const asked = shutdown || quitAfter < Infinity;
  if (noShutdown || !(asked || PERSONALITIES[args.personality].halfClose)) return "keep";
  return role === "listen" && args.quitAfter === undefined ? "half-close-if-any" : "half-close";
}

/** `-w` where it bounds silence. 0 does not cut stdin short; without one there is nothing to stay for. */
function waitAsIdle({ personality, wait, noStdin }: Args): number | undefined {
  if (!PERSONALITIES[personality].waitIsIdle || (wait === 0 && !noStdin)) return undefined;
  return wait;
}

/** `-w 0` where it bounds silence: what stdin has is sent, and nobody listens for an answer. */
function waitsForNothing({ personality, wait, quitAfter }: Args): boolean {
  return PERSONALITIES[personality].waitIsIdle && wait === 0 && quitAfter === undefined;
}

/** What the peer's end does. */
function peerRule(args: Args, role: SessionOptions["role"]): Eof {
  const stays = args.halfOpen || (args.keepOpen && role === "connect");
  return stays || !PERSONALITIES[args.personality].endWithPeer ? "keep" : "close";
}

/** How long stdin may still have something to say after the peer's end: a file always has, a person has not. */
function settleTime(args: Args, world: World): number {
  if (args.noStdin || args.recvOnly || world.isTTY.stdin) return 0;
  return isFile(world) ? Infinity : PIPE_SETTLE;
}

function sendingFilters(args: Args, framing: Connection["framing"]): Filter[] {
  const filters: Filter[] = [];
  if (args.eol !== undefined && args.eol !== "lf") filters.push(eol(args.eol));
  if (args.lineDelay) filters.push(linePace(args.lineDelay));
  if (args.delay) filters.push(chunkPace(args.delay));
  if (framing === "message") filters.push(datagrams());
  return filters;
}

function receivingFilters(args: Args): Filter[] {
  const filters: Filter[] = [];
  if (args.recvLimit !== undefined) filters.push(first(args.recvLimit));
  if (args.delay) filters.push(chunkPace(args.delay));
  return filters;
}

function isFile({ stdin, isTTY }: World): boolean {
  return !isTTY.stdin && "path" in stdin; // process.stdin is an fs.ReadStream when it is a regular file
}

/** Says how a connection ended, and gives the exit code that this makes. */
export function concludeSession(
  connection: Connection,
  result: LinkReport,
  options: LinkOptions,
  args: Args,
  report: Reporter,
): number {
  const { exit } = PERSONALITIES[args.personality];
  const { forward: sent, backward: received, duration, reason, error } = result;
  report.event({
    type: "close",
    id: connection.id,
    remote: connection.remote,
    sent,
    received,
    duration,
    reason,
  });
  report.news(1, report.wording.summary(sent, received, duration / 1000));
  if (reason === "idle") {
    const said = report.wording.idle(options.idle ?? 0);
    if (said !== undefined) report.say(said);
    return exit.idle;
  }
  if (error) report.fail(error, connection.id);
  if (reason === "reset") return exit.reset;
  if (reason !== "error") return 0;
  return error?.endpoint?.kind === "stdio" ? exit.bind : 1;
}
