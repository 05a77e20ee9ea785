/** One client of a proxy, and what serving it takes. */
import { drained } from "../../protocol/http/drained.ts";
import type { Connection } from "../../stream/connection.ts";
import type { Guard } from "./guard.ts";
import type { Intake } from "./intake.ts";
import { HANDSHAKE_TIMEOUT, type ProxyOptions } from "./options.ts";
import type { Reach } from "./reach.ts";

export interface Client {
  readonly connection: Connection;
  readonly intake: Intake;
  readonly options: ProxyOptions;
  readonly reach: Reach;
  /** Undefined: everybody may come in. */
  readonly guard: Guard | undefined;
  readonly signal: AbortSignal;
}

/** Until when this client has to have said what it wants: a time of performance.now(). */
export function handshakeEnd({ options }: Client): number {
  return performance.now() + (options.handshakeTimeout ?? HANDSHAKE_TIMEOUT);
}

/**
 * Resolves once the client's stream takes more, or is gone: whoever asks and never reads is not answered without end.
 * It has as long as it has to say what it wants; then it is cut off.
 */
export async function untilTaken(client: Client): Promise<void> {
  const { stream } = client.connection;
  if (stream.writableNeedDrain) await orCutOff(client, drained(stream));
}

async function orCutOff({ connection, options }: Client, taken: Promise<void>): Promise<void> {
  const cutOff = (): void => void connection.stream.destroy();
  const timer = setTimeout(cutOff, options.handshakeTimeout ?? HANDSHAKE_TIMEOUT);
  await taken;
  clearTimeout(timer);
}

/** Milliseconds, and bytes, that a client is listened to after its last answer. */
const FAREWELL = 2000;
const FAREWELL_BYTES = 1024 * 1024;

/**
 * Ends our side, and takes what the client still sends: closing with bytes unread is a reset, which would overtake the
 * answer.
 */
export async function sayFarewell(client: Client): Promise<void> {
  const { connection, intake } = client;
  await orCutOff(client, flushed(connection));
  const until = performance.now() + FAREWELL;
  let left = FAREWELL_BYTES;
  try {
    while (left > 0) {
      const chunk = await intake.pull(until);
      if (!chunk) return;
      left -= chunk.length;
    }
  } catch {
    // It has had its answer, and its time.
  }
}

function flushed({ stream }: Connection): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    stream.once("close", resolve);
    stream.end(resolve);
  });
}
