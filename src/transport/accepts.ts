/** What accepting needs, whatever the carrier: a queue that is iterated, a limit, and one way to end. */
import { onAbort } from "../core/abort.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Connection } from "../stream/connection.ts";
import { Queue } from "../stream/queue.ts";
import type { CarrierOptions, Listener } from "./transport.ts";

/** Connections that may wait for the iterator; more are turned away. The kernel's own backlog is 511 deep. */
const MAX_WAITING = 4096;

export interface Accepts extends Listener {
  /** Takes a new connection in, or calls `refuse` where there is no place. It leaves its place when `closing` fires. */
  offer(remote: Endpoint, take: () => Connection, refuse: () => void): void;
  /**
   * The first half of `offer`, for a kind that cannot take at once: whether there is a place. If so it is taken, and
   * `enter` follows.
   */
  admit(remote: Endpoint, refuse: () => void): boolean;
  enter(connection: Connection): void;
  /** A connection from there has ended: its place is free. */
  leave(remote?: Endpoint): void;
}

/** Makes a listener over sockets that are already bound. `close` lets go of them. */
export function makeAccepts(
  endpoints: readonly Endpoint[],
  close: () => Promise<void>,
  options: CarrierOptions,
): Accepts {
  const [endpoint] = endpoints;
  if (!endpoint) throw new RangeError("a listener has at least one endpoint");
  const { maxConns = Infinity, maxAccepts = Infinity, onReject, gate, signal } = options;
  const waiting = new Queue<Connection>();
  let live = 0;
  let taken = 0;
  let closing: Promise<void> | undefined;

  function end(): Promise<void> {
    forget();
    closing ??= close();
    waiting.end();
    return closing;
  }

  async function leaveAll(): Promise<void> {
    await end();
    for (const connection of waiting.takeAll()) await connection[Symbol.asyncDispose]();
  }

  function admit(remote: Endpoint, refuse: () => void): boolean {
    const over = closing !== undefined || taken >= maxAccepts;
    const reason = over ? undefined : objection(remote);
    if (!over && reason === undefined) {
      live += 1;
      taken += 1;
      return true;
    }
    refuse();
    if (reason !== undefined) onReject?.(remote, reason);
    return false;
  }

  function objection(remote: Endpoint): string | undefined {
    if (live >= maxConns) return `the limit of ${maxConns} connections is reached`;
    if (waiting.length >= MAX_WAITING) return "too many are waiting";
    return gate?.enter(remote);
  }

  function enter(connection: Connection): void {
    // It was admitted, and then the listener was closed.
    if (closing) return void connection[Symbol.asyncDispose]();
    waiting.push(connection);
    // At once: whoever comes now is refused, not left to wait for nobody.
    if (taken >= maxAccepts) void end();
  }

  const iterator: AsyncIterator<Connection, undefined> = {
    next: () => waiting.next(),
    async return() {
      await leaveAll();
      return { value: undefined, done: true };
    },
  };
  const forget = onAbort(signal, () => void end());
  if (maxAccepts <= 0) void end();
  return {
    endpoint,
    endpoints,
    close: end,
    offer(remote, take, refuse) {
      if (admit(remote, refuse)) enter(take());
    },
    admit,
    enter,
    leave(remote) {
      live -= 1;
      if (remote) gate?.leave(remote);
    },
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: leaveAll,
  };
}
