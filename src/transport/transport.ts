/** What every kind of transport offers, and takes. */
import type { Endpoint } from "../core/endpoint.ts";
import type { NcxError } from "../core/errors.ts";
import type { HostPattern } from "../core/hosts.ts";
import type { Proxy } from "../core/proxy.ts";
import type { Connection } from "../stream/connection.ts";

export interface DialOptions {
  signal?: AbortSignal;
  /**
   * Milliseconds for the whole dial, name look-up and handshakes included. Default: as long as the system takes, and 30
   * seconds for a handshake of TLS.
   */
  timeout?: number;
  /** Only addresses of this family. Default: both, raced as RFC 8305 says. */
  family?: 4 | 6;
  /** Numeric addresses only: no name is looked up. @default {false} */
  numeric?: boolean;
  /** Why a resolved address may not be dialled, in words; undefined lets it. Through proxies it isn't asked. */
  refuse?: (address: string) => string | undefined;
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
  /** Proxies to go through, nearest first: TCP, and TLS over it. See proxy.ts. */
  proxy?: readonly Proxy[];
  /** exec, sh and pty: see exec.ts. */
  program?: ProgramOptions;
}

export interface ProgramOptions {
  /** The program's whole environment. Default: this process's own. */
  env?: Readonly<Record<string, string>>;
  /** Where what it writes on stderr goes: our own stderr, or with its stdout to the peer. @default {"inherit"} */
  stderr?: "inherit" | "peer";
  /** pty: size and name of the terminal. @default {{ columns: 80, rows: 24, name: "xterm-256color" }} */
  terminal?: { readonly columns: number; readonly rows: number; readonly name?: string };
  /** Milliseconds that a program has to end after SIGHUP, once nobody talks to it; then SIGKILL. @default {2000} */
  grace?: number;
}

export interface TlsDialOptions {
  /** Take any certificate. @default {false} */
  insecure?: boolean;
  /** PEM of the authorities to trust instead of Node's own. */
  ca?: string | Buffer;
  /** PEM of a client certificate and its key. */
  cert?: string | Buffer;
  key?: string | Buffer;
  /** What decrypts `key`. */
  passphrase?: string;
  /** OpenSSL's cipher list. */
  ciphers?: string;
  /** Protocols to offer by ALPN, best first. */
  alpn?: readonly string[];
}

/** Of a certificate, in hexadecimal with colons. */
export interface Fingerprints {
  readonly sha256: string;
  readonly sha1: string;
}

export interface TlsBindOptions {
  /** PEM of the certificate, its chain after it, and the key. Default: a self-signed P-256 one, made on the spot. */
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  /** Ask clients for a certificate, and refuse those whose isn't signed by `ca`, which must be given. @default {false} */
  requestCert?: boolean;
  /** PEM of the authorities that client certificates are checked by. */
  ca?: string | Buffer;
  ciphers?: string;
  /** Protocols to accept by ALPN, best first. */
  alpn?: readonly string[];
  /** Milliseconds for one handshake. @default {30000} */
  handshakeTimeout?: number;
  /** Told of the certificate that was made, where none was given. */
  onSelfSigned?: (fingerprints: Fingerprints) => void;
}

export interface BindOptions {
  signal?: AbortSignal;
  family?: 4 | 6;
  numeric?: boolean;
  /** Connections alive at once; further ones are closed at once. 0 lets nobody in. Default: no limit. */
  maxConns?: number;
  /** The same for each address. */
  maxConnsPerIp?: number;
  /** New connections a second, after a rest as many at once; further ones are closed at once. Default: no limit. */
  acceptRate?: number;
  /** Connections to take in all, failed handshakes included; then the listener ends itself. Default: no limit. */
  maxAccepts?: number;
  /**
   * Who may connect, in nmap's host syntax (core/hosts.ts); names are looked up once, now. An empty list is nobody.
   * Default: everybody.
   */
  allow?: readonly (string | HostPattern)[];
  /** Who may not; this wins over `allow`. */
  deny?: readonly (string | HostPattern)[];
  /** The port that they must come from. Default: any. */
  peerPort?: number;
  /**
   * How clients are turned away, by a list or a limit: with an end, or with a reset (TCP). UDP peers get no answer
   * either way. @default {"close"}
   */
  denyMode?: "close" | "reset";
  /** Called for each connection turned away by one of these, before anything is read from it or sent to it. */
  onReject?: (remote: Endpoint, reason: string) => void;
  /** Called for each accepted connection whose handshake failed. */
  onFailed?: (error: NcxError, remote: Endpoint) => void;
  /** TLS and DTLS: see tls.ts. */
  tls?: TlsBindOptions;
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

/** What `bind()` hands to a kind: the lists and limits, ready to be asked by makeAccepts(). */
export interface CarrierOptions extends BindOptions {
  readonly gate?: Gate;
}

/** What is asked before a connection is taken: see access.ts. */
export interface Gate {
  /** Why this client may not come in. Undefined: it may, and it counts as being there until `leave`. */
  enter(remote: Endpoint): string | undefined;
  leave(remote: Endpoint): void;
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
