/** The sentences that people read and scripts grep for, in the words of each netcat (netcat.md §1.4). */
import { carrierOf, formatHostPort, type Endpoint } from "../core/endpoint.ts";
import { lowerFirst, type Attempt } from "../core/errors.ts";
import type { TlsFacts } from "../core/events.ts";
import { serviceName } from "../platform/services.ts";
import type { Fingerprints } from "../transport/index.ts";
import type { PersonalityName } from "./args.ts";
import { VERSION } from "./version.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** The numeric address that was reached, where it is known. */
  readonly address?: string;
}

/** News are whole lines, the program's name in front where it has one there; undefined: this netcat keeps silent. */
export interface Wording {
  version(): string | undefined;
  listening(at: Endpoint): string;
  /** A client has come. */
  accepted(remote: Endpoint, local: Endpoint): readonly string[];
  /** `target` is the place that was asked for, `remote` the one that was reached. */
  connected(target: Endpoint, remote: Endpoint): string;
  /** What TLS has agreed on with the peer. */
  secured(tls: TlsFacts): readonly string[];
  /** A listener has made its certificate. */
  selfSigned(fingerprints: Fingerprints): readonly string[];
  /** `service` is the port's name, where it has one. */
  open(target: Target, service: string | undefined): string;
  /** UDP that neither answered nor was refused. */
  silent(target: Target, service: string | undefined): string;
  /** `client` is whose connection it was, where there are many. */
  summary(sent: number, received: number, seconds: number, client?: Endpoint): string | undefined;
  /** A client of `at` was turned away. */
  rejected(remote: Endpoint, reason: string, at: Endpoint): string;

  // Failures: what comes after the program's name.
  /** A dial that failed; `tried` is each address and what became of it. Undefined: this netcat keeps silent. */
  refused(target: Endpoint, state: string, tried: readonly Attempt[]): string | undefined;
  unresolved(host: string, state: string, target: Endpoint | undefined): string;
  /** `holder` is who has the place already: `node, pid 4242`. */
  unbound(at: Endpoint, state: string, holder: string | undefined): string;
  /** A client that came could not be taken: its handshake failed. */
  unaccepted(remote: Endpoint, state: string): string;
  idle(ms: number): string | undefined;
  /** No client has come in the time that was given for it. */
  nobody(): string;
  /** The peer has reset an open connection. */
  reset(): string | undefined;
}

const NCX: Wording = {
  version: () => `Ncx: Version ${VERSION}`,
  listening: (at) => `Ncx: Listening on ${place(at)}`,
  accepted: (remote) => [`Ncx: Connection from ${place(remote)}.`],
  connected: (_target, remote) => `Ncx: Connected to ${place(remote)}.`,
  secured: (tls) => securedLines(tls).map((line) => `Ncx: ${line}`),
  selfSigned: ({ sha256 }) => [
    `Ncx: Made a self-signed certificate for this run; --tls-cert and --tls-key give one to keep.`,
    `Ncx: SHA-256 fingerprint: ${sha256}`,
  ],
  open: ({ host, port, protocol }, service) =>
    `Connection to ${host} ${port} port [${protocol}/${service ?? "*"}] succeeded!`,
  silent: ({ host, port, protocol }, service) =>
    `Connection to ${host} ${port} port [${protocol}/${service ?? "*"}] open or filtered: no answer`,
  summary: (sent, received, seconds, client) =>
    `Ncx: ${client ? `${place(client)}: ` : ""}${amounts(sent, received, seconds)}`,
  rejected: (remote, reason) => `Ncx: ${place(remote)} turned away: ${reason}`,
  refused: (target, state, tried) =>
    `connect to ${address(target)} failed: ${state}${listTried(target, tried)}`,
  unresolved: (host, state) => `Could not resolve hostname "${host}": ${state}`,
  unbound: (at, state, holder) => `bind to ${place(at)}: ${state}${held(holder)}.`,
  unaccepted: (remote, state) => `Cannot accept ${address(remote)}: ${lowerState(state)}`,
  idle: (ms) => `Idle timeout expired (${ms} ms).`,
  nobody: () => "no connection : Connection timed out",
  reset: () => "Connection reset by peer",
};

