/** Which addresses a proxy may dial for its clients: not its own, and what the lists say. */
import { networkInterfaces } from "node:os";
import { addressBytes } from "../../core/address-bytes.ts";
import type { Endpoint, TcpEndpoint } from "../../core/endpoint.ts";
import { matchesAny } from "../../core/hosts.ts";
import { readHosts } from "../../transport/access.ts";
import type { ProxyOptions } from "./options.ts";

export interface TargetRules {
  /** Why an address and port may not be dialled; undefined lets them. */
  refuse(address: string, port: number): string | undefined;
  /** Whether there are lists: then every name is to be looked up here. */
  readonly listed: boolean;
}

const OWN = "That is the proxy itself";
const NOT_ALLOWED = "The target is not allowed";

/** `own`: where the proxy listens. @throws {NcxError} ADDRESS, RESOLVE for what a list names. */
export async function readTargets(
  options: ProxyOptions,
  own: () => readonly Endpoint[],
): Promise<TargetRules> {
  const { allowTargets = [], denyTargets = [], signal } = options;
  const lookUp = { ...options.dial, ...(signal && { signal }) };
  const allowed = await readHosts(allowTargets, lookUp);
  const denied = await readHosts(denyTargets, lookUp);
  const limited = allowTargets.length > 0;
  return {
    listed: limited || denyTargets.length > 0,
    refuse(address, port) {
      const meant = meantBy(address);
      if (own().some((place) => isAt(place, meant, port))) return OWN;
      // Deny wins.
      if (matchesAny(denied, meant) || matchesAny(denied, address)) return NOT_ALLOWED;
      return limited && !matchesAny(allowed, meant) ? NOT_ALLOWED : undefined;
    },
  };
}

/** Whether a dial to this address and port would come out at `place`. */
function isAt(place: Endpoint, address: string, port: number): boolean {
  const bound = carrierOf(place);
  if (bound?.port !== port) return false;
  if (bound.host === "0.0.0.0") return !address.includes(":") && isOurs(address);
  if (bound.host === "::") return address.includes(":") && isOurs(address);
  return meantBy(bound.host) === address;
}

function carrierOf(place: Endpoint): TcpEndpoint | undefined {
  if (place.kind === "tls") return carrierOf(place.over);
  return place.kind === "tcp" ? place : undefined;
}

function isOurs(address: string): boolean {
  if (address.startsWith("127.") || address === "::1") return true;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.some((one) => meantBy(one.address) === address);
}

/**
 * The address that a dial to this one ends up at, in one form for each: a v4-mapped one is v4 (RFC 4291 §2.5.5.2), and
 * the unspecified ones are this machine's own.
 */
function meantBy(address: string): string {
  const bytes = addressBytes(address);
  if (!bytes) return address;
  if (bytes.every((byte) => byte === 0)) return bytes.length === 4 ? "127.0.0.1" : "::1";
  if (bytes.length === 4) return bytes.join(".");
  const last = bytes.length - 1;
  if (bytes.every((byte, at) => byte === (at === last ? 1 : 0))) return "::1";
  return Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  ).join(":");
}
