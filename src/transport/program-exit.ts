/** How a program that was a connection ended. */
import type { Connection } from "../stream/connection.ts";

export interface ProgramExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

const exits = new WeakMap<Connection, Promise<ProgramExit>>();

/** Notes how to learn the end of a connection's program. */
export function noteExit(connection: Connection, exit: Promise<ProgramExit>): Connection {
  exits.set(connection, exit);
  return connection;
}

/** Resolves when the program has ended; undefined for a connection that is none of `exec`, `sh` and `pty`. */
export function exitOf(connection: Connection): Promise<ProgramExit> | undefined {
  return exits.get(connection);
}
