import { checkOptions, toEndpoint } from "../core/arguments.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { wrap } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import { dial } from "../transport/index.ts";
import { retry } from "../transport/retry.ts";
import type { ConnectOptions } from "./options.ts";

/**
 * Opens a connection. The caller closes it: `await using connection = await connect("host:80")`.
 *
 * @throws {NcxError} RESOLVE, REFUSED, UNREACHABLE, TIMEOUT, DENIED, ADDRESS, TLS, ABORTED or UNSUPPORTED.
 * @example
 * await using connection = await connect(server.endpoint);
 * connection.stream.end("hello\n");
 */
export async function connect(
  to: Endpoint | string,
  options: ConnectOptions = {},
): Promise<Connection> {
  checkOptions(options);
  const { retries = 0, retryDelay = 200, signal } = options;
  const endpoint = toEndpoint(to);
  try {
    return await retry(() => dial(endpoint, options), {
      retries,
      delay: retryDelay,
      ...(signal && { signal }),
    });
  } catch (error) {
    throw wrap("connect", error, { endpoint });
  }
}
