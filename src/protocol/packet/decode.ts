/** A packet, layer by layer: link, IP, and what IP carries. Never throws: what cannot be read is left out. */
import type { RawPacket } from "../capture/record.ts";
import { readIpv4, readIpv6, PROTOCOL, type IpHeader } from "./ip.ts";
import { ETHER, readLink, type LinkHeader } from "./link.ts";

/** RFC 9293 §3.1. */
export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  readonly flags: number;
  readonly window: number;
  readonly checksum: number;
  readonly urgent: number;
  readonly options: Buffer;
}

/** RFC 768. */
export interface UdpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** With the header's 8. */
  readonly length: number;
  readonly checksum: number;
}

/** RFC 792, RFC 4443. */
export interface IcmpHeader {
  readonly type: number;
  readonly code: number;
}

export interface Packet extends RawPacket {
  readonly link: LinkHeader;
  readonly ip?: IpHeader;
  readonly tcp?: TcpHeader;
  readonly udp?: UdpHeader;
  readonly icmp?: IcmpHeader;
  /** What the innermost header that was read is followed by, without the padding of short frames. */
  readonly payload: Buffer;
  /** Bytes that the payload had on the wire. */
  readonly payloadLength: number;
}

export const TCP = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
} as const;

/** A packet while it is read: busy lines and long files have hundreds of thousands, so that each is one object. */
type Draft = { -readonly [Key in keyof Packet]: Packet[Key] };

export function decodePacket(raw: RawPacket): Packet {
  const { seconds, nanoseconds, length, bytes, linkType } = raw;
  const link = readLink(raw);
  const packet: Draft = {
    seconds,
    nanoseconds,
    length,
    bytes,
    linkType,
    link,
    payload: bytes.subarray(link.size),
    payloadLength: length - link.size,
  };
  if (raw.interface !== undefined) packet.interface = raw.interface;
  const ip = readIp(packet.payload, link.etherType);
  if (!ip) return packet;
  packet.ip = ip;
  packet.payload = packet.payload.subarray(ip.headerLength, Math.max(ip.headerLength, ip.length));
  packet.payloadLength = Math.max(0, ip.length - ip.headerLength);
  // Only a packet's first fragment has the header of what it carries.
  if (ip.fragmentOffset === 0) addTransport(packet, ip.protocol);
  return packet;
}

function readIp(network: Buffer, etherType: number | undefined): IpHeader | undefined {
  if (etherType === ETHER.ipv4) return readIpv4(network);
  return etherType === ETHER.ipv6 ? readIpv6(network) : undefined;
}

function addTransport(packet: Draft, protocol: number): void {
  const { payload: body, payloadLength } = packet;
  switch (protocol) {
    case PROTOCOL.tcp: {
      const size = ((body[12] ?? 0) >> 4) * 4;
      if (size < 20 || size > body.length) return;
      packet.tcp = readTcp(body, size);
      packet.payload = body.subarray(size);
      packet.payloadLength = Math.max(0, payloadLength - size);
      return;
    }
    case PROTOCOL.udp: {
      if (body.length < 8) return;
      const udp = readUdp(body);
      const size = Math.max(0, (udp.length || payloadLength) - 8);
      packet.udp = udp;
      packet.payload = body.subarray(8, 8 + size);
      packet.payloadLength = size;
      return;
    }
    case PROTOCOL.icmp:
    case PROTOCOL.icmp6: {
      if (body.length >= 4) packet.icmp = { type: body[0] ?? 0, code: body[1] ?? 0 };
    }
  }
}

const NO_OPTIONS: Buffer = Buffer.alloc(0);

function readTcp(bytes: Buffer, size: number): TcpHeader {
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    sequence: bytes.readUInt32BE(4),
    acknowledgment: bytes.readUInt32BE(8),
    flags: bytes[13] ?? 0,
    window: bytes.readUInt16BE(14),
    checksum: bytes.readUInt16BE(16),
    urgent: bytes.readUInt16BE(18),
    options: size === 20 ? NO_OPTIONS : bytes.subarray(20, size),
  };
}

function readUdp(bytes: Buffer): UdpHeader {
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    length: bytes.readUInt16BE(4),
    checksum: bytes.readUInt16BE(6),
  };
}
