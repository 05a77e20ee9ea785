/** `--telnet` and `--auth`: what comes between a connection and what it is for. */
import { login, type KnownLogin } from "../listen/index.ts";
import type { Connection } from "../stream/connection.ts";
import type { LinkOptions } from "../stream/link.ts";
import {
  keepUrgentInline,
  plainTelnet,
  plainTelnetOver,
  serveTelnet,
  type ServedTelnet,
  type TelnetText,
} from "../transport/index.ts";
import { NcxError } from "../core/errors.ts";
import type { Args } from "./args.ts";
import { asksLogin, readLogins } from "./logins.ts";
import type { Join, Joined } from "./session.ts";
import type { World } from "./world.ts";

/** Milliseconds that a refused client has to take what is still to be said to it. */
const FAREWELL = 500;

export interface Spoken {
  readonly connection: Connection;
  /** The client, of whom a terminal's server has asked what it is. */
  readonly telnet?: ServedTelnet;
  /** The peer without a terminal. */
  readonly text?: TelnetText;
}

/** Where telnet is spoken to a peer without a terminal: in the link, unless a login comes before it. */
function speaksInLink({ telnet, pty }: Args, asks: boolean): boolean {
  return telnet === true && pty !== true && !asks;
}

/** How a peer is linked who is asked for no login: with --telnet and no terminal, the link speaks it. */
export async function telnetLink(
  args: Args,
  options: LinkOptions,
  asks = false,
): Promise<LinkOptions> {
  if (!speaksInLink(args, asks)) return options;
  const { forward, backward } = await plainTelnet({ raw: args.raw === true });
  return {
    ...options,
    forward: [...(options.forward ?? []), ...forward],
    backward: [...backward, ...(options.backward ?? [])],
  };
}

/** The connection as --telnet makes it: to a terminal's client with --pty, and else to somebody who reads text. */
export async function overTelnet(
  connection: Connection,
  args: Args,
  asks = false,
): Promise<Spoken> {
  if (!args.telnet) return { connection };
  if (args.pty) {
    const telnet = await serveTelnet(connection);
    return { connection: telnet.connection, telnet };
  }
  if (speaksInLink(args, asks)) {
    await keepUrgentInline(connection);
    return { connection };
  }
  const text = await plainTelnetOver(connection, { raw: args.raw === true });
  return { connection: text.connection, text };
}

/**
 * Lets clients in to `join` once they have logged in.
 *
 * @throws {NcxError} as `readLogins` does, now.
 */
export function guard(args: Args, world: World, join: Join): Join {
  const logins = asksLogin(args, world) && readLogins(args, world);
  return async (accepted, signal) => {
    const spoken = await overTelnet(accepted, args, Boolean(logins));
    const refused = logins && (await refusal(spoken, logins, signal));
    return refused || (await join(spoken.connection, signal, spoken.telnet));
  };
}

/** How the session of a client that does not log in has ended; undefined for one that has done so. */
async function refusal(
  { connection, telnet, text }: Spoken,
  logins: readonly KnownLogin[],
  signal: AbortSignal,
): Promise<Joined | undefined> {
  const started = performance.now();
  const echo = (): boolean | "typed" => (telnet ?? text)?.echoes === true || "typed";
  const hide = text && ((hidden: boolean) => text.hide(hidden));
  try {
    await login(connection, { logins, echo, signal, ...(hide && { hide }) });
    return undefined;
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    await farewell(connection);
    const duration = performance.now() - started;
    const aborted = signal.aborted
      ? ({ reason: "aborted" } as const)
      : { reason: "error" as const, error };
    return { forward: 0, backward: 0, duration, ...aborted };
  }
}

function farewell({ stream }: Connection): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    const done = (): void => {
      clearTimeout(late);
      resolve();
    };
    const late = setTimeout(done, FAREWELL);
    stream.once("close", done).on("error", () => {});
    stream.end(done);
  });
}
