/**
 * DTLS over datagrams, by the OpenSSL that Node is made of (RFC 6347; OpenSSL has DTLS 1.2 and no newer one yet).
 *
 * A message is a record is a datagram, of 1 to 16,384 bytes. Closing tells the peer; the end of one side's output does
 * not, as with UDP.
 */
import { createHmac, randomBytes } from "node:crypto";
import { onAbort } from "../core/abort.ts";
import { formatEndpoint, type DtlsEndpoint, type Endpoint } from "../core/endpoint.ts";
import { NcxError, wrap } from "../core/errors.ts";
import { isHello } from "../protocol/dtls-records.ts";
import type { Connection } from "../stream/connection.ts";
import { makeAccepts, type Accepts } from "./accepts.ts";
import { DtlsChannel } from "./_dtls-channel.ts";
import { newDtlsContext } from "./_dtls-context.ts";
import { acceptFailure, dialFailure } from "./tls-failures.ts";
import { dialSignal } from "./deadline.ts";
import { loadOpenSsl, type OpenSsl, type Ref } from "./_openssl.ts";
import { HANDSHAKE_TIMEOUT } from "./tls-server.ts";
import { expectedName } from "./tls-names.ts";
import { requireAuthority, withCertificate } from "./tls.ts";
import type { BindOptions, DialOptions, Listener, Transport } from "./transport.ts";

type Dial = (endpoint: Endpoint, options: DialOptions) => Promise<Connection>;
type Bind = (endpoint: Endpoint, options: BindOptions) => Promise<Listener>;

/** Handshakes under way at once, of peers that have shown that they are where they say. */
const MAX_HANDSHAKES = 512;

/**
 * Peers whose hello was answered that keep their carrier for a moment, so that a client is one connection to it, not
 * two. Beyond them nothing is kept.
 */
const MAX_GREETED = 256;
const GREETED_TIME = 2000;

/** setTimeout's own limit, 24 days: as good as no idle end. */
const NO_IDLE = 2 ** 31 - 1;

export { describeDtls } from "./_dtls-channel.ts";

/** The DTLS transport over whatever `dial` and `bind` reach. */
export function dtlsOver(dial: Dial, bind: Bind): Transport<DtlsEndpoint> {
  return {
    dial: (endpoint, options) => dialOver(dial, endpoint, options),
    listen: (endpoint, options) => listenOver(bind, endpoint, options),
  };
}

async function dialOver(
  dial: Dial,
  endpoint: DtlsEndpoint,
  options: DialOptions,
): Promise<Connection> {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  const { timeout = HANDSHAKE_TIMEOUT, ...rest } = options;
  const signal = dialSignal({ ...options, timeout });
  try {
    const servername = expectedName(endpoint);
    refuseStreams(endpoint, act);
    const openssl = await loadOpenSsl(act);
    const context = newDtlsContext(openssl, "client", options.tls ?? {});
    try {
      const carrier = await dial(endpoint.over, { ...rest, ...(signal && { signal }) });
      const { alpn, insecure } = options.tls ?? {};
      try {
        return await new DtlsChannel({
          openssl,
          context,
          role: { servername, ...(insecure && { insecure }), ...(alpn && { alpn }) },
          carrier,
          local: { kind: "dtls", over: carrier.local },
          remote: { ...endpoint, over: carrier.remote },
        }).shakeHands(signal);
      } catch (error) {
        await carrier[Symbol.asyncDispose]();
        throw error;
      }
    } finally {
      openssl.freeContext(context); // the session holds on to it
    }
  } catch (error) {
    throw dialFailure(error, endpoint);
  }
}

function refuseStreams({ over }: DtlsEndpoint, act: string): void {
  if (over.kind === "udp" || over.kind === "unixgram" || over.kind === "dtls") return;
  const state = "DTLS needs datagrams, not a stream";
  throw new NcxError("UNSUPPORTED", `Cannot ${act}: ${state}`, { state, hint: "use tls: there" });
}

/**
 * Listens. Only peers that have shook hands are yielded. Until a peer has proved, by a cookie, that it is at its
 * address, nothing is kept of it and no more is sent to it than it has sent: forged addresses gain nothing.
 */
async function listenOver(
  bind: Bind,
  endpoint: DtlsEndpoint,
  options: BindOptions,
): Promise<Listener> {
  const act = `listen on ${formatEndpoint(endpoint)}`;
  try {
    refuseStreams(endpoint, act);
    requireAuthority(options.tls);
    const openssl = await loadOpenSsl(act);
    const context = newDtlsContext(
      openssl,
      "server",
      await withCertificate(endpoint, options.tls ?? {}),
    );
    const carriers = await bind(endpoint.over, carrierOptions(options)).catch((error: unknown) => {
      openssl.freeContext(context);
      throw error;
    });
    return new Reception(openssl, context, carriers, options).accepts;
  } catch (error) {
    throw wrap(act, error, { endpoint });
  }
}

/** Limits of connections count those that have shook hands; who may connect at all is the carrier's business. */
function carrierOptions({
  tls: _,
  maxConns: __,
  maxAccepts: ___,
  firstPeerOnly,
  udpIdle,
  ...rest
}: BindOptions): BindOptions {
  const idle = udpIdle ?? (firstPeerOnly ? NO_IDLE : undefined);
  return { ...rest, ...(idle !== undefined && { udpIdle: idle }) };
}

