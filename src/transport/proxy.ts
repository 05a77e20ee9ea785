/**
 * Dialling through proxies, one after another:
 *
 *   dial ──▶ proxies[0] ──"connect to"──▶ proxies[1] ──"connect to"──▶ … ──"connect to"──▶ endpoint
 *
 * Each negotiation runs over the stream that the one before it has opened, whatever kind it is, and leaves every byte
 * after the proxy's answer in it.
 */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { formatEndpoint, type Endpoint, type TcpEndpoint } from "../core/endpoint.ts";
import {
  NcxError,
  describe,
  isAbort,
  isTimeout,
  lowerFirst,
  wrap,
  type NcxErrorOptions,
} from "../core/errors.ts";
import { formatProxy, isSocks, type Proxy, type ProxyDns } from "../core/proxy.ts";
import type { Connection } from "../stream/connection.ts";
import { dialSignal } from "./deadline.ts";
import { askHttp, type HttpLogin } from "./proxy-http.ts";
import { askSocks } from "./proxy-socks.ts";
import { resolveHost } from "./resolve.ts";
import type { DialOptions, TlsDialOptions } from "./transport.ts";

type Dial = (endpoint: Endpoint, options: DialOptions) => Promise<Connection>;

/** What every step on the way needs. */
interface Way {
  readonly proxies: readonly Proxy[];
  readonly endpoint: TcpEndpoint;
  /** Without proxies; the timeout is in `signal`, too. */
  readonly options: DialOptions;
  readonly signal: AbortSignal | undefined;
  readonly dial: Dial;
  /** By the proxy's place in the chain: what it wants to be told when it is asked again. */
  readonly logins: Map<number, HttpLogin>;
}

/**
 * Dials `proxies[0]`, has it connect to the next one, and the last one to `endpoint`. The connection's stream is the
 * carrier's own; its remote place is `endpoint`.
 *
 * @throws {NcxError} PROXY for a proxy that refuses or answers nonsense; REFUSED and its like, TLS, for one that
 * cannot be reached; RESOLVE; TIMEOUT; ABORTED; ADDRESS for what the proxy's protocol cannot say; UNSUPPORTED for
 * anything but TCP.
 */
export async function dialThrough(
  endpoint: Endpoint,
  proxies: readonly Proxy[],
  options: DialOptions,
  dial: Dial,
): Promise<Connection> {
  const signal = dialSignal(options);
  if (endpoint.kind !== "tcp") {
    const state = "Proxies carry TCP connections only";
    const act = `connect to ${formatEndpoint(endpoint)} through ${listed(proxies)}`;
    throw new NcxError("UNSUPPORTED", `Cannot ${act}: ${lowerFirst(state)}`, { endpoint, state });
  }
  const { proxy: _here, ...rest } = options;
  const plain = { ...rest, ...(signal && { signal }) };
  const way = { proxies, endpoint, options: plain, signal, dial, logins: new Map() };
  const last = proxies.at(-1);
  const hosts = last ? await hostsFor(last, endpoint, way) : [];
  for (const [at, host] of hosts.entries()) {
    try {
      return await walk(way, host);
    } catch (error) {
      // The next address of a name that was looked up here may do.
      if (at === hosts.length - 1 || describe(error)[0] !== "PROXY") throw error;
    }
  }
  throw new TypeError("There must be a proxy");
}

/** Goes the whole way, again where a proxy wants its login over a new connection. */
async function walk(way: Way, host: string): Promise<Connection> {
  for (;;) {
    const connection = await attempt(way, host);
    if (connection) return connection;
  }
}

/** Undefined where the way must be gone again. */
async function attempt(way: Way, host: string): Promise<Connection | undefined> {
  const { proxies, endpoint, signal } = way;
  let carrier = await enter(way);
  try {
    for (const [at, proxy] of proxies.entries()) {
      const next = proxies[at + 1];
      const place = next ? await placeOf(next, proxy, way) : { host, port: endpoint.port };
      const login = await ask(carrier, place, at, way);
      if (login) {
        way.logins.set(at, login);
        await carrier[Symbol.asyncDispose]();
        return undefined;
      }
      if (next?.protocol === "https") carrier = await secure(carrier, next, at + 1, way);
    }
    signal?.throwIfAborted();
    return { ...carrier, remote: endpoint };
  } catch (error) {
    await carrier[Symbol.asyncDispose]();
    throw explain(error, way);
  }
}

/** Reaches the first proxy. */
async function enter(way: Way): Promise<Connection> {
  const { proxies, options, dial } = way;
  const [first] = proxies;
  if (!first) throw new TypeError("There must be a proxy");
  const { tls, ...plain } = options;
  const place = tcpOf(first);
  try {
    if (first.protocol !== "https") return await dial(place, plain);
    return await dial({ kind: "tls", over: place }, { ...plain, tls: proxyTls(tls) });
  } catch (error) {
    throw unreachable(error, first, way);
  }
}

/** TLS to a proxy that is reached through another one. */
async function secure(
  carrier: Connection,
  proxy: Proxy,
  at: number,
  way: Way,
): Promise<Connection> {
  const [{ tlsLayer }, { handshakeSignal }] = await Promise.all([
    import("./tls-client.ts"),
    import("./tls.ts"),
  ]);
  const layer = tlsLayer({ kind: "tls", over: tcpOf(proxy) }, proxyTls(way.options.tls));
  try {
    return await layer(carrier, handshakeSignal(way.options, way.signal));
  } catch (error) {
    throw unreachable(error, proxy, way);
  }
}

