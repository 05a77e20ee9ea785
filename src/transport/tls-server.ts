/** TLS as a server over any listener: handshakes side by side, and only finished ones are yielded. */
import { EventEmitter } from "node:events";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { onAbort } from "../core/abort.ts";
import { formatEndpoint, type TlsEndpoint } from "../core/endpoint.ts";
import { NcxError, wrap } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import { Queue } from "../stream/queue.ts";
import { acceptFailure, untrusted } from "./tls-failures.ts";
import { tlsConnection } from "./tls-stream.ts";
import type { BindOptions, Listener, TlsBindOptions } from "./transport.ts";

/** Milliseconds for one handshake, where nothing else is said. */
export const HANDSHAKE_TIMEOUT = 30_000;
/** Handshakes under way and connections that nobody has asked for yet; further clients wait in the carrier's queue. */
const MAX_WAITING = 1024;

/**
 * Speaks TLS as a server with all that a listener accepts. It owns the listener.
 *
 * A handshake that fails costs that client alone: its carrier is closed, and `onFailed` is told. `close()` lets those
 * under way finish; `signal` and disposal end them.
 *
 * @throws {NcxError} TLS when the certificate, key or ciphers cannot be used.
 */
export function listenTls(
  carriers: Listener,
  endpoint: TlsEndpoint,
  options: BindOptions,
): Listener {
  const { tls = {}, onFailed, signal } = options;
  const server = makeServer(endpoint, tls);
  const { handshakeTimeout = HANDSHAKE_TIMEOUT } = tls;
  const ready = new Queue<Connection>();
  const insist = new AbortController();
  let shaking = 0;
  let left = (): void => {};

  async function shake(carrier: Connection): Promise<void> {
    const remote: TlsEndpoint = { kind: "tls", over: carrier.remote };
    shaking += 1;
    try {
      const stream = await shakeHands(server, carrier, handshakeTimeout, insist.signal);
      ready.push(tlsConnection(carrier, stream, remote));
    } catch (error) {
      await carrier[Symbol.asyncDispose]();
      // In a turn of its own: what it throws is the caller's, and costs this listener nothing.
      if (!insist.signal.aborted)
        queueMicrotask(() => onFailed?.(acceptFailure(error, remote), remote));
    } finally {
      shaking -= 1;
      left();
    }
  }

  async function accept(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for await (const carrier of carriers) {
      const done = shake(carrier).finally(() => underWay.delete(done));
      underWay.add(done);
      while (shaking + ready.length >= MAX_WAITING && !insist.signal.aborted)
        await new Promise<void>((resolve) => (left = resolve));
    }
    await Promise.all(underWay);
    forget();
    ready.end();
  }

  async function leaveAll(): Promise<void> {
    insist.abort();
    left();
    await carriers[Symbol.asyncDispose]();
    await accepting;
    for (const connection of ready.takeAll()) await connection[Symbol.asyncDispose]();
  }

  const forget = onAbort(signal, () => {
    insist.abort();
    left();
  });
  const accepting = accept();
  const iterator: AsyncIterator<Connection, undefined> = {
    next() {
      const next = ready.next();
      left();
      return next;
    },
    async return() {
      await leaveAll();
      return { value: undefined, done: true };
    },
  };
  return {
    endpoint: { kind: "tls", over: carriers.endpoint },
    endpoints: carriers.endpoints.map((over) => ({ kind: "tls", over })),
    close: () => carriers.close(),
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: leaveAll,
  };
}

function makeServer(endpoint: TlsEndpoint, options: TlsBindOptions): Server {
  const { cert, key, passphrase, requestCert = false, ca, ciphers, alpn } = options;
  try {
    return createServer({
      requestCert,
      rejectUnauthorized: requestCert,
      // Node's own limit starts anew with each byte; ours is for the whole handshake.
      handshakeTimeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(passphrase !== undefined && { passphrase }),
      ...(ca !== undefined && { ca }),
      ...(ciphers !== undefined && { ciphers }),
      ...(alpn && { ALPNProtocols: [...alpn] }),
    });
  } catch (error) {
    const failed = wrap(`listen on ${formatEndpoint(endpoint)}`, error, { endpoint });
    throw new NcxError("TLS", failed.message, { endpoint, cause: error });
  }
}

/** One handshake, from its first byte to its last within `timeout` milliseconds. */
function shakeHands(
  server: Server,
  carrier: Connection,
  timeout: number,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { stream: raw } = carrier;
  return new Promise((resolve, reject) => {
    if (carrier.framing === "message")
      throw new NcxError("UNSUPPORTED", "Cannot accept: TLS needs a stream, not datagrams");
    signal.throwIfAborted();
    const stop = (reason: unknown): void => {
      settle();
      reject(reason);
      raw.destroy();
    };
    const late = new DOMException("the handshake took too long", "TimeoutError");
    const timer = setTimeout(() => stop(late), timeout);
    const forget = onAbort(signal, () => stop(signal.reason));
    const settle = (): void => {
      clearTimeout(timer);
      forget();
    };
    // Only the server's own events tell how a handshake went, and not of which carrier: each has one of its own.
    const teller = Object.create(server, {
      emit: {
        value(event: string, ...values: unknown[]): boolean {
          settle();
          if (event === "secureConnection") resolve(begin(values[0] as TLSSocket));
          if (event === "tlsClientError")
            reject(reasonOf(values[0] as Error, values[1] as TLSSocket, carrier));
          return true;
        },
      },
    }) as Server;
    // A client that ends its output in mid-handshake has gone: until the end of it there is no half-close.
    raw.allowHalfOpen = false;
    function begin(stream: TLSSocket): TLSSocket {
      raw.allowHalfOpen = stream.allowHalfOpen = true;
      // An alert may come while nobody listens; whoever uses the stream next finds it destroyed.
      stream.on("error", () => {});
      return stream;
    }
    EventEmitter.prototype.emit.call(teller, "connection", raw);
  });
}

/** Node closes on a client whose certificate is bad, and calls it a reset. */
function reasonOf(error: Error, stream: TLSSocket, carrier: Connection): Error {
  // OpenSSL's name of it; Node's types have an Error.
  const reason = stream.authorizationError as unknown as string | null | undefined;
  if (!reason) return error;
  const remote: TlsEndpoint = { kind: "tls", over: carrier.remote };
  const act = `accept ${formatEndpoint(remote)}`;
  return untrusted(act, reason, null, remote); // the certificate has gone with the stream
}
