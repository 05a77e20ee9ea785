/** Dialling a host by its name: what TCP and UDP do before they differ. */
import {
  formatEndpoint,
  type Endpoint,
  type TcpEndpoint,
  type UdpEndpoint,
} from "../core/endpoint.ts";
import { lowerFirst, NcxError, wrap, type Attempt } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import { dialSignal } from "./deadline.ts";
import { resolveHost, type Address } from "./resolve.ts";
import type { DialOptions } from "./transport.ts";

/** Connects to one of the addresses; notes each that failed in `tried`. */
export type Reach = (
  addresses: readonly Address[],
  tried: Attempt[],
  signal: AbortSignal | undefined,
) => Promise<Connection>;

/** Looks the host up and reaches for its addresses, all within the dial's time. */
export async function dialName(
  endpoint: TcpEndpoint | UdpEndpoint,
  options: DialOptions,
  reach: Reach,
): Promise<Connection> {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  if (endpoint.port === 0) {
    const hint = "a port is 1-65535";
    throw new NcxError("ADDRESS", `Cannot ${act}: port 0 cannot be dialled`, { endpoint, hint });
  }
  const tried: Attempt[] = [];
  try {
    const signal = dialSignal(options);
    const lookUp = { ...options, endpoint, ...(signal && { signal }) };
    const addresses = permitted(await resolveHost(endpoint.host, lookUp), options, endpoint);
    signal?.throwIfAborted();
    return await reach(addresses, tried, signal);
  } catch (error) {
    throw wrap(act, error, { endpoint, tried });
  }
}

/** Without the addresses that the caller refuses. @throws {NcxError} DENIED when none is left. */
function permitted(
  addresses: readonly Address[],
  { refuse }: DialOptions,
  endpoint: Endpoint,
): readonly Address[] {
  if (!refuse) return addresses;
  const tried: Attempt[] = [];
  const left = addresses.filter(({ address }) => {
    const state = refuse(address);
    if (state !== undefined) tried.push({ address, state });
    return state === undefined;
  });
  const state = tried[0]?.state;
  if (left.length > 0 || state === undefined) return left;
  const message = `Cannot connect to ${formatEndpoint(endpoint)}: ${lowerFirst(state)}`;
  throw new NcxError("DENIED", message, { endpoint, state, tried });
}
