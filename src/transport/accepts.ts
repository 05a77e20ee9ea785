/** What accepting needs, whatever the carrier: a queue that is iterated, a limit, and one way to end. */
import { onAbort } from "../core/abort.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Connection } from "../stream/connection.ts";
import { Queue } from "../stream/queue.ts";
import type { BindOptions, Listener } from "./transport.ts";

/** Connections that may wait for the iterator; more are turned away. The kernel's own backlog is 511 deep. */
const MAX_WAITING = 4096;

export interface Accepts extends Listener {
  /** Takes a new connection in, or calls `refuse` where there is no place. It leaves its place when `closing` fires. */
  offer(remote: Endpoint, take: () => Connection, refuse: () => void): void;
  /** A connection has ended: its place is free. */
  leave(): void;
}

/** Makes a listener over sockets that are already bound. `close` lets go of them. */
export function makeAccepts(
  endpoints: readonly Endpoint[],
  close: () => Promise<void>,
  options: BindOptions,
): Accepts {
  const [endpoint] = endpoints;
  if (!endpoint) throw new RangeError("a listener has at least one endpoint");
  const { maxConns = Infinity, onReject, signal } = options;
  const waiting = new Queue<Connection>();
  let live = 0;
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

  const iterator: AsyncIterator<Connection, undefined> = {
    next: () => waiting.next(),
    async return() {
      await leaveAll();
      return { value: undefined, done: true };
    },
  };
  const forget = onAbort(signal, () => void end());
  return {
    endpoint,
    endpoints,
    close: end,
    offer(remote, take, refuse) {
      const full = live >= maxConns;
      if (closing || full || waiting.length >= MAX_WAITING) {
        refuse();
        if (!closing)
          onReject?.(
            remote,
            full ? `the limit of ${maxConns} connections is reached` : "too many are waiting",
          );
        return;
      }
      live += 1;
      waiting.push(take());
    },
    leave() {
      live -= 1;
    },
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: leaveAll,
  };
}
