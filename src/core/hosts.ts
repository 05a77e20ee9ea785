/**
 * Hosts as access lists name them, in nmap's syntax: addresses, networks, octet ranges and lists, names.
 *
 *   10.0.0.1   10.0.0.0/8   2001:db8::/32   10.0.0-255.1,3-7   10.0.*.*   *   example.org   example.org/24
 */
import { isIPv4, isIPv6 } from "node:net";
import { addressBytes, shares } from "./address-bytes.ts";
import { NcxError, quote } from "./errors.ts";

/** Numbers from `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** What an address can be held against. */
export type AddressPattern =
  /** Every address of both families. */
  | { readonly kind: "any" }
  /** v4: each of the four octets is in one of its spans. */
  | { readonly kind: "octets"; readonly octets: readonly (readonly Span[])[] }
  /** The first `bits` are those of `address`, whose bytes, 4 or 16, are `bytes`. */
  | {
      readonly kind: "cidr";
      readonly address: string;
      readonly bytes: readonly number[];
      readonly bits: number;
    };

/** A name, to be looked up; with `bits`, the network around its address. */
export interface NamePattern {
  readonly kind: "name";
  readonly name: string;
  readonly bits?: number;
  /** Where it was read, for the error of who looks it up: `hosts.txt, line 3`. */
  readonly origin?: string;
}

export type HostPattern = AddressPattern | NamePattern;

const FORMS = "use 10.0.0.1, 10.0.0.0/8, 10.0.0-9.*, 2001:db8::/32 or a name";

/**
 * Reads a list of hosts. White space ends a host, and so does a comma, unless digits follow that can still be part of
 * its octets: what has fewer than four octets takes all that comes, and what has four takes single numbers and ranges
 * into its last one. `10.0.0.1,3,10.1.0.1` are 10.0.0.1 and 10.0.0.3, and 10.1.0.1.
 *
 * `origin` says where the text is from: `hosts.txt, line 3`.
 *
 * @throws {NcxError} ADDRESS when a part is no host; the message quotes it.
 */
export function parseHosts(text: string, origin?: string): HostPattern[] {
  return text
    .split(/\s+/)
    .flatMap((word) => splitWord(word).map((host) => parsePattern(host, origin)));
}

/** Whether an address is one of the pattern's. A v4-mapped address is a v4 one; a zone doesn't count; a name has none yet. */
export function matchesHost(pattern: HostPattern, address: string): boolean {
  const bytes = addressBytes(address);
  return bytes !== undefined && pattern.kind !== "name" && matchesBytes(pattern, bytes);
}

/** Whether an address is one of any of these patterns'. */
export function matchesAny(patterns: readonly AddressPattern[], address: string): boolean {
  const bytes = addressBytes(address);
  return bytes !== undefined && patterns.some((pattern) => matchesBytes(pattern, bytes));
}

/** The network of so many bits around a numeric address; without `bits` the address alone. */
export function networkOf(address: string, bits?: number): AddressPattern {
  const bytes = addressBytes(address);
  if (!bytes) throw new TypeError(`${quote(address)} is not a numeric address`);
  const plain = address.replace(/%.*$/, "");
  const shown = bytes.length === 4 ? bytes.join(".") : plain.toLowerCase();
  return { kind: "cidr", address: shown, bytes, bits: bits ?? bytes.length * 8 };
}

/** The text form of a pattern: `parseHosts(formatHost(p))` gives `p` again. */
export function formatHost(pattern: HostPattern): string {
  switch (pattern.kind) {
    case "any":
      return "*";
    case "octets":
      return pattern.octets.map(formatOctet).join(".");
    case "cidr": {
      const { address, bytes, bits } = pattern;
      return bits === bytes.length * 8 ? address : `${address}/${bits}`;
    }
    case "name":
      return pattern.bits === undefined ? pattern.name : `${pattern.name}/${pattern.bits}`;
  }
}

function formatOctet(spans: readonly Span[]): string {
  const [only] = spans;
  if (spans.length === 1 && only?.first === 0 && only.last === 255) return "*";
  return spans
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
    .join(",");
}

/** Puts commas that belong to an octet's list back where they were. */
function splitWord(word: string): string[] {
  const trimmed = word.replace(/^,+/, "").replace(/(?<!,),+$/, "");
  const hosts: string[][] = [];
  let dots: number | undefined; // of the host that is being read, where it is one of octets
  for (const piece of trimmed === "" ? [] : trimmed.split(",")) {
    const own = /^[\d*.-]+$/.test(piece) ? piece.split(".").length - 1 : undefined;
    const host = hosts.at(-1);
    if (host && dots !== undefined && own !== undefined && (dots < 3 || own === 0)) {
      host.push(piece);
      dots += own;
    } else {
      hosts.push([piece]);
      dots = own;
    }
  }
  return hosts.map((pieces) => pieces.join(","));
}