const NCAT: Wording = {
  version: () => `Ncat: Version ${VERSION} ( ncx )`,
  listening: (at) => `Ncat: Listening on ${place(at)}`,
  accepted: (remote) => {
    const at = carrierOf(remote);
    if (!("host" in at)) return ["Ncat: Connection from a client on Unix domain socket."];
    return [`Ncat: Connection from ${at.host}.`, `Ncat: Connection from ${place(at)}.`];
  },
  connected: (_target, remote) =>
    `Ncat: ${remote.kind === "tls" ? "SSL connection" : "Connected"} to ${place(remote)}.`,
  secured: ({ refusal, certificate }) => [
    ...(refusal === undefined
      ? []
      : [`Ncat: Certificate verification failed (${lowerFirst(refusal)}).`]),
    ...(certificate ? [`Ncat: SHA-1 fingerprint: ${fours(certificate.sha1)}`] : []),
  ],
  selfSigned: ({ sha1 }) => [
    "Ncat: Generating a temporary P-256 key. Use --ssl-key and --ssl-cert to use a permanent one.",
    `Ncat: SHA-1 fingerprint: ${fours(sha1)}`,
  ],
  open: ({ host, port }) =>
    `Ncat: Connected to ${formatHostPort(host, port)}.\nNcat: ${amounts(0, 0, 0)}`,
  silent: (target, service) => NCAT.open(target, service),
  summary: (sent, received, seconds) => `Ncat: ${amounts(sent, received, seconds)}`,
  rejected: (_remote, reason) => `Ncat: New connection denied: ${denial(reason)}`,
  refused: (_target, state) => (state.endsWith("timed out") ? "TIMEOUT." : `${state}.`),
  unresolved: (host, state) => `Could not resolve hostname "${host}": ${state}. QUITTING.`,
  unbound: (at, state, holder) => `${NCX.unbound(at, state, holder)} QUITTING.`,
  unaccepted: (remote, state) => {
    const at = carrierOf(remote);
    return `Failed SSL connection from ${"host" in at ? at.host : "a client"}: ${lowerState(state)}`;
  },
  idle: NCX.idle,
  nobody: NCX.nobody,
  reset: () => "Connection reset by peer.",
};

const OPENBSD: Wording = {
  version: () => undefined,
  listening: (at) =>
    `${/^(udp|unixgram)$/.test(carrierOf(at).kind) ? "Bound" : "Listening"} on ${spaced(at)}`,
  accepted: (remote) => [`Connection received on ${spaced(remote)}`],
  connected(target, remote) {
    const [asked, at] = [carrierOf(target), carrierOf(remote)];
    return "host" in asked && "host" in at
      ? `Connection to ${reached(asked.host, at.host)} ${at.port} port [${at.kind}/${serviceAt(at) ?? "*"}] succeeded!`
      : `Connection to ${place(target)} succeeded!`;
  },
  secured: securedLines,
  selfSigned: ({ sha256 }) => [`SHA-256 fingerprint: ${sha256}`],
  open: ({ address, ...target }, service) =>
    NCX.open({ ...target, host: reached(target.host, address ?? target.host) }, service),
  silent: (target, service) => OPENBSD.open(target, service),
  summary: () => undefined,
  rejected: (remote, reason) => `nc: ${place(remote)} turned away: ${reason}`,
  refused: (target, state, tried) => {
    const failed = state.endsWith("timed out")
      ? "timed out: Operation now in progress"
      : `failed: ${state}`;
    const at = carrierOf(target);
    if (!("host" in at)) return `${place(at)}: ${state}`;
    // No dial of UDP is refused: what was sent is, and of that it says nothing.
    if (target.kind === "udp" && state === "Connection refused") return undefined;
    if (/^(Cannot assign requested address|Address already in use)$/.test(state))
      return `bind failed: ${state}`;
    const host = reached(at.host, tried.at(-1)?.address ?? at.host);
    return `connect to ${host} port ${at.port} (${target.kind}) ${failed}`;
  },
  unresolved: (host, state, target) => {
    const at = target && carrierOf(target);
    // It names what it dials, not what it binds.
    if (!at || !("port" in at)) return `getaddrinfo: ${state}`;
    return `getaddrinfo for host "${host}" port ${at.port}: ${state}`;
  },
  unbound: (_at, state, holder) => `${state}${held(holder)}`,
  unaccepted: NCX.unaccepted,
  idle: () => undefined,
  nobody: NCX.nobody,
  reset: () => undefined,
};

