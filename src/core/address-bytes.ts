/** Numeric addresses as bytes. */
import { isIPv4, isIPv6 } from "node:net";

/** Whether the first `bits` are the same. */
export function shares(one: readonly number[], other: readonly number[], bits: number): boolean {
  for (let at = 0; at * 8 < bits; at += 1) {
    const spare = Math.max(0, 8 * (at + 1) - bits);
    if ((one[at] ?? 0) >> spare !== (other[at] ?? 0) >> spare) return false;
  }
  return true;
}

/** The 4 or 16 bytes of a numeric address, a v4-mapped one being v4; undefined for anything else. */
export function addressBytes(text: string): number[] | undefined {
  if (isIPv4(text)) return text.split(".").map(Number);
  // A zone may have characters that isIPv6() does not know.
  const plain = text.replace(/%.*$/s, "");
  if (!isIPv6(plain)) return undefined;
  const bytes = bytesOfV6(plain);
  const isMapped = bytes.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255));
  return isMapped ? bytes.slice(12) : bytes;
}

/** RFC 4291 §2.2: groups of 16 bits; "::" is as many zeros as are missing; the last two may be written as v4. */
function bytesOfV6(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const before = bytesOfGroups(head);
  const after = bytesOfGroups(tail ?? "");
  const zeros = Array.from({ length: 16 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function bytesOfGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
