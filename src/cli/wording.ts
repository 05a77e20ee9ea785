/** The sentences that people read and scripts grep for, in the words of each netcat (netcat.md §1.4). */
import { formatHostPort, type Endpoint } from "../core/endpoint.ts";
import type { Attempt } from "../core/errors.ts";
import { serviceName } from "../platform/services.ts";
import type { PersonalityName } from "./args.ts";
import { VERSION } from "./version.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** News are whole lines, the program's name in front where it has one there; undefined: this netcat keeps silent. */
export interface Wording {
  version(): string | undefined;
  listening(at: Endpoint): string;
  /** A client has come. */
  accepted(remote: Endpoint, local: Endpoint): readonly string[];
  /** `target` is the place that was asked for, `remote` the one that was reached. */
  connected(target: Endpoint, remote: Endpoint): string;
  /** `service` is the port's name, where it has one. */
  open(target: Target, service: string | undefined): string;
  /** UDP that neither answered nor was refused. */
  silent(target: Target, service: string | undefined): string;
  summary(sent: number, received: number, seconds: number): string | undefined;

  // Failures: what comes after the program's name.
  /** A dial that failed; `tried` is each address and what became of it. */
  refused(target: Endpoint, state: string, tried: readonly Attempt[]): string;
  unresolved(host: string, state: string, target: Endpoint | undefined): string;
  /** `holder` is who has the place already: `node, pid 4242`. */
  unbound(at: Endpoint, state: string, holder: string | undefined): string;
  idle(ms: number): string | undefined;
  /** The peer has reset an open connection. */
  reset(): string | undefined;
}

const NCX: Wording = {
  version: () => `Ncx: Version ${VERSION}`,
  listening: (at) => `Ncx: Listening on ${place(at)}`,
  accepted: (remote) => [`Ncx: Connection from ${place(remote)}.`],
  connected: (_target, remote) => `Ncx: Connected to ${place(remote)}.`,
  open: ({ host, port, protocol }, service) =>
    `Connection to ${host} ${port} port [${protocol}/${service ?? "*"}] succeeded!`,
  silent: ({ host, port, protocol }, service) =>
    `Connection to ${host} ${port} port [${protocol}/${service ?? "*"}] open or filtered: no answer`,
  summary: (sent, received, seconds) => `Ncx: ${amounts(sent, received, seconds)}`,
  refused: (target, state, tried) =>
    `connect to ${address(target)} failed: ${state}${listTried(target, tried)}`,
  unresolved: (host, state) => `Could not resolve hostname "${host}": ${state}`,
  unbound: (at, state, holder) => `bind to ${place(at)}: ${state}${held(holder)}.`,
  idle: (ms) => `Idle timeout expired (${ms} ms).`,
  reset: () => "Connection reset by peer",
};

const NCAT: Wording = {
  version: () => `Ncat: Version ${VERSION} ( ncx )`,
  listening: (at) => `Ncat: Listening on ${place(at)}`,
  accepted: (remote) =>
    "host" in remote
      ? [`Ncat: Connection from ${remote.host}.`, `Ncat: Connection from ${place(remote)}.`]
      : ["Ncat: Connection from a client on Unix domain socket."],
  connected: (_target, remote) => `Ncat: Connected to ${place(remote)}.`,
  open: ({ host, port }) => `Ncat: Connected to ${formatHostPort(host, port)}.`,
  silent: (target, service) => NCAT.open(target, service),
  summary: (sent, received, seconds) => `Ncat: ${amounts(sent, received, seconds)}`,
  refused: (_target, state) => (state.endsWith("timed out") ? "TIMEOUT." : `${state}.`),
  unresolved: (host, state) => `Could not resolve hostname "${host}": ${state}. QUITTING.`,
  unbound: (at, state, holder) => `${NCX.unbound(at, state, holder)} QUITTING.`,
  idle: NCX.idle,
  reset: () => "Connection reset by peer.",
};