function parsePattern(text: string, origin: string | undefined): HostPattern {
  if (text === "") throw bad(text, "nothing stands between two commas", origin);
  if (text === "*") return { kind: "any" };
  if (/^[\d*.,-]+$/.test(text)) return parseOctets(text, origin);
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const mask = slash < 0 ? undefined : text.slice(slash + 1);
  if (isIPv4(host) || host.includes(":")) return parseNetwork(host, mask, text, origin);
  if (/^[\d*.,-]*$/.test(host))
    throw bad(text, "only a whole address or a name has a mask", origin);
  checkName(host, text, origin);
  return {
    kind: "name",
    name: host,
    ...(mask !== undefined && { bits: parseBits(mask, 128, text, origin) }),
    ...(origin !== undefined && { origin }),
  };
}

function parseOctets(text: string, origin: string | undefined): AddressPattern {
  const parts = text.split(".");
  if (parts.length !== 4)
    throw bad(text, `a v4 address has four octets, not ${parts.length}`, origin);
  const octets = parts.map((part) => {
    const items = part.split(",");
    if (items.length > 1 && items.some((item) => item === "*" || item === "-"))
      throw bad(text, "an octet that is anything needs no list", origin);
    return items.map((item) => parseSpan(item, text, origin));
  });
  return isIPv4(text) ? networkOf(text) : { kind: "octets", octets };
}

/** `7`, `3-7`, and what nmap takes besides: `3-` is to 255, `-7` is from 0. */
function parseSpan(item: string, text: string, origin: string | undefined): Span {
  if (item === "*") return { first: 0, last: 255 };
  const match = /^(\d*)(-?)(\d*)$/.exec(item);
  const [, from = "", dash = "", to = ""] = match ?? [];
  if (!match || (from + to === "" && dash === ""))
    throw bad(text, item === "" ? "an octet is empty" : `${quote(item)} is no octet`, origin);
  // inet_aton() reads 010 as 8, and people as 10.
  if (/^0\d/.test(from) || /^0\d/.test(to))
    throw bad(text, "an octet does not start with 0", origin);
  const first = from === "" ? 0 : Number(from);
  const last = dash === "" ? first : to === "" ? 255 : Number(to);
  if (first > 255 || last > 255) throw bad(text, "an octet is 0-255", origin);
  if (last < first) throw bad(text, `the range ${item} ends before it begins`, origin);
  return { first, last };
}

function parseNetwork(
  host: string,
  mask: string | undefined,
  text: string,
  origin: string | undefined,
): AddressPattern {
  if (host.includes("%")) throw bad(text, "a zone cannot be asked for", origin);
  const bytes = addressBytes(host);
  if (!bytes) throw bad(text, "it is not a v6 address", origin);
  // Of ::ffff:10.0.0.0/104 the last 8 bits are those that count.
  const above = isIPv6(host) && bytes.length === 4 ? 96 : 0;
  if (mask === undefined) return networkOf(host);
  const bits = parseBits(mask, above + bytes.length * 8, text, origin);
  if (bits < above) throw bad(text, "the mask of a v4-mapped address is 96-128", origin);
  return networkOf(host, bits - above);
}

function parseBits(mask: string, most: number, text: string, origin: string | undefined): number {
  if (/^(0|[1-9]\d{0,2})$/.test(mask) && Number(mask) <= most) return Number(mask);
  throw bad(text, `the mask must be 0-${most}`, origin);
}

/** RFC 1123 §2.1, underscores and the letters of all scripts besides. */
function checkName(name: string, text: string, origin: string | undefined): void {
  const labels = name.replace(/\.$/, "").split(".");
  const isLabel = (label: string): boolean =>
    label.length <= 63 &&
    /^[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}_])?$/u.test(label);
  if (name.length > 253 || !labels.every(isLabel))
    throw bad(text, "it is neither an address nor a name", origin);
  // getaddrinfo() takes 127.1 and 0x7f.0x1 for addresses.
  if (/^(\d+|0x[\da-f]*)$/i.test(labels.at(-1) ?? ""))
    throw bad(text, "a name does not end in a number", origin);
}

function bad(text: string, state: string, origin: string | undefined): NcxError {
  const where = origin === undefined ? "" : ` (${origin})`;
  return new NcxError("ADDRESS", `Cannot use host ${quote(text)}${where}: ${state}`, {
    hint: FORMS,
  });
}

/** The same for an address as its 4 or 16 bytes. */
export function matchesBytes(pattern: AddressPattern, bytes: readonly number[]): boolean {
  switch (pattern.kind) {
    case "any":
      return true;
    case "octets":
      return (
        bytes.length === 4 &&
        pattern.octets.every((spans, at) => spans.some((span) => isIn(span, bytes[at])))
      );
    case "cidr":
      return bytes.length === pattern.bytes.length && shares(pattern.bytes, bytes, pattern.bits);
  }
}

function isIn({ first, last }: Span, byte = -1): boolean {
  return first <= byte && byte <= last;
}
