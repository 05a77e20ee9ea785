/** TCP: dials every address of a name (RFC 8305), listens on one address, on a name's addresses, or on all. */
import type { AddressInfo, Server, Socket } from "node:net";
import { formatEndpoint, type TcpEndpoint } from "../core/endpoint.ts";
import { describe, wrap, type Attempt } from "../core/errors.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { makeAccepts } from "./accepts.ts";
import { bindAll, plainAddress } from "./bind-all.ts";
import { dialName } from "./dial-name.ts";
import type { Address } from "./resolve.ts";
import { acceptInto, openServer, openSocket } from "./sockets.ts";
import { pumpSockets } from "./tcp-pump.ts";
import type { BindOptions, DialOptions, Listener } from "./transport.ts";

/** RFC 8305 §8: milliseconds before the next address is tried beside those under way. */
const ATTEMPT_DELAY = 250;

/** Dials every address of the name, one after another and side by side; the first to answer wins. */
export function dial(endpoint: TcpEndpoint, options: DialOptions): Promise<Connection> {
  return dialName(endpoint, options, (addresses, tried, signal) =>
    race(addresses, endpoint.port, options, tried, signal),
  );
}

/** Listens. `*` is every address, v4 and v6; a name is each of its addresses, all on the same port. */
export async function listen(endpoint: TcpEndpoint, options: BindOptions): Promise<Listener> {
  try {
    const { sockets: servers, places } = await bindAll(endpoint, options, (at) =>
      openServer(at, options),
    );
    const endpoints = places.map((at): TcpEndpoint => ({ kind: "tcp", ...at }));
    const close = async (): Promise<void> => servers.forEach((server) => void server.close());
    const accepts = makeAccepts(endpoints, close, options);
    for (const server of servers) {
      const local = fixedAddress(server);
      acceptInto(accepts, server, options, remoteOf, (socket, remote) =>
        connectionOf(socket, remote, local),
      );
    }
    return accepts;
  } catch (error) {
    throw wrap(`listen on ${formatEndpoint(endpoint)}`, error, { endpoint });
  }
}

/** The address that every connection of this server came to, unless it listens on all there are. */
function fixedAddress(server: Server): TcpEndpoint | undefined {
  const { address, port } = server.address() as AddressInfo; // it is bound, and not to a path
  return address === "::" || address === "0.0.0.0"
    ? undefined
    : { kind: "tcp", host: address, port };
}

/** Addresses that are known need not be asked for: each is a system call for every connection. */
function connectionOf(socket: Socket, remote: TcpEndpoint, local = localOf(socket)): Connection {
  return makeConnection({
    stream: socket,
    local,
    remote,
    direct: pumpSockets(socket),
  });
}

function localOf({ localAddress = "", localPort = 0 }: Socket): TcpEndpoint {
  return { kind: "tcp", host: plainAddress(localAddress), port: localPort };
}

function remoteOf({ remoteAddress = "", remotePort = 0 }: Socket): TcpEndpoint {
  return { kind: "tcp", host: plainAddress(remoteAddress), port: remotePort };
}

/** RFC 8305 §5: the next address is tried when one has failed, or has said nothing for a while. */
function race(
  addresses: readonly Address[],
  port: number,
  options: DialOptions,
  tried: Attempt[],
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const [only] = addresses;
  if (only && addresses.length === 1) return attempt(only, port, options, tried, signal);
  const losers = new AbortController();
  const either = signal ? AbortSignal.any([signal, losers.signal]) : losers.signal;
  return new Promise((resolve, reject) => {
    const left = [...addresses];
    let underWay = 0;
    let timer: NodeJS.Timeout | undefined;
    function next(): void {
      clearTimeout(timer);
      const address = left.shift();
      if (!address) return;
      underWay += 1;
      attempt(address, port, options, tried, either).then(win, lose);
      if (left.length > 0) timer = setTimeout(next, ATTEMPT_DELAY);
    }
    function win(connection: Connection): void {
      clearTimeout(timer);
      if (losers.signal.aborted) return void connection.stream.destroy();
      losers.abort();
      resolve(connection);
    }
    function lose(error: unknown): void {
      underWay -= 1;
      if (left.length > 0 && !signal?.aborted) next();
      else if (underWay === 0) reject(error);
    }
    next();
  });
}

async function attempt(
  { address, family }: Address,
  port: number,
  options: DialOptions,
  tried: Attempt[],
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const { source } = options;
  const to = {
    host: address,
    port,
    family,
    ...(source?.host !== undefined && { localAddress: source.host }),
    ...(source?.port !== undefined && { localPort: source.port }),
  };
  try {
    return connectionOf(await openSocket(to, options, signal), {
      kind: "tcp",
      host: address,
      port,
    });
  } catch (error) {
    tried.push({ address, state: describe(error)[1] });
    throw error;
  }
}
