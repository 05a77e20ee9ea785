/** pcap, libpcap's own file format. draft-ietf-opsawg-pcap. Bytes in, packets out, and back; no files. */
import { NcxError } from "../../core/errors.ts";
import { MAX_PACKET, type Precision, type RawPacket } from "./record.ts";

export const PCAP_HEADER = 24;
export const PCAP_RECORD_HEADER = 16;

const MICRO = 0xa1b2c3d4;
const NANO = 0xa1b23c4d;

/** How a file's records are to be read. */
export interface PcapFormat {
  readonly little: boolean;
  readonly precision: Precision;
  readonly linkType: number;
  readonly interface?: string;
}

/** The byte order and precision that the first four bytes tell; undefined where it isn't pcap. */
export function pcapMagic(bytes: Buffer): Omit<PcapFormat, "linkType"> | undefined {
  for (const little of [true, false]) {
    const magic = little ? bytes.readUInt32LE(0) : bytes.readUInt32BE(0);
    if (magic === MICRO) return { little, precision: "micro" };
    if (magic === NANO) return { little, precision: "nano" };
  }
  return undefined;
}

/**
 * Reads the 24 bytes of a file's header.
 *
 * @throws {NcxError} PROTOCOL when it is of another version.
 */
export function readPcapHeader(bytes: Buffer): PcapFormat {
  const magic = pcapMagic(bytes);
  if (!magic) throw broken("it is no pcap file");
  const { little } = magic;
  const major = little ? bytes.readUInt16LE(4) : bytes.readUInt16BE(4);
  const minor = little ? bytes.readUInt16LE(6) : bytes.readUInt16BE(6);
  if (major !== 2 || minor < 3) throw broken(`its version is ${major}.${minor}, which is not 2.4`);
  const linkType = little ? bytes.readUInt32LE(20) : bytes.readUInt32BE(20);
  // The upper bits tell of frame check sequences.
  return { ...magic, linkType: linkType & 0xffff };
}

/**
 * Takes the record at `at`: the packet and where the next one starts, or undefined where it isn't whole yet.
 *
 * @throws {NcxError} PROTOCOL when its length makes no sense.
 */
export function takePcapRecord(
  bytes: Buffer,
  at: number,
  { little, precision, linkType, interface: name }: PcapFormat,
): { packet: RawPacket; end: number } | undefined {
  if (at + PCAP_RECORD_HEADER > bytes.length) return undefined;
  const word = (offset: number): number =>
    little ? bytes.readUInt32LE(at + offset) : bytes.readUInt32BE(at + offset);
  const captured = word(8);
  if (captured > MAX_PACKET)
    throw broken(`a packet says that it has ${captured} bytes, the most are ${MAX_PACKET}`);
  const start = at + PCAP_RECORD_HEADER;
  const end = start + captured;
  if (end > bytes.length) return undefined;
  const units = word(4);
  // A hostile fraction may be a whole second, or more.
  const nanoseconds = precision === "nano" ? units : units * 1000;
  const packet = {
    seconds: word(0) + Math.floor(nanoseconds / 1e9),
    nanoseconds: nanoseconds % 1e9,
    length: Math.max(word(12), captured),
    bytes: bytes.subarray(start, end),
    linkType,
  };
  return { packet: name === undefined ? packet : { ...packet, interface: name }, end };
}

/** A file's header, little-endian. */
export function pcapHeader(linkType: number, precision: Precision): Buffer {
  const header = Buffer.alloc(PCAP_HEADER);
  header.writeUInt32LE(precision === "nano" ? NANO : MICRO, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(MAX_PACKET, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

/** Writes a record into `into` at `at`; gives where it ends. */
export function writePcapRecord(
  packet: RawPacket,
  precision: Precision,
  into: Buffer,
  at: number,
): number {
  const { seconds, nanoseconds, bytes, length } = packet;
  into.writeUInt32LE(seconds >>> 0, at);
  into.writeUInt32LE(precision === "nano" ? nanoseconds : Math.floor(nanoseconds / 1000), at + 4);
  into.writeUInt32LE(bytes.length, at + 8);
  into.writeUInt32LE(length, at + 12);
  into.set(bytes, at + PCAP_RECORD_HEADER);
  return at + PCAP_RECORD_HEADER + bytes.length;
}

export function broken(state: string): NcxError {
  return new NcxError("PROTOCOL", `Cannot read the capture: ${state}`, { state });
}
