/** Many hosts to compare with at once: a list of a hundred thousand costs no more than one of ten. */
import type { AddressPattern } from "./hosts.ts";
import { matchesBytes } from "./hosts.ts";

/** Whether an address, as its 4 or 16 bytes, is one of any of the patterns'. */
export type HostIndex = (bytes: readonly number[]) => boolean;

/** Networks are looked up by their bits, once for each length of mask that occurs; other patterns one by one. */
export function indexHosts(patterns: readonly AddressPattern[]): HostIndex {
  const networks = new Map<number, Set<string>>();
  const others: AddressPattern[] = [];
  for (const pattern of patterns) {
    if (pattern.kind !== "cidr") {
      others.push(pattern);
      continue;
    }
    const { bytes, bits } = pattern;
    const keys = networks.get(bits) ?? new Set();
    networks.set(bits, keys.add(networkKey(bytes, bits)));
  }
  const masks = [...networks];
  return (bytes) =>
    masks.some(([bits, keys]) => bits <= bytes.length * 8 && keys.has(networkKey(bytes, bits))) ||
    others.some((pattern) => matchesBytes(pattern, bytes));
}

/** The first `bits` of an address, its family included. */
function networkKey(bytes: readonly number[], bits: number): string {
  const whole = bits >> 3;
  const rest = bits & 7;
  const kept = bytes.slice(0, whole);
  if (rest > 0) kept.push((bytes[whole] ?? 0) >> (8 - rest));
  return `${bytes.length} ${kept.join(" ")}`;
}
