import { checkOptions, toEndpoint } from "../core/arguments.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { serve, type Server } from "../transport/serve.ts";
import { bindNear, dialFar, join } from "./_ends.ts";
import type { RelayOptions } from "./options.ts";

/**
 * Forwards every client of one place to another: tcp, udp and unix on either side. A text without a host, such as
 * `"8080"`, is loopback. A destination that cannot be reached costs that client alone: `onError` is told.
 *
 * @throws {NcxError} as `listen()` does, when the near side cannot be bound.
 * @example
 * await using server = await relay("127.0.0.1:0", upstream.endpoint);
 */
export async function relay(
  from: Endpoint | string,
  to: Endpoint | string,
  options: RelayOptions = {},
): Promise<Server> {
  // All of it now: what only a dial would find goes to onError, client after client.
  for (const some of [options, options.bind ?? {}, options.dial ?? {}]) checkOptions(some);
  const near = toEndpoint(from, { host: "localhost" });
  const far = toEndpoint(to, { host: "localhost" });
  const listener = await bindNear(near, options);
  return serve(
    listener,
    async (client, abort) => join(client, await dialFar(far, options, abort), options, abort),
    options,
  );
}
