/** The types of the front door. Checked by `npm run types`, never run. */
import type { Duplex } from "node:stream";
import { expectTypeOf } from "vitest";
import {
  bind,
  connect,
  dial,
  formatEndpoint,
  link,
  listen,
  type NcxError,
  parseEndpoint,
  proxy,
  ports,
  relay,
  request,
  services,
  tap,
  type Connection,
  type ConnectionServer,
  type Direction,
  type Endpoint,
  type Framing,
  type Handler,
  type Kind,
  type LinkReason,
  type LinkReport,
  type Listener,
  type NcxErrorCode,
  type NcxEvent,
  type Observer,
  type ProxiedRequest,
  type ProxyOptions,
  type PortEntry,
  type PortsOptions,
  type Reply,
  type RequestOptions,
  type Server,
  type ServiceEntry,
  type ServicesOptions,
  type Tap,
} from "../../src/index.ts";

// Endpoints: plain data, told apart by their kind.
expectTypeOf(parseEndpoint).parameter(0).toEqualTypeOf<string>();
expectTypeOf(parseEndpoint).returns.toEqualTypeOf<Endpoint>();
expectTypeOf(formatEndpoint).toEqualTypeOf<(endpoint: Endpoint) => string>();
expectTypeOf<Kind>().toEqualTypeOf<
  "tcp" | "udp" | "unix" | "unixgram" | "tls" | "dtls" | "exec" | "sh" | "pty" | "stdio" | "memory"
>();
expectTypeOf<Extract<Endpoint, { kind: "unix" }>>().toHaveProperty("path").toEqualTypeOf<string>();
expectTypeOf<Extract<Endpoint, { kind: "tcp" }>["port"]>().toEqualTypeOf<number>();
expectTypeOf<Extract<Endpoint, { kind: "tls" }>["over"]>().toEqualTypeOf<Endpoint>();

// The rooms: a place, what to do, options.
expectTypeOf(connect).parameter(0).toEqualTypeOf<Endpoint | string>();
expectTypeOf(connect).returns.toEqualTypeOf<Promise<Connection>>();
expectTypeOf(listen("8080")).toEqualTypeOf<Promise<ConnectionServer>>();
expectTypeOf(listen("8080", { maxConns: 1 })).toEqualTypeOf<Promise<ConnectionServer>>();
expectTypeOf(listen("8080", async () => {})).toEqualTypeOf<Promise<Server>>();
expectTypeOf(relay).returns.toEqualTypeOf<Promise<Server>>();
expectTypeOf(relay("8080", "h:80", { observe: () => [{ onOpen() {} }] })).toEqualTypeOf<
  Promise<Server>
>();
expectTypeOf(tap).returns.toEqualTypeOf<Tap>();
expectTypeOf<Tap["observe"]>().toEqualTypeOf<
  (near: Connection, far: Connection) => readonly Observer[]
>();
expectTypeOf(proxy).toEqualTypeOf<
  (at: Endpoint | string, options?: ProxyOptions) => Promise<Server>
>();
expectTypeOf<ProxyOptions["protocol"]>().toEqualTypeOf<
  "http" | "socks4" | "socks5" | "auto" | undefined
>();
expectTypeOf<ProxiedRequest["status"]>().toEqualTypeOf<number>();
expectTypeOf(proxy).parameter(1).exclude<undefined>().toHaveProperty("signal");
expectTypeOf(request).toEqualTypeOf<(url: string, options?: RequestOptions) => Promise<Reply>>();
expectTypeOf<Reply>().toExtend<AsyncDisposable>();
expectTypeOf<Reply["status"]>().toEqualTypeOf<number>();
expectTypeOf<Reply["json"]>().returns.toEqualTypeOf<Promise<unknown>>();
expectTypeOf(dial).returns.toEqualTypeOf<Promise<Connection>>();
expectTypeOf(bind).returns.toEqualTypeOf<Promise<Listener>>();
expectTypeOf(link).returns.toEqualTypeOf<Promise<LinkReport>>();

expectTypeOf(ports).toEqualTypeOf<(options?: PortsOptions) => Promise<PortEntry[]>>();
expectTypeOf(services).toEqualTypeOf<(options?: ServicesOptions) => Promise<ServiceEntry[]>>();
expectTypeOf<PortEntry["protocol"]>().toEqualTypeOf<"tcp" | "udp" | "unix">();
expectTypeOf<PortEntry["exposure"]>().toEqualTypeOf<"loopback" | "lan" | "all" | undefined>();
expectTypeOf<ServiceEntry["category"]>().toEqualTypeOf<"well-known" | "registered" | "dynamic">();

// Every one of them takes a signal.
expectTypeOf<PortsOptions>().toHaveProperty("signal");
expectTypeOf(connect).parameter(1).exclude<undefined>().toHaveProperty("signal");
expectTypeOf(relay).parameter(2).exclude<undefined>().toHaveProperty("signal");
expectTypeOf(link).parameter(2).exclude<undefined>().toHaveProperty("signal");
expectTypeOf<RequestOptions>().toHaveProperty("signal");
expectTypeOf(dial).parameter(1).exclude<undefined>().toHaveProperty("signal");
expectTypeOf(bind).parameter(1).exclude<undefined>().toHaveProperty("signal");

// A server without a handler is iterated; one with a handler is not.
expectTypeOf<ConnectionServer>().toExtend<AsyncIterable<Connection>>();
expectTypeOf<Server>().not.toExtend<AsyncIterable<Connection>>();
expectTypeOf<Server>().toExtend<AsyncDisposable>();
expectTypeOf<Server["done"]>().toEqualTypeOf<Promise<void>>();
expectTypeOf<Server["endpoint"]>().toEqualTypeOf<Endpoint>();
expectTypeOf<Listener>().toExtend<AsyncIterable<Connection> & AsyncDisposable>();
expectTypeOf<Handler>().toEqualTypeOf<
  (connection: Connection, signal: AbortSignal) => Promise<void>
>();

// A connection is a Duplex with two places, read-only.
expectTypeOf<Connection["stream"]>().toEqualTypeOf<Duplex>();
expectTypeOf<Connection["framing"]>().toEqualTypeOf<Framing>();
expectTypeOf<Framing>().toEqualTypeOf<"stream" | "message">();
expectTypeOf<Connection>().toExtend<AsyncDisposable>();
expectTypeOf<LinkReport["reason"]>().toEqualTypeOf<LinkReason>();
expectTypeOf<LinkReport["error"]>().toEqualTypeOf<NcxError | undefined>();
expectTypeOf<NonNullable<Observer["onData"]>>().toEqualTypeOf<
  (connection: Connection, direction: Direction, chunk: Uint8Array) => void
>();

// Errors and events are closed unions.
expectTypeOf<NcxError>().toExtend<Error>();
expectTypeOf<NcxError["code"]>().toEqualTypeOf<NcxErrorCode>();
expectTypeOf<"REFUSED" | "TIMEOUT">().toExtend<NcxErrorCode>();
expectTypeOf<"NO_SUCH_CODE">().not.toExtend<NcxErrorCode>();
expectTypeOf<NcxEvent["type"]>().not.toEqualTypeOf<string>();

// @ts-expect-error -- a place isn't a number
void connect(8080);
// @ts-expect-error -- an endpoint has a kind
void listen({ host: "localhost", port: 1 });
// @ts-expect-error -- a handler is a function
void listen("8080", "echo");
// @ts-expect-error -- an option that there isn't
void relay("1", "2", { maxconns: 1 });
// @ts-expect-error -- a connection is not to be rewired
void connect("h:1").then((connection) => (connection.remote = connection.local));
