/** TLS as a client over any connection. Half-close passes both ways; certificates are verified. */
import { isIP } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { onAbort } from "../core/abort.ts";
import { formatEndpoint, type TlsEndpoint } from "../core/endpoint.ts";
import { NcxError } from "../core/errors.ts";
import type { Connection, Layer } from "../stream/connection.ts";
import { dialFailure, untrusted } from "./tls-failures.ts";
import { expectedName } from "./tls-names.ts";
import { tlsConnection } from "./tls-stream.ts";
import type { TlsDialOptions } from "./transport.ts";

/**
 * Speaks TLS as a client over a connection. The layer owns the carrier: it is closed with the connection, and when
 * the handshake fails.
 *
 * @throws {NcxError} TLS when the handshake fails, TIMEOUT, ABORTED; ADDRESS for a name that is none; UNSUPPORTED over
 * datagrams.
 */
export function tlsLayer(endpoint: TlsEndpoint, options: TlsDialOptions = {}): Layer {
  return async (carrier, signal) => {
    try {
      const servername = expectedName(endpoint);
      refuseDatagrams(carrier, endpoint);
      const stream = await shakeHands(carrier, connectionOptions(servername, options), signal);
      if (!options.insecure) requireTrust(stream, endpoint, servername);
      return tlsConnection(carrier, stream, { ...endpoint, over: carrier.remote });
    } catch (error) {
      await carrier[Symbol.asyncDispose]();
      throw dialFailure(error, endpoint);
    }
  };
}

function refuseDatagrams({ framing }: Connection, endpoint: TlsEndpoint): void {
  if (framing === "stream") return;
  const place = formatEndpoint(endpoint);
  throw new NcxError(
    "UNSUPPORTED",
    `Cannot connect to ${place}: TLS needs a stream, not datagrams`,
    { endpoint },
  );
}

function connectionOptions(servername: string, options: TlsDialOptions): ConnectionOptions {
  const { ca, cert, key, passphrase, ciphers, alpn } = options;
  return {
    // What verifying gave is looked at once the certificate can still be described: see requireTrust().
    rejectUnauthorized: false,
    host: servername,
    // RFC 6066 §3: a literal address is not a server name. It is verified all the same, by `host`.
    ...(isIP(servername) === 0 && { servername }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(ciphers !== undefined && { ciphers }),
    ...(alpn && { ALPNProtocols: [...alpn] }),
  };
}

function shakeHands(
  carrier: Connection,
  options: ConnectionOptions,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stream = connect({ ...options, socket: carrier.stream });
    const forget = onAbort(signal, () => void stream.destroy(signal?.reason));
    // Stays for good: an alert may come while nobody listens, and whoever uses the stream next finds it destroyed.
    stream.on("error", reject);
    stream.once("close", () => {
      forget();
      reject(new Error("the connection was closed during the handshake"));
    });
    stream.once("secureConnect", () => {
      forget();
      resolve(stream);
    });
  });
}

/** Nobody has been given the stream yet: nothing was sent to a server that is refused here. */
function requireTrust(stream: TLSSocket, endpoint: TlsEndpoint, servername: string): void {
  if (stream.authorized) return;
  // OpenSSL's name of it; Node's types have an Error.
  const reason = stream.authorizationError as unknown as string | null | undefined;
  const act = `connect to ${formatEndpoint(endpoint)}`;
  const error = untrusted(
    act,
    reason ?? "unknown",
    stream.getPeerCertificate(),
    endpoint,
    servername,
  );
  stream.destroy();
  throw error;
}
