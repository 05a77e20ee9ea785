/** The two ends of whatever accepts here and dials there: how each is opened, and how they are joined. */
import type { Endpoint } from "../core/endpoint.ts";
import type { Connection, Filter } from "../stream/connection.ts";
import { datagrams, largestMessage } from "../stream/filters/datagrams.ts";
import { throttle } from "../stream/filters/throttle.ts";
import { link, type LinkOptions } from "../stream/link.ts";
import { bind, dial, type DialOptions, type Listener } from "../transport/index.ts";
import { retry } from "../transport/retry.ts";
import { UDP_IDLE, type ForwardOptions, type RelayOptions } from "./options.ts";

export function bindNear(near: Endpoint, options: ForwardOptions): Promise<Listener> {
  const { maxConns, maxAccepts, signal, idle } = options;
  return bind(near, {
    ...options.bind,
    ...(maxConns !== undefined && { maxConns }),
    ...(maxAccepts !== undefined && { maxAccepts }),
    ...(idle !== undefined && { udpIdle: idle }),
    ...(signal && { signal }),
  });
}

/** `more` is what this one dial needs besides. */
export function dialFar(
  to: Endpoint,
  options: ForwardOptions,
  signal: AbortSignal,
  more: DialOptions = {},
): Promise<Connection> {
  const { connectTimeout, retries = 0 } = options;
  const dialling = {
    ...options.dial,
    ...more,
    signal,
    ...(connectTimeout !== undefined && { timeout: connectTimeout }),
  };
  return retry(() => dial(to, dialling), { retries, signal });
}

/** Links the two until they come apart, and closes the far one. */
export async function join(
  near: Connection,
  far: Connection,
  options: Pick<RelayOptions, "idle" | "rateLimit" | "observe" | "onOpen" | "onClose">,
  signal: AbortSignal,
): Promise<void> {
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
  options: Pick<RelayOptions, "idle" | "rateLimit" | "observe">,
  signal: AbortSignal,
): LinkOptions {
  const endless = near.framing === "message" || far.framing === "message";
  const idle = options.idle ?? (endless ? UDP_IDLE : undefined);
  const pace: Filter[] = options.rateLimit === undefined ? [] : [throttle(options.rateLimit)];
  // Bytes that go into datagrams are cut to what one can carry.
  const cut = (to: Connection): Filter[] =>
    near.framing === far.framing ? [] : [datagrams(largestMessage(to.remote))];
  return {
    signal,
    // A UDP client has no end but silence, and then nobody waits for an answer.
    ...(near.framing === "message" && { eof: { left: "close" } }),
    ...(idle !== undefined && { idle }),
    ...(options.observe && { observers: options.observe(near, far) }),
    forward: [...pace, ...cut(far)],
    backward: [...pace, ...cut(near)],
  };
}
