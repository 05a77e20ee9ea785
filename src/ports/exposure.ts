/** Who can reach an address. */
import type { Exposure } from "./options.ts";

/** `0.0.0.0` and `::` are reached from everywhere, 127/8 and ::1 from here alone, any other from its own network. */
export function exposureOf(address: string): Exposure {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (plain === "0.0.0.0" || plain === "::" || plain === "*") return "all";
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain) ? "loopback" : "lan";
}
