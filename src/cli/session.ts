/** One connection and the user's terminal or pipe: what connect and listen both do once they have it. */
import { regularFile } from "../platform/files.ts";
import type { Connection, Filter, LinkReport, Observer } from "../stream/connection.ts";
import { datagrams } from "../stream/filters/datagrams.ts";
import { eol } from "../stream/filters/eol.ts";
import { first } from "../stream/filters/first.ts";
import { chunkPace, linePace } from "../stream/filters/pace.ts";
import { tap } from "../stream/filters/tap.ts";
import { throttle } from "../stream/filters/throttle.ts";
import type { Eof, LinkOptions } from "../stream/link.ts";
import {
  refuseTelnet,
  stdioConnection,
  type ServedTelnet,
  type TelnetFilters,
} from "../transport/index.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES, type Personality } from "./personality.ts";
import type { Reporter } from "./report.ts";
import { isMany } from "./socket-options.ts";
import { runsProgram } from "./target.ts";
import type { World } from "./world.ts";

/** Milliseconds of silence on a piped stdin, after the peer has ended, that mean that nothing more is to be sent. */
const PIPE_SETTLE = 250;

/** Links a client to what it came for: the terminal, a program, the other clients. */
export type Join = (
  connection: Connection,
  signal: AbortSignal,
  telnet?: ServedTelnet,
) => Promise<Joined>;

export interface Joined extends LinkReport {
  /** What a link that ended as it should makes of the exit code. @default {0} */
  readonly exitCode?: number;
}

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
  const telnet = telnetFilters(args, observers);
  const watched = personality.dumpsTyped ? dumpTyped(observers) : { observers, taps: [] };
  return {
    observers: watched.observers,
    forward: [...watched.taps, ...sendingFilters(args, framing, telnet)],
    backward: receivingFilters(args, telnet),
    eof: { left: stdinRule(args, role), right: peerRule(args, role) },
    settle: settleTime(args, world),
    ...(linger !== undefined && { linger }),
    ...(idle !== undefined && { idle }),
    ...(args.idleTimeout === undefined && waitCounts(personality)),
  };
}

/** Where `-w` counts from. */
function waitCounts({ waitSilences }: Personality): Pick<LinkOptions, "idleAfterEnd"> {
  return waitSilences === undefined ? {} : { idleAfterEnd: waitSilences };
}

/** Dumps that show what is sent as it was typed, before line ends and the like are changed. */
function dumpTyped(observers: readonly Observer[]): { observers: Observer[]; taps: Filter[] } {
  if (observers.length === 0) return { observers: [], taps: [] };
  const typed = tap((connection, chunk) => {
    for (const observer of observers) observer.onData?.(connection, "forward", chunk);
  });
  const received = observers.map((observer): Observer => ({
    ...observer,
    onData: (connection, direction, chunk) =>
      direction === "backward" && observer.onData?.(connection, direction, chunk),
  }));
  return { observers: received, taps: [typed] };
}

/** `-t`; dumps of ours show the refusals as well. */
function telnetFilters(
  { telnetRefuse, personality }: Args,
  observers: readonly Observer[],
): TelnetFilters {
  if (!telnetRefuse) return { forward: [], backward: [] };
  const way = PERSONALITIES[personality].telnet;
  if (way !== "strips") return refuseTelnet(way);
  return refuseTelnet(way, (connection, answer) => {
    for (const observer of observers) observer.onData?.(connection, "forward", answer);
  });
}

/** What the end of stdin does. */
function stdinRule(args: Args, role: SessionOptions["role"]): Eof {
  const { quitAfter = Infinity, sendOnly, shutdown, noShutdown } = args;
  if (sendOnly || waitsForNothing(args)) return "close";
  // -q and a time is -N as well.
  const asked = shutdown || quitAfter < Infinity;
  const { halfClose, halfClosesUnused } = PERSONALITIES[args.personality];
  if (noShutdown || !(asked || halfClose)) return "keep";
  const any = role === "connect" || halfClosesUnused || args.quitAfter !== undefined;
  return any ? "half-close" : "half-close-if-any";
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
  // Nothing to send, and nothing more to come: no flag makes that worth staying for.
  if ((args.noStdin || args.recvOnly) && !runsProgram(args)) return "close";
  const stays = args.halfOpen || (args.keepOpen && role === "connect");
  return stays || !PERSONALITIES[args.personality].endWithPeer ? "keep" : "close";
}

/** How long stdin may still have something to say after the peer's end: a file always has, a person has not. */
function settleTime(args: Args, world: World): number {
  if (args.noStdin || args.recvOnly || world.isTTY.stdin) return 0;
  // Not every stream that has a path: a character device may stay silent for ever.
  return regularFile(world.stdin) === undefined ? PIPE_SETTLE : Infinity;
}

function sendingFilters(
  args: Args,
  framing: Connection["framing"],
  telnet: TelnetFilters,
): Filter[] {
  const filters: Filter[] = [];
  if (args.eol !== undefined && args.eol !== "lf") filters.push(eol(args.eol));
  if (args.lineDelay) filters.push(linePace(args.lineDelay));
  if (args.delay) filters.push(chunkPace(args.delay));
  if (args.rateLimit !== undefined) filters.push(throttle(args.rateLimit));
  filters.push(...telnet.forward);
  if (framing === "message") filters.push(datagrams());
  return filters;
}

function receivingFilters(args: Args, telnet: TelnetFilters): Filter[] {
  const filters: Filter[] = [];
  if (args.recvLimit !== undefined) filters.push(first(args.recvLimit));
  filters.push(...telnet.backward);
  if (args.delay) filters.push(chunkPace(args.delay));
  if (args.rateLimit !== undefined) filters.push(throttle(args.rateLimit));
  return filters;
}

/** Says how a connection ended, and gives the exit code that this makes. */
export function concludeSession(
  connection: Connection,
  result: Joined,
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
  const client = args.mode === "listen" && isMany(args) ? connection.remote : undefined;
  report.news(1, report.wording.summary(sent, received, duration / 1000, client));
  if (reason === "idle") {
    const said = report.wording.idle(options.idle ?? 0);
    if (said !== undefined) report.say(said);
    return exit.idle;
  }
  if (error) report.fail(error, connection.id);
  if (reason === "reset") return exit.reset;
  if (reason !== "error") return result.exitCode ?? 0;
  return error?.endpoint?.kind === "stdio" ? exit.bind : 1;
}