/** Who we are to the destination, and what is agreed on with it, is not for the proxy; whom we trust is. */
function proxyTls({ insecure, ca, ciphers }: TlsDialOptions = {}): TlsDialOptions {
  return {
    ...(insecure && { insecure }),
    ...(ca !== undefined && { ca }),
    ...(ciphers !== undefined && { ciphers }),
  };
}

async function ask(
  { stream }: Connection,
  { host, port }: Omit<TcpEndpoint, "kind">,
  at: number,
  { proxies, signal, logins }: Way,
): Promise<HttpLogin | undefined> {
  const proxy = proxies[at];
  if (!proxy) throw new TypeError("There must be a proxy");
  const place = { host: inAscii(host), port };
  try {
    if (!isSocks(proxy)) return await askHttp(stream, place, proxy, logins.get(at), signal);
    await askSocks(stream, place, proxy, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof NcxError) && (isAbort(error) || isTimeout(error))) throw error;
    throw saidBy(proxy, proxies.length > 1, error);
  }
}

/** RFC 5891: names go over the wire in ASCII. */
function inAscii(host: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  return /^[\u0000-\u007F]*$/.test(host) ? host : domainToASCII(host) || host;
}

/** Where a proxy is asked to find the next one. */
async function placeOf(
  next: Proxy,
  proxy: Proxy,
  way: Way,
): Promise<{ host: string; port: number }> {
  const [host = next.host] = await hostsFor(proxy, tcpOf(next), way);
  return { host, port: next.port };
}

/** What a proxy is asked for, each in turn: the name, or its addresses as they are known here. */
async function hostsFor(proxy: Proxy, to: TcpEndpoint, way: Way): Promise<string[]> {
  const { host } = to;
  const dns = dnsOf(proxy);
  if (isIP(host.replace(/%.*$/, "")) !== 0 || dns === "remote") return [host];
  if (dns === "none") {
    const state = "No name is looked up for a proxy with --proxy-dns none";
    const hint = "give a numeric address";
    const tried = [{ address: host, state }];
    const message = `Cannot resolve "${host}": ${lowerFirst(state)}`;
    throw new NcxError("RESOLVE", message, { state, hint, endpoint: to, tried });
  }
  try {
    const only4 = proxy.protocol.startsWith("socks4") ? { family: 4 as const } : {};
    const found = await resolveHost(host, { ...way.options, ...only4, endpoint: to });
    return found.map(({ address }) => address);
  } catch (error) {
    if (dns === "both" && describe(error)[0] === "RESOLVE") return [host];
    throw wrap(act(way), error, { endpoint: way.endpoint });
  }
}

function dnsOf({ dns, protocol }: Proxy): ProxyDns {
  return dns ?? (protocol === "socks4" || protocol === "socks5" ? "local" : "remote");
}

function tcpOf({ host, port }: Proxy): TcpEndpoint {
  return { kind: "tcp", host, port };
}

function act({ endpoint, proxies }: Way): string {
  return `connect to ${formatEndpoint(endpoint)} through ${listed(proxies)}`;
}

function listed(proxies: readonly Proxy[]): string {
  return proxies.map(formatProxy).join(", ");
}

/** Codes of what is no proxy's doing. */
const OWN = new Set(["ADDRESS", "RESOLVE", "TIMEOUT", "ABORTED", "TLS", "DENIED"]);
/** What a decoder found in an answer, not what a proxy said in it. */
const NONSENSE = new Set(["PROTOCOL", "LIMIT", "UNSUPPORTED"]);

/** In a chain the state also says which proxy it was. */
function saidBy(proxy: Proxy, inChain: boolean, error: unknown): NcxError {
  const [code, said] = describe(error);
  const state = NONSENSE.has(code)
    ? `The answer of the proxy makes no sense: ${lowerFirst(said)}`
    : said;
  return new NcxError(
    OWN.has(code) ? code : "PROXY",
    `Cannot use ${formatProxy(proxy)}: ${lowerFirst(state)}`,
    {
      state: inChain ? `${formatProxy(proxy)}: ${lowerFirst(state)}` : state,
      cause: error,
      ...hintOf(error),
    },
  );
}

/** A proxy that was never spoken to: the error is about that proxy, and keeps its code. */
function unreachable(error: unknown, proxy: Proxy, way: Way): NcxError {
  const [code, state] = describe(error);
  // Whoever stopped it, or a name nobody knows: the message names it already.
  if (code === "ABORTED" || code === "RESOLVE") return wrap(act(way), error);
  const which = way.proxies.length === 1 ? "The proxy" : formatProxy(proxy);
  const whole = `${which} cannot be reached: ${lowerFirst(state)}`;
  return new NcxError(code, `Cannot ${act(way)}: ${lowerFirst(whole)}`, {
    endpoint: tcpOf(proxy),
    state: whole,
    cause: error,
    ...(error instanceof NcxError && { tried: error.tried }),
    ...hintOf(error),
  });
}

function explain(error: unknown, way: Way): NcxError {
  if (error instanceof NcxError && error.message.startsWith(`Cannot ${act(way)}: `)) return error;
  if (!(error instanceof NcxError) && (isAbort(error) || isTimeout(error)))
    return wrap(act(way), error, { endpoint: way.endpoint });
  const [code, state] = describe(error);
  if (code === "RESOLVE") return wrap(act(way), error);
  const options: NcxErrorOptions = { endpoint: way.endpoint, state, cause: error };
  return new NcxError(OWN.has(code) ? code : "PROXY", `Cannot ${act(way)}: ${lowerFirst(state)}`, {
    ...options,
    ...hintOf(error),
  });
}

function hintOf(error: unknown): { hint?: string } {
  return error instanceof NcxError && error.hint !== undefined ? { hint: error.hint } : {};
}
