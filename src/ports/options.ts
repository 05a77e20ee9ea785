/** What `ports()` takes, and what it gives. */
import type { PortCategory } from "../core/port-category.ts";
import type { PortRange } from "../core/ranges.ts";
import type { OpenSocket, SocketProtocol, SocketState } from "../platform/sockets.ts";

/** Who can reach a socket by its address: this machine, those on one of its networks, or on all of them. */
export type Exposure = "loopback" | "lan" | "all";

/** A process that has the socket open. */
export interface PortProcess {
  readonly pid: number;
  /** The descriptor, where the system tells. */
  readonly fd?: number | undefined;
  readonly program: string;
  /** The command line. */
  readonly command?: string | undefined;
  readonly user?: string | undefined;
  /** When it started, in the system's own notation: pid and this are one process only. */
  readonly started?: string | undefined;
  /** Its first word, as netstat shows it. */
  readonly title?: string | undefined;
}

/** One socket, and what is known of its address and its processes. */
export interface PortEntry extends Omit<OpenSocket, "holders"> {
  /** Not for unix sockets. */
  readonly category?: PortCategory | undefined;
  /** Not for unix sockets. */
  readonly exposure?: Exposure | undefined;
  /** The port's name, where it has one. */
  readonly service?: string | undefined;
  /** The first of its processes. */
  readonly pid?: number | undefined;
  readonly program?: string | undefined;
  /** That one's command line. */
  readonly command?: string | undefined;
  /** The processes that have it open, as far as this user may see, the lowest pid first. */
  readonly processes: readonly PortProcess[];
  /** Whose the socket is, by name or else by number. */
  readonly user?: string | undefined;
}

/** A place that a socket may be at; what is not given is not looked at. */
export interface PlaceFilter {
  readonly protocol?: SocketProtocol;
  readonly family?: 4 | 6;
  /** Numeric addresses; `0.0.0.0` and `::` are those very addresses. */
  readonly addresses?: readonly string[];
  readonly ports?: readonly PortRange[];
  /** Of a unix socket: a path, or `@name`. */
  readonly path?: string;
  /** The far end may be there as well as the near one, as with lsof -i. @default {false} */
  readonly eitherEnd?: boolean;
}

export interface PortsOptions {
  /** @default {["tcp", "udp"]} */
  protocols?: readonly SocketProtocol[];
  /** Only sockets of this family. Default: both. */
  family?: 4 | 6;
  /** Connections too, rather than only what listens. @default {false} */
  all?: boolean;
  /** Sockets at one of these places. */
  at?: readonly PlaceFilter[];
  /** Sockets at one of these places, too: what lsof's -i asks beside what else is asked. */
  inet?: readonly PlaceFilter[];
  /** Sockets whose own port is in one of these ranges. */
  ports?: readonly PortRange[];
  /** Sockets that one of these processes has open. */
  pids?: readonly number[];
  /** Sockets of programs of these names, whatever the case; `*` stands for anything. */
  programs?: readonly string[];
  /** Sockets of these users, by name or number. */
  users?: readonly string[];
  /** Sockets in one of these states, whether they listen or not. */
  states?: readonly SocketState[];
  /** Connections whose far end is here: `10.0.0.0/8`, `::1`, `192.0.2.1:443`, `:443`. */
  remotes?: readonly string[];
  exposure?: readonly Exposure[];
  categories?: readonly PortCategory[];
  /** Names of services. @default {true} */
  names?: boolean;
  signal?: AbortSignal;
}

export interface Listing {
  readonly entries: readonly PortEntry[];
  /** How many of them are some process's that this user may not see. */
  readonly unseen: number;
}
