/** Serving: a handler for each connection of a listener, until told to stop. Listen and relay are made of it. */
import { onAbort } from "../core/abort.ts";
import { formatEndpoint, type Endpoint } from "../core/endpoint.ts";
import { type NcxError, wrap } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import type { Listener } from "./transport.ts";

/** Does something with one connection. The server closes it once this resolves. */
export type Handler = (connection: Connection, signal: AbortSignal) => Promise<void>;

export interface ServeOptions {
  /** Told of each connection whose handler failed. The server goes on. */
  onError?: (error: NcxError, connection: Connection) => void;
  /** Aborts everything: the listener and every connection. */
  signal?: AbortSignal;
}

export interface Server extends AsyncDisposable {
  /** Where it listens, with the port that it got. */
  readonly endpoint: Endpoint;
  readonly endpoints: readonly Endpoint[];
  /** Connections being handled now. */
  readonly connections: number;
  /** Resolves once it has stopped accepting and every connection has ended. Never rejects. */
  readonly done: Promise<void>;
  /** Stops accepting; the connections that are there live on. */
  close(): Promise<void>;
  /** Stops accepting, waits `ms` for the connections to end, then aborts what is left. */
  drain(ms: number): Promise<void>;
}

/** Serves a listener. Disposing of the server aborts its connections. */
export function serve(listener: Listener, handler: Handler, options: ServeOptions = {}): Server {
  const { onError, signal } = options;
  const insist = new AbortController();
  const live = new Map<Connection, Promise<void>>();
  const abort = (): void => insist.abort();
  const forget = onAbort(signal, abort);
  onAbort(insist.signal, () => {
    void listener[Symbol.asyncDispose](); // and what it hasn't yielded yet
    // A handler that only waits for its stream needs no thought of the signal.
    for (const { stream } of live.keys()) stream.destroy();
  });

  async function handle(connection: Connection): Promise<void> {
    try {
      if (!insist.signal.aborted) await handler(connection, insist.signal);
    } catch (error) {
      if (!insist.signal.aborted)
        onError?.(wrap(`serve ${formatEndpoint(connection.remote)}`, error), connection);
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  }

  async function accept(): Promise<void> {
    for await (const connection of listener) {
      live.set(
        connection,
        handle(connection).finally(() => live.delete(connection)),
      );
    }
    await Promise.all(live.values());
    forget();
  }

  const done = accept();
  return {
    endpoint: listener.endpoint,
    endpoints: listener.endpoints,
    get connections() {
      return live.size;
    },
    done,
    close: () => listener.close(),
    async drain(ms) {
      await listener.close();
      const timer = setTimeout(abort, ms);
      await done;
      clearTimeout(timer);
    },
    async [Symbol.asyncDispose]() {
      abort();
      await done;
    },
  };
}
