/** Which addresses are meant: names are looked up, networks spread, exclusions left out. */
import { networkInterfaces } from "node:os";
import { NcxError, quote } from "../core/errors.ts";
import { addressesOf, countAddresses } from "../core/host-addresses.ts";
import {
  formatHost,
  matchesAny,
  networkOf,
  parseHosts,
  type AddressPattern,
  type HostPattern,
} from "../core/hosts.ts";
import { resolveHost } from "../transport/resolve.ts";
import type { ScanOptions } from "./options.ts";
import { readTargets, type ZonedAddress } from "./target-words.ts";

export interface ScanTarget {
  /** As it was given, where that was a name; else the address. */
  readonly host: string;
  readonly address: string;
}

/** A /16. More of them are asked for by mistake as often as not. */
const MOST = 65_536;
/** A /8. */
const LARGE = MOST * 256;

/**
 * The addresses of the targets, each once, in the order given.
 *
 * @throws {NcxError} USAGE for more than 65,536 without `large`, ADDRESS for what is no host, RESOLVE without `onError`.
 */
export async function scanTargets(
  texts: readonly (string | HostPattern)[],
  options: ScanOptions,
): Promise<ScanTarget[]> {
  const patterns = texts.flatMap((text) => (typeof text === "string" ? readTargets(text) : [text]));
  for (const pattern of patterns) refuseOtherFamily(pattern, options);
  const excluded = await exclusions(options);
  const found = new Map<string, ScanTarget>();
  const resolved = await Promise.all(patterns.map((pattern) => known(pattern, options)));
  const wanted = resolved.flat();
  const count = wanted.reduce((sum, { pattern }) => sum + countAddresses(pattern), 0);
  if (count > (options.large ? LARGE : MOST)) throw tooMany(count);
  for (const { pattern, host, zoned } of wanted) {
    for (const address of zoned === undefined ? addressesOf(pattern) : [zoned]) {
      if (found.has(address) || matchesAny(excluded, address)) continue;
      found.set(address, { host: host ?? address, address });
    }
  }
  if (found.size > 0 || wanted.length === 0) return [...found.values()];
  throw new NcxError("USAGE", "Cannot scan: every address is left out", {
    hint: "leave fewer out",
  });
}

interface Known {
  readonly pattern: AddressPattern;
  readonly host?: string;
  /** The pattern's one address with its zone. */
  readonly zoned?: string;
}

async function known(pattern: HostPattern | ZonedAddress, options: ScanOptions): Promise<Known[]> {
  if (pattern.kind === "zoned") {
    refuseUnknownZone(pattern);
    return [{ pattern: networkOf(pattern.address), zoned: pattern.address }];
  }
  if (pattern.kind !== "name") return [{ pattern }];
  const { name, bits } = pattern;
  try {
    const [first] = await lookUp(name, options);
    if (first === undefined) return [];
    return [{ pattern: networkOf(first, bits), ...(bits === undefined && { host: name }) }];
  } catch (error) {
    if (!(error instanceof NcxError) || error.code !== "RESOLVE" || !options.onError) throw error;
    options.onError(error, name);
    return [];
  }
}

/** As nmap, v4 where the name has both: scanning it twice is seldom meant. */
async function lookUp(name: string, { family, numeric, signal }: ScanOptions): Promise<string[]> {
  const found = await resolveHost(name, {
    ...(family !== undefined && { family }),
    ...(numeric !== undefined && { numeric }),
    ...(signal && { signal }),
  });
  return found.toSorted((a, b) => a.family - b.family).map(({ address }) => address);
}

async function exclusions(options: ScanOptions): Promise<AddressPattern[]> {
  const { exclude = [], onError: _, ...strict } = options;
  const patterns = exclude.flatMap((text) => parseHosts(text));
  // One that cannot be looked up would be scanned after all: that is for the user to decide.
  const all = await Promise.all(
    patterns.map(async (pattern): Promise<AddressPattern[]> => {
      if (pattern.kind !== "name") return [pattern];
      return (await lookUp(pattern.name, strict)).map((address) =>
        networkOf(address, pattern.bits),
      );
    }),
  );
  return all.flat();
}

/** The system would only say EINVAL, of each port. A number is an interface's index. */
function refuseUnknownZone({ address }: ZonedAddress): void {
  const zone = address.replace(/^.*%/, "");
  if (/^\d+$/.test(zone) || Object.hasOwn(networkInterfaces(), zone)) return;
  throw new NcxError(
    "ADDRESS",
    `Cannot scan ${quote(address)}: this host has no interface ${quote(zone)}`,
    { hint: `use one of ${Object.keys(networkInterfaces()).join(", ")}` },
  );
}

/** Who asks for one family is not to be told of the other. */
function refuseOtherFamily(pattern: HostPattern | ZonedAddress, { family }: ScanOptions): void {
  if (family === undefined || pattern.kind === "name" || pattern.kind === "any") return;
  const isV6 = pattern.kind === "zoned" || (pattern.kind === "cidr" && pattern.bytes.length === 16);
  if (isV6 === (family === 6)) return;
  const shown = pattern.kind === "zoned" ? pattern.address : formatHost(pattern);
  throw new NcxError(
    "USAGE",
    `Cannot scan ${quote(shown)} by v${family}: it is a v${isV6 ? 6 : 4} address`,
    { hint: `leave -${family} away, or name a v${family} address` },
  );
}

function tooMany(count: number): NcxError {
  const amount = Number.isFinite(count) ? count.toLocaleString("en") : "all";
  return new NcxError(
    "USAGE",
    `Cannot scan ${amount} addresses: that is more than ${count > LARGE ? "a /8" : "a /16"}`,
    { hint: count > LARGE ? "scan it in parts" : "use --yes if you mean it, and may" },
  );
}
