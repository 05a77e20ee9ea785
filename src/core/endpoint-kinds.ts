/** The kinds of endpoint: where a connection starts or ends, as plain data. */

export interface TcpEndpoint {
  readonly kind: "tcp";
  /** A name or a numeric address. As an address to listen on, `*` is every address, v4 and v6. */
  readonly host: string;
  /** 0 to 65535; 0 asks for any free port when listening. */
  readonly port: number;
}

export interface UdpEndpoint {
  readonly kind: "udp";
  readonly host: string;
  readonly port: number;
}

export interface UnixEndpoint {
  readonly kind: "unix";
  /** A path, `@name` for Linux's abstract namespace, or a Windows pipe `\\.\pipe\name`. */
  readonly path: string;
}

export interface TlsEndpoint {
  readonly kind: "tls";
  readonly over: Endpoint;
  /** The name to ask for and to verify. Default: the carrier's host. */
  readonly servername?: string;
}

/** TLS over datagrams (RFC 6347). */
export interface DtlsEndpoint {
  readonly kind: "dtls";
  readonly over: Endpoint;
  /** As for tls. */
  readonly servername?: string;
}

export interface UnixgramEndpoint {
  readonly kind: "unixgram";
  /** A path, or `@name` for Linux's abstract namespace: a unix socket for datagrams. */
  readonly path: string;
}

export interface ExecEndpoint {
  readonly kind: "exec";
  /** A program and its arguments; no shell. Its stdin and stdout are the connection. */
  readonly command: readonly string[];
}

export interface ShEndpoint {
  readonly kind: "sh";
  /** A line for the system's shell. */
  readonly command: string;
}

export interface PtyEndpoint {
  readonly kind: "pty";
  /** A program and its arguments, run in a terminal of its own. */
  readonly command: readonly string[];
}

export interface StdioEndpoint {
  readonly kind: "stdio";
}

export interface MemoryEndpoint {
  readonly kind: "memory";
  readonly name: string;
}

export type Endpoint =
  | TcpEndpoint
  | UdpEndpoint
  | UnixEndpoint
  | TlsEndpoint
  | DtlsEndpoint
  | UnixgramEndpoint
  | ExecEndpoint
  | ShEndpoint
  | PtyEndpoint
  | StdioEndpoint
  | MemoryEndpoint;

export type Kind = Endpoint["kind"];
