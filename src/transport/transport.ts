/** What every kind of transport offers, and takes. */
import type { Endpoint } from "../core/endpoint.ts";
import type { Connection } from "../stream/connection.ts";

export interface DialOptions {
  signal?: AbortSignal;
  /** Milliseconds for the whole dial, name look-up included. Default: as long as the system takes. */
  timeout?: number;
  /** Only addresses of this family. Default: both, raced as RFC 8305 says. */
  family?: 4 | 6;
  /** Numeric addresses only: no name is looked up. @default {false} */
  numeric?: boolean;
  /** Local address and port to dial from. */
  source?: { readonly host?: string; readonly port?: number };
  /** Milliseconds between TCP keep-alive probes. Default: off. */
  keepAlive?: number;
  /** TCP, on a Node that can: the type-of-service byte of the IP header. */
  tos?: number;
  /** UDP: allow broadcast addresses. @default {false} */
  broadcast?: boolean;
  /** UDP: time to live, 1 to 255. */
  ttl?: number;
  /** UDP: socket buffer sizes in bytes. */
  recvBuffer?: number;
  sendBuffer?: number;
  /** TLS: see tls.ts. */
  tls?: TlsDialOptions;
}

export interface TlsDialOptions {
  /** Take any certificate. @default {false} */
  insecure?: boolean;
  /** PEM of the authorities to trust instead of Node's own. */
  ca?: string | Buffer;
  /** PEM of a client certificate and its key. */
  cert?: string | Buffer;
  key?: string | Buffer;
  /** Protocols to offer by ALPN, best first. */
  alpn?: readonly string[];
}

export interface BindOptions {
  signal?: AbortSignal;
  family?: 4 | 6;
  numeric?: boolean;
  /** Connections alive at once; further ones are closed at once. Default: no limit. */
  maxConns?: number;
  /** Called for each connection turned away by `maxConns`, or that failed before it was one. */
  onReject?: (remote: Endpoint, reason: string) => void;
  /** UDP: milliseconds without a datagram, either way, after which a peer's session ends. @default {60000} */
  udpIdle?: number;
  /** UDP: stay with the first peer that speaks. @default {false} */
  firstPeerOnly?: boolean;
  keepAlive?: number;
  tos?: number;
  broadcast?: boolean;
  ttl?: number;
  recvBuffer?: number;
  sendBuffer?: number;
}

/**
 * Accepted connections, one after another. Iterate it once. Leaving the loop closes the listener; connections live on.
 */
export interface Listener extends AsyncIterable<Connection>, AsyncDisposable {
  /** Where it listens: with the port that it got. */
  readonly endpoint: Endpoint;
  /** Every address that was bound: `*` may give two. */
  readonly endpoints: readonly Endpoint[];
  /** Stops taking new connections; those that are there live on. Resolves when the port is free for new ones. */
  close(): Promise<void>;
}

export interface Transport<E extends Endpoint> {
  dial(endpoint: E, options: DialOptions): Promise<Connection>;
  /** Absent where the kind cannot listen. */
  listen?(endpoint: E, options: BindOptions): Promise<Listener>;
}
