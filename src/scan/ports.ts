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
  // One range, most often all the ports there are, has each of them once.
  if (/^[\d-]+$/.test(text)) {
    const range = rangeOf(text, text);
    return {
      tcp: protocols.includes("tcp") ? range : [],
      udp: protocols.includes("udp") ? range : [],
    };
  }
  const lists = { tcp: new Set<number>(), udp: new Set<number>() };
  let meant = protocols;
  const fault = emptyPart(text);
  if (fault !== undefined) throw bad(text, fault);
  for (const part of text.split(",")) {
    const [, letter, rest = ""] = /^(?:([TU]):)?(.*)$/is.exec(part.trim()) ?? [];
    if (letter !== undefined) meant = [letter.toUpperCase() === "T" ? "tcp" : "udp"];
    for (const protocol of meant)
      for (const port of portsOf(rest, part, protocol, services)) lists[protocol].add(port);
  }
  return { tcp: [...lists.tcp], udp: [...lists.udp] };
}

function portsOf(
  part: string,
  shown: string,
  protocol: Protocol,
  services: ServiceTable,
): readonly number[] {
  const bracket = /^\[(.*)\]$/.exec(part);
  if (bracket) {
    const inside = new Set(rangeOf(bracket[1] ?? "", shown));
    return Array.from(services(protocol), ([, port]) => port).filter((port) => inside.has(port));
  }
  if (/^[\d-]*$/.test(part)) return rangeOf(part, shown);
  if (!/^[a-z\d][\w.+*?-]*$|^[*?][\w.+*?-]*$/i.test(part))
    throw bad(shown, "not a port, a range or a name");
  const pattern = new RegExp(
    `^${part.replace(/[.+]/g, "\\$&").replace(/\*+/g, ".*").replaceAll("?", ".")}$`,
    "i",
  );
  const found = Array.from(services(protocol)).flatMap(([name, port]) =>
    pattern.test(name) ? [port] : [],
  );
  if (found.length > 0) return found;
  throw bad(shown, `no ${protocol} service is called so`);
}

function rangeOf(part: string, shown: string): number[] {
  const match = /^(\d{0,9})(-?)(\d{0,9})$/.exec(part);
  const [, from = "", dash = "", to = ""] = match ?? [];
  if (!match || part === "") throw bad(shown, "not a port or a range");
  const first = from === "" ? 1 : Number(from);
  const last = dash === "" ? first : to === "" ? 65_535 : Number(to);
  if (first === 0 || first > 65_535 || last > 65_535) throw bad(shown, NO_SUCH_PORT);
  if (last < first) throw bad(shown, "the range ends before it begins");
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function bad(part: string, state: string): NcxError {
  return new NcxError("ADDRESS", `Cannot parse ports ${quote(part)}: ${state}`, { hint: FORMS });
}
