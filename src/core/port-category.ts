/** The ranges of port numbers: RFC 6335 §6. */

export type PortCategory = "well-known" | "registered" | "dynamic";

/** First and last port of each range. */
export const PORT_CATEGORIES: Readonly<
  Record<PortCategory, readonly [first: number, last: number]>
> = {
  "well-known": [0, 1023],
  registered: [1024, 49151],
  dynamic: [49152, 65535],
};

/** Which range a port is in. */
export function portCategory(port: number): PortCategory {
  if (port <= PORT_CATEGORIES["well-known"][1]) return "well-known";
  return port <= PORT_CATEGORIES.registered[1] ? "registered" : "dynamic";
}
