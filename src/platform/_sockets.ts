/** What the systems' ways to list sockets share: plain rows, whatever the system calls them. */

export type SocketProtocol = "tcp" | "udp" | "unix";

/** As netstat(8) names them; UNCONNECTED is a UDP or unix socket without a peer. */
export type SocketState =
  | "UNKNOWN"
  | "ESTABLISHED"
  | "SYN_SENT"
  | "SYN_RECV"
  | "FIN_WAIT1"
  | "FIN_WAIT2"
  | "TIME_WAIT"
  | "CLOSE"
  | "CLOSE_WAIT"
  | "LAST_ACK"
  | "LISTEN"
  | "CLOSING"
  | "NEW_SYN_RECV"
  | "UNCONNECTED";

/** A process that has a socket open. */
export interface Holder {
  readonly pid: number;
  /** Its descriptor, where the system tells. */
  readonly fd?: number | undefined;
  /** The program's name, where the list of sockets itself tells. */
  readonly name?: string | undefined;
}

/** One socket. Of a unix one `address` is its path, `@name` or empty, and the ports are 0. */
export interface OpenSocket {
  readonly protocol: SocketProtocol;
  readonly family?: 4 | 6 | undefined;
  /** Numeric text; a v4 address in a v6 socket stays `::ffff:a.b.c.d`. */
  readonly address: string;
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** netstat's names; UNCONNECTED is a UDP or unix socket without a peer. */
  readonly state: SocketState;
  /** Bytes that wait to be read, and to be sent. For a TCP listener the first is its accept queue, in connections. */
  readonly receiveQueue?: number | undefined;
  readonly sendQueue?: number | undefined;
  /** The number of the user that it belongs to, where the system tells. */
  readonly uid?: number | undefined;
  /** Its number, where the system gives it one. */
  readonly inode?: number | undefined;
  /** Of a unix socket. */
  readonly type?: "stream" | "dgram" | "seqpacket" | "unknown" | undefined;
  /** How often the kernel refers to it (unix, Linux). */
  readonly references?: number | undefined;
  /** The processes that have it open, as far as this user may see; by pid. */
  readonly holders: readonly Holder[];
}

/** What to list, and how thoroughly. */
export interface SocketQuery {
  readonly protocols: ReadonlySet<SocketProtocol>;
  /** Which sockets are wanted; asked before anybody looks for who holds them. */
  keep(socket: OpenSocket): boolean;
  /** Nothing that is connected is kept: the kernel's table need not be read to its end. */
  readonly listening: boolean;
  /** All holders of a socket, rather than the one with the lowest pid: every process has to be looked at. */
  readonly everyHolder: boolean;
  /**
   * Changes the program's working directory, which makes thousands of descriptors readable in half the time on Linux.
   * Only for a program of one's own: nothing else may depend on the directory meanwhile.
   */
  readonly directory?: Directory;
  readonly signal?: AbortSignal;
}

/** The program's working directory. */
export interface Directory {
  current(): string;
  enter(directory: string): void;
}

/** Facts about a process; those that this user may not see are absent. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent?: number;
  /** As the system shortens it. */
  readonly name: string;
  /** Its first word as it was started: a path, or what the program calls itself. */
  readonly title?: string;
  /** The command line, its words joined by spaces. */
  readonly command?: string;
  readonly uid?: number;
  readonly user?: string;
  /** When it started, in the system's own notation: pid and this are one process only. */
  readonly started?: string;
  readonly cwd?: string;
  /** The text of /proc/PID/cgroup (Linux). */
  readonly cgroup?: string;
}

export interface ProcessQuery {
  /** Also cwd and cgroup, which cost more. @default {false} */
  readonly more?: boolean;
  readonly signal?: AbortSignal;
}

/** Where facts about processes come from, as of one moment. */
export interface Processes {
  /** Undefined where it has ended. */
  facts(pid: number): ProcessFacts | undefined;
  /** The name of a user by number. */
  user(uid: number): string | undefined;
}