const TRADITIONAL: Wording = {
  version: () => undefined,
  listening: (at) => `listening on ${bracketed(at)} ...`,
  accepted: (remote, local) => [
    `connect to ${bracketed(local, false)} from ${nameOf(remote)} ${bracketed(remote)}`,
  ],
  connected: (_target, remote) => `${spoken(remote)} open`,
  secured: securedLines,
  selfSigned: OPENBSD.selfSigned,
  open: ({ host, port, protocol }) => `${spoken({ kind: protocol, host, port })} open`,
  silent: (target, service) => TRADITIONAL.open(target, service),
  summary: () => undefined,
  rejected: (remote, _reason, at) =>
    `invalid connection to ${bracketed(at, false)} from ${nameOf(remote)} ${bracketed(remote)}`,
  refused: (target, state, tried) => {
    const last = tried.at(-1);
    const asked = carrierOf(target);
    const at = "host" in asked && last ? { ...asked, host: last.address } : asked;
    return `${spoken(at)} : ${state.replace(/^Operation (?=timed out)/, "Connection ")}`;
  },
  unresolved: (host) => `${host}: forward host lookup failed: Unknown host`,
  unbound: (at, state, holder) => `Can't grab ${place(at)} with bind : ${state}${held(holder)}`,
  unaccepted: NCX.unaccepted,
  idle: () => undefined,
  nobody: NCX.nobody,
  reset: () => undefined,
};

const WORDING: Readonly<Record<PersonalityName, Wording>> = {
  ncx: NCX,
  ncat: NCAT,
  openbsd: OPENBSD,
  traditional: TRADITIONAL,
};

/** What was agreed on by TLS, in the words of the netcat that we are. */
export function saySecured(
  tls: TlsFacts | undefined,
  { wording, news }: { wording: Wording; news(level: number, line: string): void },
): void {
  for (const line of tls ? wording.secured(tls) : []) news(1, line);
}

function securedLines({ protocol, cipher, alpn, servername, ...peer }: TlsFacts): string[] {
  const { certificate, authorized, refusal } = peer;
  const agreed = [protocol, cipher];
  if (alpn !== undefined) agreed.push(`ALPN ${alpn}`);
  if (servername !== undefined) agreed.push(`server name ${printable(servername)}`);
  const lines = [agreed.join(", ")];
  if (!certificate) return lines;
  const { subject, issuer, sha256 } = certificate;
  const trust = authorized ? "verified" : `not verified: ${lowerFirst(refusal ?? "unknown")}`;
  lines.push(`Certificate of ${subject}, issued by ${issuer}, ${trust}`);
  lines.push(`SHA-256 fingerprint: ${sha256}`);
  return lines;
}

/** A client's text does not drive our terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7E]/g, "?");
}

/** `5C0F 9B8E …`, as ncat writes a fingerprint. */
function fours(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").replace(/.{4}(?=.)/g, "$& ");
}

/** `127.0.0.1:80`, `:::80` as ncat writes it, or a path. */
function place(endpoint: Endpoint): string {
  const at = carrierOf(endpoint);
  if ("host" in at) return `${at.host === "*" ? "0.0.0.0" : at.host}:${at.port}`;
  if (at.kind === "unix" || at.kind === "unixgram") return at.path || "a unix socket";
  return at.kind;
}

/** ncat counts where we say it in words. */
function denial(reason: string): string {
  return reason.replace(
    /^the limit of (\d+) connections is reached$/,
    "connection limit reached ($1)",
  );
}

function amounts(sent: number, received: number, seconds: number): string {
  return `${sent} bytes sent, ${received} bytes received in ${seconds.toFixed(2)} seconds.`;
}

