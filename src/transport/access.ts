/** Who may connect, and how often: made once for a listener, asked before a connection is taken. */
import { addressBytes } from "../core/address-bytes.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { formatEndpoint } from "../core/endpoint.ts";
import { lowerFirst, NcxError, quote } from "../core/errors.ts";
import { indexHosts } from "../core/host-index.ts";
import { networkOf, parseHosts } from "../core/hosts.ts";
import type { AddressPattern, HostPattern, NamePattern } from "../core/hosts.ts";
import { resolveHost, type ResolveOptions } from "./resolve.ts";
import type { BindOptions, Gate } from "./transport.ts";

export type HostList = readonly (string | HostPattern)[];

/** What is said of a client that the lists turn away, whichever it was. */
const NOT_ALLOWED = "not allowed";

/**
 * The gate of a listener; names are looked up now, and all the addresses of each count.
 *
 * @throws {NcxError} ADDRESS for what is no host, RESOLVE for a name without an address, UNSUPPORTED where clients have
 *   no addresses.
 */
export async function makeGate(endpoint: Endpoint, options: BindOptions): Promise<Gate> {
  requireAddresses(endpoint, options);
  const { allow, deny, peerPort, maxConnsPerIp = Infinity, acceptRate = Infinity } = options;
  const isAllowed = allow && indexHosts(await readHosts(allow, options));
  const isDenied = deny && indexHosts(await readHosts(deny, options));
  const hasLists = isAllowed !== undefined || isDenied !== undefined || peerPort !== undefined;
  const inRate = acceptRate < Infinity ? tokenBucket(acceptRate) : () => true;
  const live = new Map<string, number>();

  function isListed({ host, port }: { host: string; port: number }): boolean {
    if (!hasLists) return true;
    // The address of a client that has reset already is unknown, and what it sent can still be read.
    const bytes = addressBytes(host);
    if (!bytes) return false;
    // Deny wins.
    if (isDenied?.(bytes)) return false;
    if (isAllowed && !isAllowed(bytes)) return false;
    return peerPort === undefined || port === peerPort;
  }

  return {
    enter(remote) {
      const host = "host" in remote ? remote.host : undefined;
      if (host !== undefined && "port" in remote && !isListed(remote)) return NOT_ALLOWED;
      const there = live.get(host ?? "") ?? 0;
      if (host !== undefined && there >= maxConnsPerIp)
        return `the limit of ${maxConnsPerIp} connections of one address is reached`;
      // Last, so that only those who come in use the rate up.
      if (!inRate()) return `more than ${acceptRate} a second`;
      if (host !== undefined) live.set(host, there + 1);
      return undefined;
    },
    leave(remote) {
      if (!("host" in remote)) return;
      const there = live.get(remote.host) ?? 0;
      if (there > 1) live.set(remote.host, there - 1);
      else live.delete(remote.host);
    },
  };
}

/**
 * Reads lists of hosts and looks their names up, so that only addresses are left to compare with.
 *
 * @throws {NcxError} ADDRESS, RESOLVE, ABORTED.
 */
export async function readHosts(
  list: HostList,
  options: ResolveOptions = {},
): Promise<AddressPattern[]> {
  if (!Array.isArray(list)) throw new TypeError("A list of hosts must be an array");
  // All of them first: a typo is told before a slow look-up.
  const patterns = list.flatMap((one) => (typeof one === "string" ? parseHosts(one) : one));
  const { signal, numeric } = options;
  const asked: ResolveOptions = { ...(signal && { signal }), ...(numeric && { numeric }) };
  const names = patterns.filter((pattern) => pattern.kind === "name");
  const found = await Promise.all(names.map((name) => lookUp(name, asked)));
  return [...patterns.filter((pattern) => pattern.kind !== "name"), ...found.flat()];
}

async function lookUp(pattern: NamePattern, options: ResolveOptions): Promise<AddressPattern[]> {
  const { name, bits } = pattern;
  // RFC 6761 §6.3: localhost is loopback, whatever a resolver says.
  if (/^localhost\.?$/i.test(name) && bits === undefined)
    return [networkOf("127.0.0.1"), networkOf("::1")];
  const found = await resolveHost(name, options).catch((error: unknown) => {
    throw placed(pattern, error);
  });
  if (bits !== undefined && new Set(found.map(({ family }) => family)).size > 1)
    throw bad(pattern, "it has v4 and v6 addresses, and a mask fits one of them");
  if (bits !== undefined && bits > 32 && found[0]?.family === 4)
    throw bad(pattern, "the mask of its v4 address must be 0-32");
  return found.map(({ address }) => networkOf(address, bits));
}

/** Adds where the name was read, where that is known. */
function placed({ name, origin }: NamePattern, error: unknown): unknown {
  if (!(error instanceof NcxError) || error.code !== "RESOLVE" || origin === undefined)
    return error;
  const state = lowerFirst(error.state ?? "it has no address");
  return new NcxError("RESOLVE", `Cannot resolve ${quote(name)} (${origin}): ${state}`, {
    cause: error.cause,
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

function bad({ name, bits, origin }: NamePattern, state: string): NcxError {
  const where = origin === undefined ? "" : ` (${origin})`;
  return new NcxError("ADDRESS", `Cannot use host ${quote(`${name}/${bits}`)}${where}: ${state}`, {
    hint: "write the network itself: 10.0.0.0/8",
  });
}

/** What goes by address is refused, rather than ignored, where clients have none. */
function requireAddresses(endpoint: Endpoint, options: BindOptions): void {
  if ("host" in endpoint) return;
  const { allow, deny, peerPort, maxConnsPerIp, denyMode } = options;
  const asked = allow ?? deny ?? peerPort ?? maxConnsPerIp;
  if (asked === undefined && denyMode !== "reset") return;
  const state =
    asked === undefined ? "its clients cannot be reset" : "its clients have no address to go by";
  throw new NcxError("UNSUPPORTED", `Cannot listen on ${formatEndpoint(endpoint)}: ${state}`, {
    hint: "lists of hosts, --max-conns-per-ip and --deny-mode reset are for TCP and UDP",
  });
}

/** Whether one more may come now: `rate` a second evenly, after a rest as many at once, at least one. */
export function tokenBucket(
  rate: number,
  now: () => number = () => performance.now(),
): () => boolean {
  if (rate === 0) return () => false;
  const most = Math.max(1, rate);
  let tokens = most;
  let filled = now();
  return () => {
    const time = now();
    tokens = Math.min(most, tokens + ((time - filled) / 1000) * rate);
    filled = time;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
