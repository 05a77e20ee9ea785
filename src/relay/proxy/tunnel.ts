/** What CONNECT and SOCKS have in common: one destination, which the client has named, for the whole connection. */
import type { TcpEndpoint } from "../../core/endpoint.ts";
import type { Connection } from "../../stream/connection.ts";
import { join } from "../_ends.ts";
import { sayFarewell, type Client } from "./client.ts";

/** Links a client, who has been told that it is connected, to its destination. */
export function tunnel(client: Client, far: Connection, to: TcpEndpoint): Promise<void> {
  const { connection, intake, options, signal } = client;
  const { idle, onOpen, onClose } = options;
  intake.release();
  return join(
    connection,
    far,
    {
      ...(idle !== undefined && { idle }),
      ...(onOpen && { onOpen: (near, other) => onOpen(near, other, to) }),
      ...(onClose && { onClose: (near, other, report) => onClose(near, other, report, to) }),
    },
    signal,
  );
}

/**
 * Opens a connection for a client, unless the client goes away first.
 *
 * @throws {NcxError} as `Reach` does.
 */
export function reachFor(client: Client, to: TcpEndpoint): Promise<Connection> {
  const { intake, signal, reach } = client;
  return reach(to, AbortSignal.any([signal, intake.gone]));
}

/** Acts for a client; what fails is told to the client in its own protocol, and thrown on. */
export async function orRefuse<T>(
  client: Client,
  act: () => Promise<T>,
  refusal: (error: unknown) => Buffer,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    client.connection.stream.write(refusal(error));
    await sayFarewell(client);
    throw error;
  }
}