function held(holder: string | undefined): string {
  return holder === undefined ? "" : ` (held by ${holder})`;
}

/** As it reads after a colon; `TLS` stays as it is. */
function lowerState(state: string): string {
  return state.startsWith("TLS") ? state : lowerFirst(state);
}

/** `HOST port PORT (tcp)`. */
function address(endpoint: Endpoint): string {
  const { kind } = endpoint;
  const at = carrierOf(endpoint);
  return "host" in at ? `${at.host} port ${at.port} (${kind})` : `${place(at)} (${kind})`;
}

/** `localhost (127.0.0.1)`. */
function reached(host: string, numeric: string): string {
  return host === numeric ? host : `${host} (${numeric})`;
}

function spaced(endpoint: Endpoint): string {
  const at = carrierOf(endpoint);
  return "host" in at ? `${isLoopback(at.host) ? "localhost" : at.host} ${at.port}` : place(at);
}

/** `localhost [127.0.0.1] 80 (http)`. */
function spoken(at: Endpoint): string {
  return `${nameOf(at)} ${bracketed(at)} (${serviceAt(at) ?? "?"})`;
}

function bracketed(endpoint: Endpoint, withPort = true): string {
  const at = carrierOf(endpoint);
  if (!("host" in at)) return `[${place(at)}]`;
  const host = at.host === "0.0.0.0" || at.host === "::" ? "any" : at.host;
  return withPort ? `[${host}] ${at.port}` : `[${host}]`;
}

/** Those two ask DNS for the name; ours is the one that is known without. */
function nameOf(endpoint: Endpoint): string {
  const at = carrierOf(endpoint);
  return "host" in at && isLoopback(at.host) ? "localhost" : "(UNKNOWN)";
}

function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "::1";
}

function serviceAt(endpoint: Endpoint): string | undefined {
  const at = carrierOf(endpoint);
  return at.kind === "tcp" || at.kind === "udp" ? serviceName(at.port, at.kind) : undefined;
}

/** What the target's own line doesn't say already. */
function listTried(target: Endpoint, tried: readonly Attempt[]): string {
  const [first] = tried;
  const at = carrierOf(target);
  if (!first || (tried.length === 1 && "host" in at && first.address === at.host)) return "";
  const same = tried.every(({ state }) => state === first.state);
  const list = tried.map(({ address, state }) => (same ? address : `${address}: ${state}`));
  return ` (tried ${list.join(", ")})`;
}

/** The name that we know without asking. */
const NAMED = /localhost(?= \[)/;

/** With -n it looks no service up either. */
const NUMBERED: Wording = {
  ...OPENBSD,
  connected: (target, remote) =>
    OPENBSD.connected(target, remote).replace(/\/[^/\]]*(?=\] succeeded!$)/, "/*"),
};

/** Without -v, or with -n, it asks nobody for the name of an address. */
const NAMELESS: Wording = {
  ...TRADITIONAL,
  accepted: (remote, local) => TRADITIONAL.accepted(remote, local).map(unnamed),
  connected: (target, remote) => unnamed(TRADITIONAL.connected(target, remote)),
  open: (target, service) => unnamed(TRADITIONAL.open(target, service)),
  silent: (target, service) => unnamed(TRADITIONAL.silent(target, service)),
  refused: (...failure) => TRADITIONAL.refused(...failure)?.replace(NAMED, "(UNKNOWN)"),
};

const UNNAMED: Partial<Record<PersonalityName, Wording>> = {
  openbsd: NUMBERED,
  traditional: NAMELESS,
};

/** The words of a run: some netcats have fewer without -v, or with -n. */
export function wordingFor(voice: {
  readonly personality: PersonalityName;
  readonly verbose: number;
  readonly numeric?: boolean;
}): Wording {
  const { personality, verbose, numeric } = voice;
  return (verbose === 0 || numeric ? UNNAMED[personality] : undefined) ?? WORDING[personality];
}

function unnamed(line: string): string {
  return line.replace(NAMED, "(UNKNOWN)");
}
