/** A real process that holds one socket of each kind. */
import { start, type Running } from "./run-cli.ts";

const SCRIPT = new URL("./sockets-process.mjs", import.meta.url).pathname;

export interface Holder extends Running {
  readonly ports: Readonly<
    Record<"tcp4" | "tcp6" | "every" | "udp4" | "udp6" | "peer" | "client", number>
  >;
}

export interface HolderOptions {
  /** A unix socket to listen at. */
  path?: string;
  /** Whether SIGTERM is ignored. */
  deaf?: boolean;
  /** Whether a process that it has started has its first listener open, too. */
  shared?: boolean;
}

/** Starts it, and waits until all its sockets are there. */
export async function holdSockets({
  path = "",
  deaf,
  shared,
}: HolderOptions = {}): Promise<Holder> {
  const running = start([SCRIPT, path, deaf ? "deaf" : "", shared ? "shared" : ""], {
    program: process.execPath,
  });
  const [line] = await running.gave(/\{.*\}(?=\n)/);
  return Object.assign(running, { ports: JSON.parse(line) as Holder["ports"] }); // what the script prints
}
