/** Lists of ports as people write them: `20-30,443,http`. */
import { parsePort } from "./endpoint.ts";
import { NcxError, quote } from "./errors.ts";

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads one operand: numbers, ranges `a-b` and service names, separated by commas.
 *
 * @throws {NcxError} ADDRESS when a part is none of these, is 0, or ends before it begins.
 */
export function parsePortRanges(
  text: string,
  service: (name: string) => number | undefined = () => undefined,
): PortRange[] {
  const fault = emptyPart(text);
  if (fault !== undefined) throw bad(text, fault);
  return text.split(",").map((part) => parsePart(part.trim(), service));
}

/** What is wrong with port 0, which nobody can be asked for, and with one beyond the last. */
export const NO_SUCH_PORT = "a port is 1-65535";

/** What is wrong with a list that has nothing in one of its places. */
export function emptyPart(text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  return text.split(",").some((part) => part.trim() === "") ? "a part of it is empty" : undefined;
}

/** Every port of the ranges, in the order given, each once. */
export function listPorts(ranges: readonly PortRange[]): number[] {
  const ports = new Set<number>();
  for (const { first, last } of ranges)
    for (let port = first; port <= last; port += 1) ports.add(port);
  return [...ports];
}

function parsePart(part: string, service: (name: string) => number | undefined): PortRange {
  const known = /^\D/.test(part) ? service(part) : undefined;
  if (known !== undefined) return { first: known, last: known };
  const match = /^(-?\d+)(?:-(\d+))?$/.exec(part);
  const first = match ? Number(match[1]) : parsePort(part); // which says what is wrong with it
  const last = Number(match?.[2] ?? first);
  if (first < 1 || first > 65535 || last > 65535) throw bad(part, NO_SUCH_PORT);
  if (last < first) throw bad(part, "the range ends before it begins");
  return { first, last };
}

function bad(part: string, state: string): NcxError {
  return new NcxError("ADDRESS", `Cannot parse ports ${quote(part)}: ${state}`, {
    hint: "use 22, 20-30, http or a list 22,80,8000-8010",
  });
}
