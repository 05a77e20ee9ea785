import { checkOptions, toEndpoint } from "../core/arguments.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Connection } from "../stream/connection.ts";
import { datagrams } from "../stream/filters/datagrams.ts";
import { link, type LinkOptions } from "../stream/link.ts";
import { bind, dial } from "../transport/index.ts";
import { retry } from "../transport/retry.ts";
import { serve, type Server } from "../transport/serve.ts";
import { UDP_IDLE, type RelayOptions } from "./options.ts";

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
  const { maxConns, signal, idle } = options;
  const listener = await bind(near, {
    ...options.bind,
    ...(maxConns !== undefined && { maxConns }),
    ...(idle !== undefined && { udpIdle: idle }),
    ...(signal && { signal }),
  });
  return serve(listener, (client, abort) => forward(client, far, options, abort), options);
}

async function forward(
  near: Connection,
  to: Endpoint,
  options: RelayOptions,
  signal: AbortSignal,
): Promise<void> {
  const { connectTimeout, retries = 0 } = options;
  const dialling = {
    ...options.dial,
    signal,
    ...(connectTimeout !== undefined && { timeout: connectTimeout }),
  };
  const far = await retry(() => dial(to, dialling), { retries, signal });
  // Not "await using", whose bookkeeping is a twentieth of what an idle connection costs: there may be ten thousand.
  try {
    options.onOpen?.(near, far);
    const report = await link(near, far, linkOptions(near, far, options, signal));
    options.onClose?.(near, far, report);
  } finally {
    await far[Symbol.asyncDispose]();
  }
}

function linkOptions(
  near: Connection,
  far: Connection,
  options: RelayOptions,
  signal: AbortSignal,
): LinkOptions {
  const endless = near.framing === "message" || far.framing === "message";
  const idle = options.idle ?? (endless ? UDP_IDLE : undefined);
  return {
    signal,
    // A UDP client has no end but silence, and then nobody waits for an answer.
    ...(near.framing === "message" && { eof: { left: "close" } }),
    ...(idle !== undefined && { idle }),
    // Bytes that go into datagrams are cut to what one can carry.
    ...(near.framing !== far.framing && { forward: [datagrams()], backward: [datagrams()] }),
  };
}
