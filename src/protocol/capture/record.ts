/** One packet as capture files and libpcap have it: bytes, and when they came. */

export interface RawPacket {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** Nanoseconds on top, 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** Bytes that it had on the wire; more than `bytes` has where it was cut. */
  readonly length: number;
  /** The packet from its link layer on. */
  readonly bytes: Buffer;
  /** What the bytes begin with: a number of tcpdump.org's list, 1 for Ethernet. */
  readonly linkType: number;
  /** The interface's name, where it is known. */
  readonly interface?: string;
}

/** Bytes of one packet, as libpcap has it: no capture file of ours or of tcpdump's has a longer one. */
export const MAX_PACKET = 262_144;

/** Whether times are kept in millionths or billionths of a second. */
export type Precision = "micro" | "nano";

/** The link types of tcpdump.org's list that ncx looks into. */
export const LINK = {
  null: 0,
  ethernet: 1,
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;
