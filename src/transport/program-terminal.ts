/** The terminal of a program that is a connection. */
import type { Connection } from "../stream/connection.ts";

/** Tells the terminal its new size in characters, and so the program. After its end it does nothing. */
export type Resize = (columns: number, rows: number) => void;

const terminals = new WeakMap<Connection, Resize>();

/** Notes how to resize a connection's terminal. */
export function noteTerminal(connection: Connection, resize: Resize): Connection {
  terminals.set(connection, resize);
  return connection;
}

/** How to resize the terminal of a `pty` connection; undefined for every other one. */
export function resizeOf(connection: Connection): Resize | undefined {
  return terminals.get(connection);
}
