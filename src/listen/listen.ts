import { checkOptions, toEndpoint } from "../core/arguments.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Connection } from "../stream/connection.ts";
import { Queue } from "../stream/queue.ts";
import { bind } from "../transport/index.ts";
import { serve, type Handler, type Server } from "../transport/serve.ts";
import type { ListenOptions } from "./options.ts";

/** A server whose connections are iterated: `for await (const connection of server)`. */
export interface ConnectionServer extends Server, AsyncIterable<Connection> {}

/**
 * Listens, and gives each connection to the handler, or, without one, to whoever iterates the server. A text without
 * a host, such as `"8080"`, is every address, v4 and v6.
 *
 * @throws {NcxError} IN_USE, DENIED, ADDRESS, RESOLVE, ABORTED or UNSUPPORTED.
 * @example
 * await using server = await listen("127.0.0.1:0", async ({ stream }) => {
 *   await pipeline(stream, stream);
 * });
 */
export function listen(
  at: Endpoint | string,
  handler: Handler,
  options?: ListenOptions,
): Promise<Server>;
export function listen(at: Endpoint | string, options?: ListenOptions): Promise<ConnectionServer>;
export async function listen(
  at: Endpoint | string,
  second?: Handler | ListenOptions,
  third?: ListenOptions,
): Promise<Server> {
  const options = (typeof second === "function" ? third : second) ?? {};
  checkOptions(options);
  const endpoint = toEndpoint(at, { host: "*" });
  const listener = await bind(endpoint, options);
  if (typeof second === "function") return serve(listener, second, options);
  const waiting = new Queue<Connection>();
  const server = serve(
    listener,
    (connection, signal) => queued(connection, waiting, signal),
    options,
  );
  void server.done.then(() => waiting.end());
  return Object.assign(server, { [Symbol.asyncIterator]: () => waiting[Symbol.asyncIterator]() });
}

/** Queues a connection, and waits until whoever took it has closed it. */
function queued(
  connection: Connection,
  waiting: Queue<Connection>,
  signal: AbortSignal,
): Promise<void> {
  waiting.push(connection);
  return new Promise((resolve) => {
    connection.stream.once("close", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
