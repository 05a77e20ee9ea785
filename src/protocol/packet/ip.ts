/** IPv4 (RFC 791) and IPv6 (RFC 8200) headers. Pure. */

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

export interface IpHeader {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** Of what follows the header and its extensions. */
  readonly protocol: number;
  /** Hop limit. */
  readonly ttl: number;
  /** Type of service, or traffic class. */
  readonly tos: number;
  /** Bytes of the whole packet as its header has it. */
  readonly length: number;
  /** Bytes up to what the protocol has. */
  readonly headerLength: number;
  readonly id?: number;
  /** Where this fragment belongs, in bytes; 0 for one that is whole. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  readonly dontFragment?: boolean;
  /** IPv4's options, as they are. */
  readonly options?: Buffer;
  readonly flowLabel?: number;
  /** The numbers of IPv6's extension headers, in order. */
  readonly extensions?: readonly number[];
}

/** Undefined where the bytes hold no header. */
export function readIpv4(bytes: Buffer): IpHeader | undefined {
  if (bytes.length < 20 || (bytes[0] ?? 0) >> 4 !== 4) return undefined;
  const headerLength = ((bytes[0] ?? 0) & 15) * 4;
  // RFC 791 §3.1: at least five words.
  if (headerLength < 20 || headerLength > bytes.length) return undefined;
  const fragment = bytes.readUInt16BE(6);
  // Zero where the network card was to cut it into segments.
  const length = bytes.readUInt16BE(2) || bytes.length;
  const header = {
    version: 4,
    source: formatIpv4(bytes, 12),
    destination: formatIpv4(bytes, 16),
    protocol: bytes[9] ?? 0,
    ttl: bytes[8] ?? 0,
    tos: bytes[1] ?? 0,
    length,
    headerLength,
    id: bytes.readUInt16BE(4),
    fragmentOffset: (fragment & 0x1fff) * 8,
    moreFragments: (fragment & 0x2000) !== 0,
    dontFragment: (fragment & 0x4000) !== 0,
  } as const;
  return headerLength === 20 ? header : { ...header, options: bytes.subarray(20, headerLength) };
}

// RFC 8200 §4: hop-by-hop, routing, destination options; a fragment's header; RFC 4302: authentication.
const OPTIONS_HEADERS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;

/** Extension headers that are followed; a hostile packet has many. */
const MAX_EXTENSIONS = 16;

/** Undefined where the bytes hold no header. */
export function readIpv6(bytes: Buffer): IpHeader | undefined {
  if (bytes.length < 40 || (bytes[0] ?? 0) >> 4 !== 6) return undefined;
  const first = bytes.readUInt32BE(0);
  const extensions: number[] = [];
  let protocol = bytes[6] ?? 0;
  let at = 40;
  let fragment = 0;
  let id: number | undefined;
  while (extensions.length < MAX_EXTENSIONS && at + 8 <= bytes.length && fragment >> 3 === 0) {
    const size = extensionSize(protocol, bytes[at + 1] ?? 0);
    if (size === undefined || at + size > bytes.length) break;
    if (protocol === FRAGMENT) {
      fragment = bytes.readUInt16BE(at + 2);
      id = bytes.readUInt32BE(at + 4);
    }
    extensions.push(protocol);
    protocol = bytes[at] ?? 0;
    at += size;
  }
  return {
    version: 6,
    source: formatIpv6(bytes, 8),
    destination: formatIpv6(bytes, 24),
    protocol,
    ttl: bytes[7] ?? 0,
    tos: (first >>> 20) & 0xff,
    length: bytes.readUInt16BE(4) === 0 ? bytes.length : 40 + bytes.readUInt16BE(4),
    headerLength: at,
    fragmentOffset: fragment & 0xfff8,
    moreFragments: (fragment & 1) !== 0,
    flowLabel: first & 0xfffff,
    ...(id !== undefined && { id }),
    ...(extensions.length > 0 && { extensions }),
  };
}

function extensionSize(kind: number, units: number): number | undefined {
  if (OPTIONS_HEADERS.has(kind)) return (units + 1) * 8;
  if (kind === FRAGMENT) return 8;
  return kind === AUTHENTICATION ? (units + 2) * 4 : undefined;
}

export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`;
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`, a mapped v4 address as one. */
export function formatIpv6(bytes: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(at + 2 * index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${formatIpv4(bytes, at + 12)}`;
  const [start, length] = longestZeros(groups);
  const text = (some: readonly number[]): string =>
    some.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
