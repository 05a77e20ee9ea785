/**
 * Which netcat we are, as values. What differs between ncx and the program it stands in for is a field here, and the
 * rest of ncx reads the field: nothing asks for the name.
 *
 * From ncat 7.93, OpenBSD nc (Debian 1.219) and traditional 1.10-47: their getopt strings and what they were seen to do.
 */
import type { PersonalityName } from "./args.ts";

export interface Personality {
  readonly name: PersonalityName;
  /** What each sentence on stderr starts with. */
  readonly prefix: string;
  /** The letters of connect and listen, each with the option it means. Absent: the table's own. */
  readonly letters?: Readonly<Record<string, string>>;
  /** The family of a listener to which no address was given. */
  readonly listenFamily: "dual" | "ipv4";
  /** Whether the end of stdin half-closes the connection. False: only with `-N`, or `-q` and a time. */
  readonly halfClose: boolean;
  /** Whether the peer's end ends us while stdin is still open. */
  readonly endWithPeer: boolean;
  /** Whether `-k` may stand without `-l`: as --half-open. */
  readonly keepsDialled: boolean;
  /** Whether `-w` is an idle timeout as well as a connect timeout. */
  readonly waitIsIdle: boolean;
  /** Clients of `-k` at a time where `-m` does not say. */
  readonly maxConns: number;
  /** Ms that UDP waits for answers after the end of stdin where `-q` does not say. */
  readonly udpLinger: number;
  /** The port where none was given; absent: that is a usage error. 0 is a free one. */
  readonly listenPort?: number;
  readonly connectPort?: number;
  /** What operands after -l are: the place to bind, or the peer that alone may connect. */
  readonly listenOperands: "bind" | "peer";
  /** Whether `-s` may stand with `-l`, as the address to bind. */
  readonly listenSource: boolean;
  /** Whether a failed connect is said without -v. */
  readonly saysFailure: boolean;
  /** Whether -z says that a port is open without -v. */
  readonly saysOpen: boolean;
  readonly exit: {
    /** Wrong arguments. */
    readonly usage: number;
    /** A name that does not resolve. */
    readonly resolve: number;
    /** An address that cannot be bound. */
    readonly bind: number;
    /** The idle timeout. */
    readonly idle: number;
    /** A peer that resets an open connection. */
    readonly reset: number;
  };
}

const NCX: Personality = {
  name: "ncx",
  prefix: "Ncx: ",
  listenFamily: "dual",
  halfClose: true,
  endWithPeer: true,
  keepsDialled: true,
  waitIsIdle: false,
  maxConns: 100,
  udpLinger: 1000,
  listenOperands: "bind",
  listenSource: true,
  saysFailure: true,
  saysOpen: true,
  exit: { usage: 2, resolve: 2, bind: 2, idle: 1, reset: 1 },
};

const NCAT: Personality = {
  name: "ncat",
  prefix: "Ncat: ",
  // 46UCc:e:g:G:i:km:hp:d:lo:x:ts:uvw:nz
  letters: {
    4: "ipv4",
    6: "ipv6",
    U: "unix",
    C: "crlf",
    c: "sh-exec",
    e: "exec",
    g: "source-route",
    G: "source-route-pointer",
    i: "idle-timeout",
    k: "keep-open",
    m: "max-conns",
    h: "help",
    p: "port",
    d: "delay",
    l: "listen",
    o: "output",
    x: "hex-dump",
    t: "telnet",
    s: "source",
    u: "udp",
    v: "verbose",
    w: "wait",
    n: "numeric",
    z: "zero",
  },
  listenFamily: "dual",
  halfClose: true,
  // 7.93 hangs here; 7.991 ends, and that is what scripts want.
  endWithPeer: true,
  keepsDialled: false,
  waitIsIdle: false,
  maxConns: 100,
  udpLinger: 0,
  listenPort: 31337,
  connectPort: 31337,
  listenOperands: "bind",
  listenSource: false,
  saysFailure: true,
  saysOpen: false,
  exit: { usage: 2, resolve: 2, bind: 2, idle: 1, reset: 1 },
};

const OPENBSD: Personality = {
  name: "openbsd",
  prefix: "nc: ",
  // 46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz
  letters: {
    4: "ipv4",
    6: "ipv6",
    b: "broadcast",
    C: "crlf",
    D: "socket-debug",
    d: "no-stdin",
    F: "pass-fd",
    h: "help",
    I: "recv-buffer",
    i: "line-delay",
    k: "keep-open",
    l: "listen",
    M: "ttl",
    m: "min-ttl",
    N: "shutdown",
    n: "numeric",
    O: "send-buffer",
    P: "proxy-user",
    p: "port",
    q: "quit-after",
    r: "random-ports",
    S: "tcp-md5",
    s: "source",
    T: "tos",
    t: "telnet",
    U: "unix",
    u: "udp",
    V: "routing-table",
    v: "verbose",
    W: "recv-limit",
    w: "wait",
    X: "proxy-type",
    x: "proxy",
    Z: "dccp",
    z: "zero",
  },
  listenFamily: "ipv4",
  halfClose: false,
  endWithPeer: false,
  keepsDialled: false,
  waitIsIdle: true,
  maxConns: 1,
  udpLinger: Infinity,
  listenOperands: "bind",
  listenSource: true,
  saysFailure: false,
  saysOpen: false,
  exit: { usage: 1, resolve: 1, bind: 1, idle: 0, reset: 0 },
};

const TRADITIONAL: Personality = {
  name: "traditional",
  prefix: "",
  // abc:e:g:G:hi:klno:p:q:rs:T:tuvw:zC
  letters: {
    a: "all-records",
    b: "broadcast",
    c: "sh-exec",
    e: "exec",
    g: "source-route",
    G: "source-route-pointer",
    h: "help",
    i: "line-delay",
    k: "keepalive",
    l: "listen",
    n: "numeric",
    o: "hex-dump",
    p: "port",
    q: "quit-after",
    r: "random-ports",
    s: "source",
    T: "tos",
    t: "telnet",
    u: "udp",
    v: "verbose",
    w: "wait",
    z: "zero",
    C: "crlf",
  },
  listenFamily: "ipv4",
  halfClose: false,
  endWithPeer: true,
  keepsDialled: false,
  waitIsIdle: true,
  maxConns: 1,
  udpLinger: Infinity,
  listenPort: 0,
  listenOperands: "peer",
  listenSource: true,
  saysFailure: true,
  saysOpen: false,
  exit: { usage: 1, resolve: 1, bind: 1, idle: 0, reset: 0 },
};

export const PERSONALITIES: Readonly<Record<PersonalityName, Personality>> = {
  ncx: NCX,
  ncat: NCAT,
  openbsd: OPENBSD,
  traditional: TRADITIONAL,
};

const CALLED: Readonly<Record<string, PersonalityName>> = { nc: "openbsd", ncat: "ncat" };

/** Who stands behind the base name that ncx was called by: `nc` is OpenBSD's, `ncat` is ncat. */
export function personalityCalled(name: string): PersonalityName | undefined {
  const base = name.replace(/\.(exe|cmd|cjs|js|ts)$/i, "").toLowerCase();
  return Object.hasOwn(CALLED, base) ? CALLED[base] : undefined;
}

/** Whether this is one of the four names. */
export function isPersonality(name: string): name is PersonalityName {
  return Object.hasOwn(PERSONALITIES, name);
}