const OPENBSD: Wording = {
  version: () => undefined,
  listening: (at) => `${at.kind === "udp" ? "Bound" : "Listening"} on ${spaced(at)}`,
  accepted: (remote) => [`Connection received on ${spaced(remote)}`],
  connected: (target, remote) =>
    "host" in target && "host" in remote
      ? `Connection to ${reached(target.host, remote.host)} ${remote.port} port [${remote.kind}/${serviceAt(remote) ?? "*"}] succeeded!`
      : `Connection to ${place(target)} succeeded!`,
  open: NCX.open,
  silent: NCX.open,
  summary: () => undefined,
  refused: (target, state, tried) => {
    const failed = state.endsWith("timed out")
      ? "timed out: Operation now in progress"
      : `failed: ${state}`;
    if (!("host" in target)) return `${place(target)}: ${state}`;
    const host = reached(target.host, tried.at(-1)?.address ?? target.host);
    return `connect to ${host} port ${target.port} (${target.kind}) ${failed}`;
  },
  unresolved: (host, state, target) => {
    const port = target && "port" in target ? ` port ${target.port}` : "";
    return `getaddrinfo for host "${host}"${port}: ${state}`;
  },
  unbound: (_at, state, holder) => `${state}${held(holder)}`,
  idle: () => undefined,
  reset: () => undefined,
};

const TRADITIONAL: Wording = {
  version: () => undefined,
  listening: (at) => `listening on ${bracketed(at)} ...`,
  accepted: (remote, local) => [
    `connect to ${bracketed(local, false)} from ${nameOf(remote)} ${bracketed(remote)}`,
  ],
  connected: (_target, remote) => `${spoken(remote)} open`,
  open: ({ host, port, protocol }) => `${spoken({ kind: protocol, host, port })} open`,
  silent: (target, service) => TRADITIONAL.open(target, service),
  summary: () => undefined,
  refused: (target, state, tried) => {
    const last = tried.at(-1);
    const at = "host" in target && last ? { ...target, host: last.address } : target;
    return `${spoken(at)} : ${state.replace(/^Operation (?=timed out)/, "Connection ")}`;
  },
  unresolved: (host) => `${host}: forward host lookup failed: Unknown host`,
  unbound: (at, state, holder) => `Can't grab ${place(at)} with bind : ${state}${held(holder)}`,
  idle: () => undefined,
  reset: () => undefined,
};

export const WORDING: Readonly<Record<PersonalityName, Wording>> = {
  ncx: NCX,
  ncat: NCAT,
  openbsd: OPENBSD,
  traditional: TRADITIONAL,
};

/** `127.0.0.1:80`, `:::80` as ncat writes it, or a path. */
export function place(at: Endpoint): string {
  if ("host" in at) return `${at.host === "*" ? "0.0.0.0" : at.host}:${at.port}`;
  if (at.kind === "unix") return at.path || "a unix socket";
  return at.kind;
}

function amounts(sent: number, received: number, seconds: number): string {
  return `${sent} bytes sent, ${received} bytes received in ${seconds.toFixed(2)} seconds.`;
}

function held(holder: string | undefined): string {
  return holder === undefined ? "" : ` (held by ${holder})`;
}

/** `HOST port PORT (tcp)`. */
function address(at: Endpoint): string {
  return "host" in at ? `${at.host} port ${at.port} (${at.kind})` : `${place(at)} (${at.kind})`;
}

/** `localhost (127.0.0.1)`. */
function reached(host: string, numeric: string): string {
  return host === numeric ? host : `${host} (${numeric})`;
}

function spaced(at: Endpoint): string {
  return "host" in at ? `${isLoopback(at.host) ? "localhost" : at.host} ${at.port}` : place(at);
}

/** `localhost [127.0.0.1] 80 (http)`. */
function spoken(at: Endpoint): string {
  return `${nameOf(at)} ${bracketed(at)} (${serviceAt(at) ?? "?"})`;
}

function bracketed(at: Endpoint, withPort = true): string {
  if (!("host" in at)) return `[${place(at)}]`;
  const host = at.host === "0.0.0.0" || at.host === "::" ? "any" : at.host;
  return withPort ? `[${host}] ${at.port}` : `[${host}]`;
}

/** Those two ask DNS for the name; ours is the one that is known without. */
function nameOf(at: Endpoint): string {
  return "host" in at && isLoopback(at.host) ? "localhost" : "(UNKNOWN)";
}

function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "::1";
}

function serviceAt(at: Endpoint): string | undefined {
  return at.kind === "tcp" || at.kind === "udp" ? serviceName(at.port, at.kind) : undefined;
}

/** What the target's own line doesn't say already. */
function listTried(target: Endpoint, tried: readonly Attempt[]): string {
  const [first] = tried;
  if (!first || (tried.length === 1 && "host" in target && first.address === target.host))
    return "";
  const same = tried.every(({ state }) => state === first.state);
  const list = tried.map(({ address, state }) => (same ? address : `${address}: ${state}`));
  return ` (tried ${list.join(", ")})`;
}
