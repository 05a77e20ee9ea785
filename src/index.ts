/** ncx as a library: the same features as the command, typed. */
export { connect, type ConnectOptions } from "./connect/index.ts";
export { listen, type ConnectionServer, type ListenOptions } from "./listen/index.ts";
export {
  request,
  Reply,
  HttpError,
  headerOf,
  type RequestOptions,
  type RequestBody,
} from "./http/index.ts";
export {
  proxy,
  relay,
  type ProxiedRequest,
  type ProxyOptions,
  type RelayOptions,
  type ServedProtocol,
} from "./relay/index.ts";
export { formatEndpoint, parseEndpoint, type Endpoint, type Kind } from "./core/endpoint.ts";
export { formatHost, matchesHost, parseHosts, type HostPattern } from "./core/hosts.ts";
export { NcxError, type Attempt, type NcxErrorCode } from "./core/errors.ts";
export type { NcxEvent } from "./core/events.ts";
export {
  formatProxy,
  parseProxy,
  type Proxy,
  type ProxyDns,
  type ProxyProtocol,
} from "./core/proxy.ts";
export { link, type Eof, type LinkOptions } from "./stream/link.ts";
export type {
  Connection,
  Direction,
  Filter,
  Framing,
  Layer,
  LinkReason,
  LinkReport,
  Observer,
} from "./stream/connection.ts";
export {
  bind,
  dial,
  exitOf,
  stdioConnection,
  type BindOptions,
  type DialOptions,
  type Listener,
  type ProgramExit,
  type ProgramOptions,
  type StdioStreams,
} from "./transport/index.ts";
export type { Handler, Server } from "./transport/index.ts";
