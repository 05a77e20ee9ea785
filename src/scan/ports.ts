/**
 * Lists of ports in nmap's syntax.
 *
 *   22   80,443   1-100   -100 (from 1)   60000- (to 65535)   -   http   http*   [1-1024]   T:22,U:53,161
 *
 * A bracket holds what is known by name alone: of `[1-1024]` the ports that have a service.
 */
import { NcxError, quote } from "../core/errors.ts";
import { emptyPart, NO_SUCH_PORT } from "../core/ranges.ts";

export type Protocol = "tcp" | "udp";

/** Ports to ask, in the order given, each once. */
export type PortLists = Readonly<Record<Protocol, readonly number[]>>;

/** Names and ports of services, for `http*`: those of a protocol. */
export type ServiceTable = (protocol: Protocol) => Iterable<readonly [name: string, port: number]>;

const FORMS = "use 22,80,1-100,http*,T:22,U:53 or - for all";

/**
 * Reads a list. What stands before the first `T:` or `U:` is for each of `protocols`.
 *
 * @throws {NcxError} ADDRESS when a part is none of these; the message quotes it.
 */
export function parsePorts(
  text: string,
  protocols: readonly Protocol[] = ["tcp"],
  services: ServiceTable = () => [],
): PortLists {
  const empty = emptyPart(text);
  if (empty !== undefined) throw bad(new Map([[text, empty]]));
  // One range, most often all the ports there are, has each of them once.
  const range = rangeOf(text);
  if (typeof range !== "string") {
    return {
      tcp: protocols.includes("tcp") ? range : [],
      udp: protocols.includes("udp") ? range : [],
    };
  }
  const lists = { tcp: new Set<number>(), udp: new Set<number>() };
  const faults = new Map<string, string>();
  let meant = protocols;
  for (const part of text.split(",").map((each) => each.trim())) {
    const [, letter, rest = ""] = /^(?:([TU]):)?(.*)$/is.exec(part) ?? [];
    if (letter !== undefined) meant = [letter.toUpperCase() === "T" ? "tcp" : "udp"];
    for (const protocol of meant) {
      const ports = portsOf(rest, protocol, services);
      if (typeof ports === "string") faults.set(part, ports);
      else for (const port of ports) lists[protocol].add(port);
    }
  }
  if (faults.size > 0) throw bad(faults);
  return { tcp: [...lists.tcp], udp: [...lists.udp] };
}

/** The ports of one part, or what is wrong about it. */
function portsOf(
  part: string,
  protocol: Protocol,
  services: ServiceTable,
): readonly number[] | string {
  const bracket = /^\[(.*)\]$/.exec(part);
  if (bracket) {
    const range = rangeOf(bracket[1] ?? "");
    if (typeof range === "string") return range;
    const inside = new Set(range);
    return Array.from(services(protocol), ([, port]) => port).filter((port) => inside.has(port));
  }
  if (/^[\d-]*$/.test(part)) return rangeOf(part);
  if (!/^[a-z\d][\w.+*?-]*$|^[*?][\w.+*?-]*$/i.test(part)) return "not a port, a range or a name";
  const pattern = new RegExp(
    `^${part.replace(/[.+]/g, "\\$&").replace(/\*+/g, ".*").replaceAll("?", ".")}$`,
    "i",
  );
  const found = Array.from(services(protocol)).flatMap(([name, port]) =>
    pattern.test(name) ? [port] : [],
  );
  return found.length > 0 ? found : `no ${protocol} service is called so`;
}

function rangeOf(part: string): readonly number[] | string {
  const match = /^(\d{0,9})(-?)(\d{0,9})$/.exec(part);
  const [, from = "", dash = "", to = ""] = match ?? [];
  if (!match || part === "") return "not a port or a range";
  const first = from === "" ? 1 : Number(from);
  const last = dash === "" ? first : to === "" ? 65_535 : Number(to);
  if (first === 0 || first > 65_535 || last > 65_535) return NO_SUCH_PORT;
  if (last < first) return "the range ends before it begins";
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** Every part that is wrong, and why: who mends one need not come back for the next. */
function bad(faults: ReadonlyMap<string, string>): NcxError {
  const states = Array.from(faults, ([part, state]) => `${quote(part)}: ${state}`);
  return new NcxError("ADDRESS", `Cannot parse ports ${states.join("; ")}`, { hint: FORMS });
}
