/**
 * The netcats that doctor knows. Those that ncx can be are the personalities themselves; of the others there are the
 * same letters here, each with the option of ncx it means, or in words where ncx has none.
 *
 * BusyBox 1.35, GNU netcat 0.7.1, macOS, and OpenBSD's own nc, which has TLS where Debian's has none.
 */
import { classicOptionNamed, optionLettered, takesValue } from "../options/index.ts";
import type { Option } from "../options/index.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Personality } from "../personality.ts";

/** A flag that no option of ncx stands for. */
export interface Own {
  /** What it does there. */
  readonly does: string;
  /** How its value is called, where it takes one. */
  readonly value?: string;
  /** Whether its value is all the words that follow. */
  readonly rest?: true;
  /** The words that do the same in ncx; none: it is the default. */
  readonly ncx?: readonly string[];
  /** What to do about it, where there are no such words. */
  readonly instead?: string;
}

/** The name of a row in the table of options, or what it is in words. */
export type Meaning = string | Own;

/** What a program does without being told. */
export type Habits = Pick<
  Personality,
  | "listenFamily"
  | "halfClose"
  | "endWithPeer"
  | "waitIsIdle"
  | "maxConns"
  | "udpLinger"
  | "listenPort"
  | "connectPort"
  | "listenOperands"
  | "programsOnLoopback"
  | "verifiesTls"
>;

export interface Program {
  readonly name: string;
  /** In a sentence. */
  readonly title: string;
  /** In a table. */
  readonly short: string;
  /** The base names that it is called by; `nc` is many. */
  readonly called: readonly string[];
  /** A letter twice (`ll`) is what the second one means. Absent: ncx's own. */
  readonly letters?: Readonly<Record<string, Meaning>>;
  readonly longs?: Readonly<Record<string, Meaning>>;
  readonly habits: Habits;
  /** What `-x HOST` or `--proxy HOST` speaks where nothing says so. */
  readonly proxyType: "http" | "socks5";
  /** Whether `--compat` can be it. */
  readonly compat?: Personality["name"];
}

const { ncx, openbsd, traditional } = PERSONALITIES;

/** A program that `--compat` can be. */
function compatible(
  name: Personality["name"],
  rest: Pick<Program, "title" | "short" | "called" | "proxyType">,
): Program {
  const habits = PERSONALITIES[name];
  const { letters = {}, longs } = habits;
  return { name, compat: name, habits, letters, ...(longs && { longs }), ...rest };
}

const NCAT: Program = compatible("ncat", {
  title: "ncat",
  short: "ncat",
  called: ["ncat"],
  proxyType: "http",
});

const OPENBSD: Program = compatible("openbsd", {
  title: "OpenBSD nc",
  short: "OpenBSD",
  called: ["nc", "netcat", "nc.openbsd"],
  proxyType: "socks5",
});

const TRADITIONAL: Program = compatible("traditional", {
  title: "traditional netcat",
  short: "traditional",
  called: ["nc", "netcat", "nc.traditional"],
  proxyType: "socks5",
});

const BUSYBOX: Program = {
  name: "busybox",
  title: "BusyBox nc",
  short: "BusyBox",
  called: ["nc"],
  letters: {
    l: "listen",
    ll: {
      does: "Listen, and stay after the last client; with -e",
      ncx: ["-k"],
    },
    p: "port",
    w: "wait",
    i: "line-delay",
    f: {
      does: "Use this file or device instead of the network",
      value: "FILE",
      instead: "ncx opens no devices: use the shell's < and >",
    },
    e: { does: "Run this program, with all words that follow", value: "PROG", rest: true },
  },
  habits: {
    listenFamily: "dual",
    halfClose: true,
    endWithPeer: true,
    waitIsIdle: false,
    maxConns: 1,
    udpLinger: 0,
    listenPort: 0,
    listenOperands: "bind",
    programsOnLoopback: false,
    verifiesTls: false,
  },
  proxyType: "socks5",
};

const GNU: Program = {
  name: "gnu",
  title: "GNU netcat",
  short: "GNU",
  called: ["nc", "netcat", "nc.gnu"],
  letters: {
    c: { does: "Close the connection when stdin ends", ncx: ["-q", "0"] },
    e: "exec",
    g: "source-route",
    G: "source-route-pointer",
    h: "help",
    i: "line-delay",
    l: "listen",
    L: {
      does: "Forward -p's port to this place",
      value: "HOST:PORT",
      instead: "use ncx relay PORT HOST:PORT",
    },
    n: "numeric",
    o: "hex-dump",
    p: "port",
    r: "random-ports",
    s: "source",
    t: { does: "TCP, which is the default", ncx: [] },
    T: "telnet-refuse",
    u: "udp",
    v: "verbose",
    V: "version",
    x: "hex",
    w: "wait",
    z: "zero",
  },
  longs: {
    close: { does: "Close the connection when stdin ends", ncx: ["-q", "0"] },
    exec: "exec",
    gateway: "source-route",
    pointer: "source-route-pointer",
    help: "help",
    interval: "line-delay",
    listen: "listen",
    tunnel: {
      does: "Forward -p's port to this place",
      value: "HOST:PORT",
      instead: "use ncx relay PORT HOST:PORT",
    },
    "dont-resolve": "numeric",
    output: "hex-dump",
    "local-port": "port",
    randomize: "random-ports",
    source: "source",
    tcp: { does: "TCP, which is the default", ncx: [] },
    telnet: "telnet-refuse",
    udp: "udp",
    verbose: "verbose",
    version: "version",
    hexdump: "hex",
    wait: "wait",
    zero: "zero",
  },
  habits: traditional,
  proxyType: "socks5",
};

