/**
 * Which netcat we are, as values. What differs between ncx and the program it stands in for is a field here, and the
 * rest of ncx reads the field: nothing asks for the name.
 *
 * From ncat 7.93, OpenBSD nc (Debian 1.219) and traditional 1.10-47: their getopt strings and what they were seen to do.
 */
import type { HexFormatName } from "../observe/hexdump.ts";
import type { TelnetWay } from "../transport/index.ts";
import type { PersonalityName } from "./args.ts";

export interface Personality {
  readonly name: PersonalityName;
  /** What each sentence on stderr starts with. */
  readonly prefix: string;
  /** The letters of connect and listen, each with the option it means. Absent: the table's own. */
  readonly letters?: Readonly<Record<string, string>>;
  /** The long names, each with the option it means. They may be cut short, as getopt has it. Absent: the table's own. */
  readonly longs?: Readonly<Record<string, string>>;
  /** The family of a listener to which no address was given. */
  readonly listenFamily: "dual" | "ipv4";
  /** Whether the end of stdin half-closes the connection. False: only with `-N`, or `-q` and a time. */
  readonly halfClose: boolean;
  /** Whether a listener half-closes at the end of a stdin that gave nothing, too. */
  readonly halfClosesUnused: boolean;
  /** Whether `-k` half-closes those as well who come after the end of stdin. */
  readonly halfClosesLate: boolean;
  /** Whether the peer's end ends us while stdin is still open. */
  readonly endWithPeer: boolean;
  /** Whether `-k` may stand without `-l`: as --half-open. */
  readonly keepsDialled: boolean;
  /** Whether `-w` is an idle timeout as well as a connect timeout. */
  readonly waitIsIdle: boolean;
  /** `-w` counts silence from the end of stdin only, and ends with the last of so many. Absent: always, and with the first. */
  readonly waitSilences?: number;
  /** Whether `-w` bounds the wait for a listener's client. */
  readonly waitBoundsListen: boolean;
  /** Clients of `-k` at a time where `-m` does not say. 1: the others wait for their turn; UDP has no turns. */
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
  /** Whether what runs a program, and a proxy, listens on loopback unless an address is given. */
  readonly programsOnLoopback: boolean;
  /** What is spoken to a proxy where neither its address nor a flag says. */
  readonly proxyType: "http" | "socks5";
  /** Whether a proxy for everybody is refused, not only warned about. */
  readonly refusesOpenProxy: boolean;
  /** Whether a server's certificate is verified where no flag says so. */
  readonly verifiesTls: boolean;
  /** Whether a program's exit code is ours, as it is where the program takes the netcat's own place. */
  readonly exitFromChild: boolean;
  /** What `-t` makes of telnet's bytes. */
  readonly telnet: TelnetWay;
  /** How a hex dump is laid out. */
  readonly hexFormat: HexFormatName;
  /** Whether dumps show what is sent as it was typed, not as it goes out. */
  readonly dumpsTyped: boolean;
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
  halfClosesUnused: false,
  halfClosesLate: true,
  endWithPeer: true,
  keepsDialled: true,
  waitIsIdle: false,
  waitBoundsListen: false,
  maxConns: 100,
  udpLinger: 1000,
  listenOperands: "bind",
  listenSource: true,
  programsOnLoopback: true,
  proxyType: "socks5",
  refusesOpenProxy: true,
  verifiesTls: true,
  exitFromChild: false,
  telnet: "strips",
  hexFormat: "ncx",
  dumpsTyped: false,
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
    t: "telnet-refuse",
    s: "source",
    u: "udp",
    v: "verbose",
    w: "wait",
    n: "numeric",
    z: "zero",
  },
  // Its long names that mean what ours do are here as well: they may be cut short.
  longs: {
    4: "ipv4",
    6: "ipv6",
    unixsock: "unix",
    vsock: "vsock",
    crlf: "crlf",
    g: "source-route",
    G: "source-route-pointer",
    exec: "exec",
    "sh-exec": "sh-exec",
    "lua-exec": "lua-exec",
    "max-conns": "max-conns",
    help: "help",
    delay: "delay",
    listen: "listen",
    output: "output",
    "hex-dump": "hex-dump",
    "append-output": "append-output",
    "idle-timeout": "idle-timeout",
    "keep-open": "keep-open",
    "recv-only": "recv-only",
    "source-port": "port",
    source: "source",
    "send-only": "send-only",
    "no-shutdown": "no-shutdown",
    broker: "broker",
    chat: "chat",
    talk: "chat",
    allow: "allow",
    allowfile: "allow-file",
    deny: "deny",
    denyfile: "deny-file",
    telnet: "telnet-refuse",
    udp: "udp",
    sctp: "sctp",
    version: "version",
    verbose: "verbose",
    wait: "wait",
    nodns: "numeric",
    proxy: "proxy",
    "proxy-type": "proxy-type",
    "proxy-auth": "proxy-auth",
    "proxy-dns": "proxy-dns",
    "nsock-engine": "nsock-engine",
    ssl: "tls",
    "ssl-cert": "tls-cert",
    "ssl-key": "tls-key",
    "ssl-verify": "tls-verify",
    "ssl-trustfile": "tls-ca",
    "ssl-ciphers": "tls-ciphers",
    "ssl-servername": "tls-servername",
    "ssl-alpn": "tls-alpn",
  },
  listenFamily: "dual",
  halfClose: true,
  halfClosesUnused: true,
  halfClosesLate: false,
  // 7.93 hangs here; 7.991 ends, and that is what scripts want.
  endWithPeer: true,
  keepsDialled: false,
  waitIsIdle: false,
  waitBoundsListen: false,
  maxConns: 100,
  udpLinger: 0,
  listenPort: 31337,
  connectPort: 31337,
  listenOperands: "bind",
  listenSource: false,
  programsOnLoopback: false,
  proxyType: "http",
  refusesOpenProxy: false,
  verifiesTls: false,
  exitFromChild: false,
  telnet: "answers-first",
  hexFormat: "ncat",
  dumpsTyped: false,
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
    t: "telnet-refuse",
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
  halfClosesUnused: true,
  halfClosesLate: true,
  endWithPeer: false,
  keepsDialled: false,
  waitIsIdle: true,
  waitBoundsListen: false,
  maxConns: 1,
  udpLinger: Infinity,
  listenOperands: "bind",
  listenSource: true,
  programsOnLoopback: false,
  proxyType: "socks5",
  refusesOpenProxy: false,
  verifiesTls: true,
  exitFromChild: false,
  telnet: "answers",
  hexFormat: "ncx",
  dumpsTyped: false,
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
    t: "telnet-refuse",
    u: "udp",
    v: "verbose",
    w: "wait",
    z: "zero",
    C: "crlf",
  },
  listenFamily: "ipv4",
  halfClose: false,
  halfClosesUnused: true,
  halfClosesLate: true,
  endWithPeer: true,
  keepsDialled: false,
  waitIsIdle: true,
  waitSilences: 2,
  waitBoundsListen: true,
  maxConns: 1,
  udpLinger: Infinity,
  listenPort: 0,
  listenOperands: "peer",
  listenSource: true,
  programsOnLoopback: false,
  proxyType: "socks5",
  refusesOpenProxy: false,
  verifiesTls: true,
  exitFromChild: true,
  telnet: "answers",
  hexFormat: "traditional",
  dumpsTyped: true,
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

/** Whether it was called as telnet is. */
export function isCalledTelnet(name: string): boolean {
  return baseName(name) === "telnet";
}

const CALLED: Readonly<Record<string, PersonalityName>> = { nc: "openbsd", ncat: "ncat" };

/** Who stands behind the base name that ncx was called by: `nc` is OpenBSD's, `ncat` is ncat. */
export function personalityCalled(name: string): PersonalityName | undefined {
  const base = baseName(name);
  return Object.hasOwn(CALLED, base) ? CALLED[base] : undefined;
}

function baseName(name: string): string {
  return name.replace(/\.(exe|cmd|cjs|js|ts)$/i, "").toLowerCase();
}

/** Whether this is one of the four names. */
export function isPersonality(name: string): name is PersonalityName {
  return Object.hasOwn(PERSONALITIES, name);
}
