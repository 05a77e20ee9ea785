/** How each kind of endpoint is reached. The door of this floor. */
import { checkEndpoint, checkOptions } from "../core/arguments.ts";
import type { Endpoint, Kind } from "../core/endpoint.ts";
import { formatEndpoint } from "../core/endpoint.ts";
import { NcxError } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import * as stdio from "./stdio.ts";
import * as tcp from "./tcp.ts";
import type { BindOptions, DialOptions, Listener, Transport } from "./transport.ts";

export type { Handler, ServeOptions, Server } from "./serve.ts";
export { stdioConnection, type StdioStreams } from "./stdio.ts";
export { canSetTos } from "./sockets.ts";
export type { BindOptions, DialOptions, Listener, TlsDialOptions, Transport } from "./transport.ts";

/** Every kind there is; a kind without a line does not compile. Only tcp, which most runs need, is loaded at once. */
const transports: {
  [K in Kind]: () =>
    | Transport<Extract<Endpoint, { kind: K }>>
    | Promise<Transport<Extract<Endpoint, { kind: K }>>>;
} = {
  tcp: () => tcp,
  udp: () => import("./udp.ts"),
  unix: () => import("./unix.ts"),
  tls: async () => (await import("./tls.ts")).tlsOver(dial),
  stdio: () => stdio,
  memory: () => import("./memory.ts"),
};

/**
 * Opens a connection to a place.
 *
 * @throws {NcxError} RESOLVE, REFUSED, UNREACHABLE, TIMEOUT, DENIED, ADDRESS, TLS, ABORTED or UNSUPPORTED.
 */
export async function dial(endpoint: Endpoint, options: DialOptions = {}): Promise<Connection> {
  checkEndpoint(endpoint);
  checkOptions(options);
  const transport = transportOf(endpoint);
  if (transport instanceof Promise) return (await transport).dial(endpoint, options);
  return transport.dial(endpoint, options);
}

/**
 * Starts to listen at a place.
 *
 * @throws {NcxError} IN_USE, DENIED, ADDRESS, RESOLVE, ABORTED or UNSUPPORTED.
 */
export async function bind(endpoint: Endpoint, options: BindOptions = {}): Promise<Listener> {
  checkEndpoint(endpoint);
  checkOptions(options);
  const transport = await transportOf(endpoint);
  if (transport.listen)
    return transport.listen(endpoint, options).catch((error) => nameHolder(endpoint, error));
  throw new NcxError(
    "UNSUPPORTED",
    `Cannot listen on ${formatEndpoint(endpoint)}: this kind only dials`,
  );
}

/** Says who has the place already, where the system can tell. */
async function nameHolder(endpoint: Endpoint, error: unknown): Promise<never> {
  const place = endpoint.kind === "tcp" || endpoint.kind === "udp" || endpoint.kind === "unix";
  if (!(error instanceof NcxError) || error.code !== "IN_USE" || !place) throw error;
  const { whoHolds } = await import("../platform/owner.ts");
  const owner = await whoHolds(endpoint);
  if (!owner) throw error;
  const holder = `${owner.name}, pid ${owner.pid}`;
  const { code, message, cause, state } = error;
  throw new NcxError(code, `${message} (held by ${holder})`, {
    cause,
    endpoint,
    holder,
    ...(state !== undefined && { state }),
  });
}

function transportOf(endpoint: Endpoint): Promise<Transport<Endpoint>> | Transport<Endpoint> {
  // The table's own type says that a kind's transport takes that kind's endpoints.
  return transports[endpoint.kind]() as Promise<Transport<Endpoint>> | Transport<Endpoint>;
}