/** These letters of OpenBSD nc, which others have from it. */
function fromOpenbsd(letters: string): Record<string, Meaning> {
  const taken = Object.entries(openbsd.letters ?? {});
  return Object.fromEntries(taken.filter(([letter]) => letters.includes(letter)));
}

const MACOS: Program = {
  name: "macos",
  title: "macOS nc",
  short: "macOS",
  called: ["nc"],
  letters: {
    ...fromOpenbsd("46DdhiklnprstUuvXxz"),
    G: "connect-timeout",
    w: "idle-timeout",
    c: "crlf",
  },
  habits: { ...openbsd, waitIsIdle: false },
  proxyType: "socks5",
};

const OPENBSD_TLS: Program = {
  name: "openbsd-tls",
  title: "OpenBSD's own nc, with TLS",
  short: "OpenBSD TLS",
  called: ["nc"],
  letters: {
    ...fromOpenbsd("46DdFhIiklMmNnOPprSstUuVvWwXxz"),
    c: "tls",
    C: "tls-cert",
    K: "tls-key",
    R: "tls-ca",
    e: "tls-servername",
    H: {
      does: "The hash that the peer's certificate must have",
      value: "HASH",
      instead: "ncx pins no certificates: give it alone as --tls-ca",
    },
    T: {
      does: "TLS options: noverify, noname, clientcert, ...; or type of service",
      value: "KEYWORD",
      instead: "use --insecure for noverify, --tls-request-cert for clientcert, or -T for the rest",
    },
    Z: {
      does: "Save the peer's certificates to a file",
      value: "FILE",
      instead: "ncx saves none: openssl s_client -showcerts does",
    },
    o: {
      does: "Staple this OCSP answer",
      value: "FILE",
      instead: "ncx staples none",
    },
  },
  habits: openbsd,
  proxyType: "socks5",
};

export const NCX: Program = {
  name: "ncx",
  title: "ncx",
  short: "ncx",
  called: ["ncx"],
  habits: ncx,
  proxyType: "socks5",
  compat: "ncx",
};

/** In the order in which a line is tried: of those that a name may be, the first that has all its flags. */
export const PROGRAMS: readonly Program[] = [
  NCAT,
  OPENBSD,
  TRADITIONAL,
  OPENBSD_TLS,
  MACOS,
  GNU,
  BUSYBOX,
  NCX,
];

/** Those that every explanation compares. */
export const COMPARED: readonly Program[] = [NCAT, OPENBSD, TRADITIONAL, BUSYBOX, NCX];

/** What `-e`, `-ll` or `--exec` means to a program. */
export function meaningOf(spelling: string, program: Program): Meaning | undefined {
  const name = spelling.replace(/^--?/, "");
  if (spelling.startsWith("--")) return longMeaning(name, program);
  const { letters } = program;
  const one = Array.from(name)[0] ?? "";
  // What a letter means when it comes twice is what it means once, in all but a few.
  if (!letters) return optionLettered(one, "connect")?.name;
  return own(letters, name) ?? (name === one + one ? own(letters, one) : undefined);
}

/** What a letter means when it comes for the second time, where that is something else. */
export function secondMeaning(letter: string, { letters }: Program): Meaning | undefined {
  return letters && own(letters, letter + letter);
}

/** The option of ncx, where the meaning is one. */
export function rowOf(meaning: Meaning | undefined): Option | undefined {
  return typeof meaning === "string" ? classicOptionNamed(meaning) : undefined;
}

/** How the value of a meaning is called; undefined where it takes none. */
export function valueOf(meaning: Meaning): string | undefined {
  if (typeof meaning !== "string") return meaning.value;
  const row = rowOf(meaning);
  return row && takesValue(row) ? (row.placeholder ?? "VALUE") : undefined;
}

/** What a flag does in a program, in a few words. */
export function describeIn(meaning: Meaning, { name, habits }: Program): string {
  if (typeof meaning !== "string") return meaning.does;
  const row = rowOf(meaning);
  const text = (name === "ncx" ? row?.help : undefined) ?? row?.does ?? row?.help ?? meaning;
  if (meaning === "wait" && habits.waitIsIdle) return `${text}; end after TIME of silence`;
  if (meaning === "keep-open" && habits.maxConns === 1)
    return "Listen again after each client, one at a time";
  return text;
}

function longMeaning(name: string, { letters, longs }: Program): Meaning | undefined {
  if (!letters) return classicOptionNamed(name)?.name;
  if (!longs) return undefined;
  const exact = own(longs, name);
  if (exact !== undefined) return exact;
  const begun = Object.keys(longs).filter((long) => long.startsWith(name));
  const [meaning, ...others] = new Set(begun.map((long) => longs[long]));
  return others.length === 0 ? meaning : undefined;
}

function own(record: Readonly<Record<string, Meaning>>, key: string): Meaning | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
