/** Which addresses are meant: names are looked up, networks spread, exclusions left out. */
import { NcxError } from "../core/errors.ts";
import { addressesOf, countAddresses } from "../core/host-addresses.ts";
import {
  matchesAny,
  networkOf,
  parseHosts,
  type AddressPattern,
  type HostPattern,
} from "../core/hosts.ts";
import { resolveHost } from "../transport/resolve.ts";
import type { ScanOptions } from "./options.ts";

export interface ScanTarget {
  /** As it was given, where that was a name; else the address. */
  readonly host: string;
  readonly address: string;
}

/** A /16. More of them are asked for by mistake as often as not. */
const MOST = 65_536;

/**
 * The addresses of the targets, each once, in the order given.
 *
 * @throws {NcxError} USAGE for more than 65,536 without `large`, ADDRESS for what is no host, RESOLVE without `onError`.
 */
export async function scanTargets(
  texts: readonly (string | HostPattern)[],
  options: ScanOptions,
): Promise<ScanTarget[]> {
  const patterns = texts.flatMap((text) => (typeof text === "string" ? parseHosts(text) : [text]));
  const excluded = await exclusions(options);
  const found = new Map<string, ScanTarget>();
  const resolved = await Promise.all(patterns.map((pattern) => known(pattern, options)));
  const wanted = resolved.flat();
  const count = wanted.reduce((sum, { pattern }) => sum + countAddresses(pattern), 0);
  if (count > MOST && !(options.large && count <= MOST * 256)) throw tooMany(count, options);
  for (const { pattern, host } of wanted) {
    for (const address of addressesOf(pattern)) {
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
}

async function known(pattern: HostPattern, options: ScanOptions): Promise<Known[]> {
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

function tooMany(count: number, { large }: ScanOptions): NcxError {
  const amount = Number.isFinite(count) ? count.toLocaleString("en") : "all";
  return new NcxError(
    "USAGE",
    `Cannot scan ${amount} addresses: that is more than ${large ? "a /8" : "a /16"}`,
    {
      hint: large ? "scan it in parts" : "use --yes if you mean it, and may",
    },
  );
}
