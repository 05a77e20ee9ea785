/** How each kind of endpoint is reached. The door of this floor. */
import { checkEndpoint, checkOptions } from "../core/arguments.ts";
import type { Endpoint, ExecEndpoint, Kind, PtyEndpoint, ShEndpoint } from "../core/endpoint.ts";
import { formatEndpoint } from "../core/endpoint.ts";
import { NcxError } from "../core/errors.ts";
import type { TlsFacts } from "../core/events.ts";
import type { TelnetFilters } from "../protocol/telnet/answering.ts";
import type { PlainTelnetOptions } from "../protocol/telnet/plain.ts";
import type { ServedTelnet, TelnetText } from "../protocol/telnet/layer.ts";
import type { Connection } from "../stream/connection.ts";
import * as stdio from "./stdio.ts";
import * as tcp from "./tcp.ts";
import type {
  BindOptions,
  CarrierOptions,
  DialOptions,
  Listener,
  ProgramOptions,
  Transport,
} from "./transport.ts";

export type { TelnetFilters } from "../protocol/telnet/answering.ts";
export { refuseTelnet, type TelnetWay } from "../protocol/telnet-refuse.ts";
export type { PlainTelnetOptions } from "../protocol/telnet/plain.ts";
export type { ServedTelnet, TelnetClient, TelnetText } from "../protocol/telnet/layer.ts";
export type { Handler, ServeOptions, Server } from "./serve.ts";
export { exitOf, type ProgramExit } from "./program-exit.ts";
export { resizeOf, type Resize } from "./program-terminal.ts";
export { stdioConnection, type StdioStreams } from "./stdio.ts";
export { canSetTos } from "./sockets.ts";
export type {
  BindOptions,
  DialOptions,
  Fingerprints,
  Listener,
  ProgramOptions,
  TlsBindOptions,
  TlsDialOptions,
  Transport,
} from "./transport.ts";

/** Every kind there is; a kind without a line does not compile. Only tcp, which most runs need, is loaded at once. */
const transports: {
  [K in Kind]: () =>
    | Transport<Extract<Endpoint, { kind: K }>>
    | Promise<Transport<Extract<Endpoint, { kind: K }>>>;
} = {
  tcp: () => tcp,
  udp: () => import("./udp.ts"),
  unix: () => import("./unix.ts"),
  tls: async () => (await import("./tls.ts")).tlsOver(dial, bind),
  dtls: async () => (await import("./dtls.ts")).dtlsOver(dial, bind),
  unixgram: () => import("./unixgram.ts"),
  exec: () => import("./exec.ts"),
  sh: () => import("./exec.ts"),
  pty: () => import("./pty.ts"),
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
  if (options.proxy?.length && endpoint.kind !== "tls")
    return (await import("./proxy.ts")).dialThrough(endpoint, options.proxy, options, dial);
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
    return transport
      .listen(endpoint, await gated(endpoint, options))
      .catch((error) => nameHolder(endpoint, error));
  throw new NcxError(
    "UNSUPPORTED",
    `Cannot listen on ${formatEndpoint(endpoint)}: this kind only dials`,
  );
}

/** What TLS has agreed on; undefined for a connection without. Only one with TLS loads what it takes to tell. */
export async function tlsOf(connection: Connection): Promise<TlsFacts | undefined> {
  const { kind } = connection.remote;
  if (kind === "dtls") return (await import("./dtls.ts")).describeDtls(connection);
  if (kind !== "tls") return undefined;
  return (await import("./tls.ts")).describeTls(connection);
}

/** Has urgent data stay where it was sent, as a Synch of telnet needs it: see urgent.ts. */
export async function keepUrgentInline(connection: Connection): Promise<void> {
  await (await import("./urgent.ts")).keepUrgentInline(connection);
}

/** Speaks telnet on a connection, without a terminal: see protocol/telnet/plain.ts. */
export async function plainTelnetOver(
  connection: Connection,
  options?: PlainTelnetOptions,
): Promise<TelnetText> {
  await keepUrgentInline(connection);
  return (await import("../protocol/telnet/layer.ts")).plainTelnetOver(connection, options);
}

/** The same within a link: see protocol/telnet/plain-filters.ts. Its connections are for `keepUrgentInline()`. */
export async function plainTelnet(options?: PlainTelnetOptions): Promise<TelnetFilters> {
  return (await import("../protocol/telnet/plain-filters.ts")).plainTelnet(options);
}

/** Offers a terminal on a connection that was just accepted: see protocol/telnet/server.ts. */
export async function serveTelnet(connection: Connection): Promise<ServedTelnet> {
  await keepUrgentInline(connection);
  return (await import("../protocol/telnet/layer.ts")).serveTelnet(connection);
}

/** Whether OpenSSL makes anything of a list of ciphers. */
export async function knowsCiphers(list: string): Promise<boolean> {
  return (await import("./tls.ts")).knowsCiphers(list);
}

/**
 * Looks whether a program can be run, before anybody is there to run it for.
 *
 * @throws {NcxError} REFUSED, DENIED or ADDRESS when it cannot; UNSUPPORTED where there are no terminals.
 */
export async function checkProgram(
  endpoint: ExecEndpoint | ShEndpoint | PtyEndpoint,
  options: ProgramOptions = {},
): Promise<void> {
  if (endpoint.kind === "pty") await (await import("./pty.ts")).check(endpoint, options);
  else (await import("./exec.ts")).check(endpoint, options);
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

/** An overlay binds its carrier by `bind()`, whose gate it is. */
async function gated(endpoint: Endpoint, options: BindOptions): Promise<CarrierOptions> {
  const { allow, deny, peerPort, maxConnsPerIp, acceptRate, denyMode } = options;
  const asked = allow ?? deny ?? peerPort ?? maxConnsPerIp ?? acceptRate ?? denyMode;
  if (asked === undefined || "over" in endpoint) return options;
  return { ...options, gate: await (await import("./access.ts")).makeGate(endpoint, options) };
}

function transportOf(endpoint: Endpoint): Promise<Transport<Endpoint>> | Transport<Endpoint> {
  // The table's own type says that a kind's transport takes that kind's endpoints.
  return transports[endpoint.kind]() as Promise<Transport<Endpoint>> | Transport<Endpoint>;
}
