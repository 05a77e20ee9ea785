/** TLS over any connection, the dialling side. Half-close passes both ways; certificates are verified. */
import { isIP } from "node:net";
import {
  connect,
  TLSSocket,
  type CipherNameAndProtocol,
  type ConnectionOptions,
  type PeerCertificate,
} from "node:tls";
import { formatEndpoint, type Endpoint, type TlsEndpoint } from "../core/endpoint.ts";
import { NcxError, describe, errnoOf, isAbort, isTimeout, wrap } from "../core/errors.ts";
import { makeConnection, type Connection, type Layer } from "../stream/connection.ts";
import { dialSignal } from "./deadline.ts";
import type { DialOptions, TlsDialOptions, Transport } from "./transport.ts";

type Dial = (endpoint: Endpoint, options: DialOptions) => Promise<Connection>;

/** The TLS transport over whatever `dial` reaches. The stream of its connections is a `tls.TLSSocket`. */
export function tlsOver(dial: Dial): Transport<TlsEndpoint> {
  return {
    async dial(endpoint, options) {
      const signal = dialSignal(options);
      const { timeout: _joined, ...rest } = options;
      const carrier = await dial(endpoint.over, { ...rest, ...(signal && { signal }) });
      return tlsLayer(endpoint, options.tls)(carrier, signal);
    },
  };
}

/**
 * Speaks TLS as a client over a connection. The layer owns the carrier: it is closed with the connection, and when
 * the handshake fails.
 *
 * @throws {NcxError} TLS when the handshake fails, TIMEOUT, ABORTED; UNSUPPORTED over datagrams.
 */
export function tlsLayer(endpoint: TlsEndpoint, options: TlsDialOptions = {}): Layer {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  const servername = endpoint.servername ?? hostOf(endpoint.over);
  return async (carrier, signal) => {
    try {
      if (carrier.framing === "message") {
        throw new NcxError("UNSUPPORTED", `Cannot ${act}: TLS needs a stream, not datagrams`, {
          endpoint,
        });
      }
      const stream = await shakeHands(carrier, connectionOptions(servername, options), signal);
      return connectionOver(carrier, stream, endpoint);
    } catch (error) {
      await carrier[Symbol.asyncDispose]();
      throw explain(act, error, endpoint, servername);
    }
  };
}

/** What a handshake has agreed on, for people to read; undefined for a connection without TLS. */
export interface TlsDescription {
  /** `TLSv1.3` */
  readonly protocol: string;
  readonly cipher: CipherNameAndProtocol;
  /** The protocol chosen by ALPN. */
  readonly alpn: string | undefined;
  /** Whether the certificate was found good. */
  readonly authorized: boolean;
  readonly certificate: PeerCertificate;
}

export function describeTls({ stream }: Connection): TlsDescription | undefined {
  if (!(stream instanceof TLSSocket)) return undefined;
  return {
    protocol: stream.getProtocol() ?? "unknown",
    cipher: stream.getCipher(),
    alpn: stream.alpnProtocol || undefined,
    authorized: stream.authorized,
    certificate: stream.getPeerCertificate(),
  };
}

function connectionOptions(
  servername: string | undefined,
  options: TlsDialOptions,
): ConnectionOptions {
  const { insecure = false, ca, cert, key, alpn } = options;
  return {
    rejectUnauthorized: !insecure,
    ...(servername !== undefined && { host: servername }),
    // RFC 6066 §3: a literal address is not a server name. It is verified all the same, by `host`.
    ...(servername !== undefined && isIP(servername) === 0 && { servername }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
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
    const aborted = (): void => void stream.destroy(signal?.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    // Stays for good: an alert may come while nobody listens, and whoever uses the stream next finds it destroyed.
    stream.on("error", reject);
    stream.once("close", () => reject(new Error("the connection was closed during the handshake")));
    stream.once("secureConnect", () => {
      signal?.removeEventListener("abort", aborted);
      resolve(stream);
    });
  });
}

function connectionOver(carrier: Connection, stream: TLSSocket, endpoint: TlsEndpoint): Connection {
  const connection = makeConnection({
    stream,
    local: { kind: "tls", over: carrier.local },
    remote: { ...endpoint, over: carrier.remote },
  });
  return {
    ...connection,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await carrier[Symbol.asyncDispose]();
    },
  };
}

function hostOf(endpoint: Endpoint): string | undefined {
  return "host" in endpoint ? endpoint.host : undefined;
}

/** OpenSSL's and Node's words for what goes wrong most, in ours. */
const STATES: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "The certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN:
    "The certificate's chain has a self-signed certificate that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "The certificate's authority is unknown",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "The certificate's authority is unknown",
  UNABLE_TO_GET_ISSUER_CERT: "The certificate's authority is unknown",
  CERT_HAS_EXPIRED: "The certificate has expired",
  CERT_NOT_YET_VALID: "The certificate is not yet valid",
  CERT_REVOKED: "The certificate was revoked",
  ERR_SSL_WRONG_VERSION_NUMBER: "It is not a TLS server",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "It is not a TLS server",
  ERR_SSL_HTTP_REQUEST: "It is not a TLS server",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "No TLS version in common",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "No TLS version in common",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "No ALPN protocol in common",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "The server refused the handshake",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "The server wants a client certificate",
  ECONNRESET: "The server hung up during the handshake",
  EPIPE: "The server hung up during the handshake",
};

/** What `insecure` would let through. */
const UNVERIFIED = /CERT|ISSUER|LEAF/;

function explain(
  act: string,
  error: unknown,
  endpoint: TlsEndpoint,
  servername: string | undefined,
): NcxError {
  if (error instanceof NcxError || isAbort(error) || isTimeout(error))
    return wrap(act, error, { endpoint });
  const errno = errnoOf(error);
  const mismatch = errno === "ERR_TLS_CERT_ALTNAME_INVALID";
  const state = mismatch
    ? `The certificate is not for ${servername ?? "this server"}`
    : (STATES[errno] ?? `TLS failed: ${describe(error)[1]}`);
  const trust = mismatch || (UNVERIFIED.test(errno) && !errno.startsWith("ERR_"));
  const hint = trust ? "trust it by its CA, or take any certificate with --insecure" : undefined;
  return new NcxError("TLS", `Cannot ${act}: ${state.charAt(0).toLowerCase()}${state.slice(1)}`, {
    endpoint,
    state,
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}