/** Peers on their way to be connections. */
class Reception {
  readonly accepts: Accepts;
  readonly #openssl: OpenSsl;
  readonly #context: Ref;
  readonly #carriers: Listener;
  readonly #options: BindOptions;
  /** Cookies are made with it: good for this listener's life. */
  readonly #secret = randomBytes(32);
  /** Aborts the handshakes that are under way. */
  readonly #closing = new AbortController();
  readonly #shaking = new Set<Promise<void>>();
  /** How those leave who have been asked for the cookie. */
  readonly #greeted = new Map<() => void, NodeJS.Timeout>();
  /** Connections and failed handshakes so far. */
  #taken = 0;

  constructor(openssl: OpenSsl, context: Ref, carriers: Listener, options: BindOptions) {
    this.#openssl = openssl;
    this.#context = context;
    this.#carriers = carriers;
    this.#options = options;
    const endpoints = carriers.endpoints.map((over): DtlsEndpoint => ({ kind: "dtls", over }));
    this.accepts = makeAccepts(endpoints, () => this.#close(), options);
    void this.#receiveAll();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    for (const leave of this.#greeted.keys()) leave();
    await this.#carriers.close();
  }

  async #receiveAll(): Promise<void> {
    for await (const carrier of this.#carriers) this.#receive(carrier);
    await this.accepts.close();
    await Promise.all(this.#shaking);
    this.#openssl.freeContext(this.#context);
  }

  /** Answers hellos until one has the cookie, which is usually the next. */
  #receive(carrier: Connection): void {
    const { stream } = carrier;
    let proved = false;
    const leave = (): void => {
      this.#forget(leave);
      if (!proved) void carrier[Symbol.asyncDispose]();
    };
    // Nothing is kept of the session: a hello with the cookie starts it, on this carrier or another.
    const answered = (): void => {
      this.#forget(leave);
      const gone = proved || stream.destroyed || this.#closing.signal.aborted;
      if (gone || this.#greeted.size >= MAX_GREETED) leave();
      else this.#greeted.set(leave, setTimeout(leave, GREETED_TIME));
    };
    const receive = (datagram: Buffer): void => {
      if (this.#closing.signal.aborted) return leave();
      if (!isHello(datagram)) {
        this.#reject(carrier, "it does not speak DTLS");
        return leave();
      }
      const channel = this.#channelOn(carrier);
      if (!channel.greet(datagram, answered)) return;
      if (this.#shaking.size >= MAX_HANDSHAKES) {
        channel.free();
        this.#reject(carrier, `${MAX_HANDSHAKES} handshakes are under way`);
        return leave();
      }
      proved = true;
      this.#forget(leave);
      stream.off("data", receive);
      const shaking = this.#shakeHands(channel, carrier, datagram);
      this.#shaking.add(shaking);
      void shaking.finally(() => this.#shaking.delete(shaking));
    };
    stream.on("data", receive);
    stream.once("end", leave);
  }

  #forget(leave: () => void): void {
    clearTimeout(this.#greeted.get(leave));
    this.#greeted.delete(leave);
  }

  #channelOn(carrier: Connection): DtlsChannel {
    const at = formatEndpoint(carrier.remote);
    return new DtlsChannel({
      openssl: this.#openssl,
      context: this.#context,
      role: { cookie: createHmac("sha256", this.#secret).update(at).digest() },
      carrier,
      local: { kind: "dtls", over: carrier.local },
      remote: { kind: "dtls", over: carrier.remote },
    });
  }

  async #shakeHands(channel: DtlsChannel, carrier: Connection, hello: Buffer): Promise<void> {
    const { handshakeTimeout = HANDSHAKE_TIMEOUT } = this.#options.tls ?? {};
    const remote: DtlsEndpoint = { kind: "dtls", over: carrier.remote };
    const stop = new AbortController();
    const forget = onAbort(this.#closing.signal, () => stop.abort());
    const timer = setTimeout(() => stop.abort(tooSlow()), handshakeTimeout);
    try {
      this.#offer(await channel.shakeHands(stop.signal, hello));
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // In a turn of its own: what it throws is the caller's, and costs this listener nothing.
      queueMicrotask(() => this.#options.onFailed?.(acceptFailure(error, remote), remote));
      this.#count();
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  #offer(connection: Connection): void {
    const { accepts } = this;
    const take = (): Connection => {
      connection.stream.once("close", () => accepts.leave());
      return connection;
    };
    accepts.offer(connection.remote, take, () => void connection[Symbol.asyncDispose]());
    this.#count();
    if (this.#options.firstPeerOnly) void accepts.close();
  }

  #count(): void {
    this.#taken += 1;
    if (this.#taken >= (this.#options.maxAccepts ?? Infinity)) void this.accepts.close();
  }

  #reject({ remote: over }: Connection, reason: string): void {
    this.#options.onReject?.({ kind: "dtls", over }, reason);
  }
}

function tooSlow(): DOMException {
  return new DOMException("the handshake took too long", "TimeoutError");
}
