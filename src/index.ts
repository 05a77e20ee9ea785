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
export {
  ports,
  type Exposure,
  type PlaceFilter,
  type PortCategory,
  type PortEntry,
  type PortProcess,
  type PortsOptions,
  type SocketProtocol,
  type SocketState,
} from "./ports/index.ts";
export { services, type ServiceEntry, type ServicesOptions } from "./services/index.ts";
export {
  scan,
  type Banner,
  type PortState,
  type ScanOptions,
  type ScanProgress,
  type ScanResult,
} from "./scan/index.ts";
export { waitFor, type WaitOptions } from "./wait/index.ts";
export {
  capture,
  type CaptureCounts,
  type CaptureOptions,
  type CaptureSource,
  type Packet,
} from "./capture/index.ts";
export {
  reservePort,
  reservePorts,
  type Reservation,
  type ReserveOptions,
} from "./free-port/index.ts";
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
export { tap, type Tap, type TapOptions, type TapShow } from "./observe/tap.ts";
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
