/** The addresses that a pattern of core/hosts.ts stands for, one after another. */
import type { AddressPattern, Span } from "./hosts.ts";

/** How many there are; Infinity where nobody can count that far. */
export function countAddresses(pattern: AddressPattern): number {
  switch (pattern.kind) {
    case "any":
      return Infinity;
    case "octets":
      return pattern.octets.reduce((product, spans) => product * numbersOf(spans).length, 1);
    case "cidr":
      return 2 ** (pattern.bytes.length * 8 - pattern.bits);
  }
}

/** Each address once, in rising order. `*` alone is every address there is: nobody gets to its end. */
export function* addressesOf(pattern: AddressPattern): Generator<string, void> {
  switch (pattern.kind) {
    case "any":
      return yield* addressesOf({ kind: "cidr", address: "0.0.0.0", bytes: [0, 0, 0, 0], bits: 0 });
    case "octets":
      return yield* ofOctets(pattern.octets.map(numbersOf), []);
    case "cidr":
      return yield* ofNetwork(pattern.bytes, pattern.bits, pattern.address);
  }
}

function numbersOf(spans: readonly Span[]): number[] {
  const numbers = new Set<number>();
  for (const { first, last } of spans) for (let n = first; n <= last; n += 1) numbers.add(n);
  return [...numbers].sort((a, b) => a - b);
}

function* ofOctets(
  [octet, ...rest]: readonly (readonly number[])[],
  before: readonly number[],
): Generator<string, void> {
  if (!octet) return yield before.join(".");
  for (const number of octet) yield* ofOctets(rest, [...before, number]);
}

function* ofNetwork(
  bytes: readonly number[],
  bits: number,
  address: string,
): Generator<string, void> {
  const all = bytes.length * 8;
  if (bits === all) return yield address;
  const free = BigInt(all - bits);
  const base = (bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> free) << free;
  for (let at = 0n; at < 1n << free; at += 1n) yield formatBytes(base + at, bytes.length);
}

function formatBytes(value: bigint, length: number): string {
  const hex = value.toString(16).padStart(length * 2, "0");
  if (length === 4)
    return (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)).join(".");
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  return shortened(groups);
}

/** RFC 5952 §4.2: the longest run of zeros, of two or more, is "::". */
function shortened(groups: readonly string[]): string {
  let [best, length] = [0, 1];
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === "0") to += 1;
    if (to - from > length) [best, length] = [from, to - from];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, best).join(":")}::${groups.slice(best + length).join(":")}`;
}
