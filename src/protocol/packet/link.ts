/** Link layers: where the network's packet begins, and what it is. Link types of tcpdump.org. Pure. */
import { LINK, type RawPacket } from "../capture/record.ts";

export const ETHER = {
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
  vlan: 0x8100,
  qinq: 0x88a8,
} as const;

export interface Vlan {
  readonly id: number;
  readonly priority: number;
}

export interface LinkHeader {
  readonly kind: "ethernet" | "loopback" | "none" | "cooked" | "unknown";
  /** Bytes before the network's packet. */
  readonly size: number;
  /** What comes next, as Ethernet numbers it; undefined where it cannot be told. */
  readonly etherType?: number;
  /** Hardware addresses. */
  readonly source?: string;
  readonly destination?: string;
  readonly vlans?: readonly Vlan[];
  /** Of a packet that was captured on every interface. */
  readonly direction?: "in" | "out" | "broadcast" | "multicast" | "other";
  readonly interfaceIndex?: number;
}

/** Tags that are looked through; nobody stacks more. */
const MAX_VLANS = 4;

const DIRECTIONS = ["in", "broadcast", "multicast", "other", "out"] as const;

export function readLink({ linkType, bytes }: RawPacket): LinkHeader {
  switch (linkType) {
    case LINK.ethernet:
      return readEthernet(bytes);
    case LINK.null:
    case LINK.loop:
      return readLoopback(bytes);
    case LINK.raw:
    case LINK.rawBsd:
    case LINK.rawOpenBsd:
    case LINK.ipv4:
    case LINK.ipv6:
      return { kind: "none", size: 0, ...(bytes.length > 0 && ipType(bytes[0])) };
    case LINK.linuxSll:
      return readCooked(bytes);
    case LINK.linuxSll2:
      return readCooked2(bytes);
    default:
      return { kind: "unknown", size: 0 };
  }
}

/** `02:42:ac:11:00:02` */
export function formatHardware(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += text === "" ? HEX[byte] : `:${HEX[byte]}`;
  return text;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** The addresses of the packet before: those of many are the same ones. */
let last = { bytes: Buffer.alloc(12), destination: "", source: "" };

function etherAddresses(bytes: Buffer): { destination: string; source: string } {
  if (last.destination !== "" && bytes.compare(last.bytes, 0, 12, 0, 12) === 0) return last;
  const own = Buffer.from(bytes.subarray(0, 12));
  const [destination, source] = [own.subarray(0, 6), own.subarray(6)].map(formatHardware);
  last = { bytes: own, destination: destination ?? "", source: source ?? "" };
  return last;
}

function readEthernet(bytes: Buffer): LinkHeader {
  if (bytes.length < 14) return { kind: "unknown", size: 0 };
  const vlans: Vlan[] = [];
  let at = 12;
  let etherType = bytes.readUInt16BE(at);
  while (isTag(etherType) && vlans.length < MAX_VLANS && at + 6 <= bytes.length) {
    const tag = bytes.readUInt16BE(at + 2);
    vlans.push({ id: tag & 0xfff, priority: tag >> 13 });
    at += 4;
    etherType = bytes.readUInt16BE(at);
  }
  const { destination, source } = etherAddresses(bytes);
  const header = { kind: "ethernet", size: at + 2, destination, source, etherType } as const;
  return vlans.length > 0 ? { ...header, vlans } : header;
}

function isTag(etherType: number): boolean {
  return etherType === ETHER.vlan || etherType === ETHER.qinq;
}

/** BSD's loopback: an address family in the byte order of the machine that captured. */
function readLoopback(bytes: Buffer): LinkHeader {
  if (bytes.length < 5) return { kind: "unknown", size: 0 };
  return { kind: "loopback", size: 4, ...ipType(bytes[4]) };
}

function ipType(first: number = 0): { etherType?: number } {
  const version = first >> 4;
  if (version === 4) return { etherType: ETHER.ipv4 };
  return version === 6 ? { etherType: ETHER.ipv6 } : {};
}

/** Linux's "any" interface, LINKTYPE_LINUX_SLL. */
function readCooked(bytes: Buffer): LinkHeader {
  if (bytes.length < 16) return { kind: "unknown", size: 0 };
  const direction = DIRECTIONS[bytes.readUInt16BE(0)];
  const length = Math.min(bytes.readUInt16BE(4), 8);
  return {
    kind: "cooked",
    size: 16,
    etherType: bytes.readUInt16BE(14),
    ...(length > 0 && { source: formatHardware(bytes.subarray(6, 6 + length)) }),
    ...(direction && { direction }),
  };
}

/** The same of libpcap since 1.10, LINKTYPE_LINUX_SLL2. */
function readCooked2(bytes: Buffer): LinkHeader {
  if (bytes.length < 20) return { kind: "unknown", size: 0 };
  const direction = DIRECTIONS[bytes[10] ?? -1];
  const length = Math.min(bytes[11] ?? 0, 8);
  return {
    kind: "cooked",
    size: 20,
    etherType: bytes.readUInt16BE(0),
    interfaceIndex: bytes.readUInt32BE(4),
    ...(length > 0 && { source: formatHardware(bytes.subarray(12, 12 + length)) }),
    ...(direction && { direction }),
  };
}
