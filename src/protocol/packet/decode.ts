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

export function decodePacket(raw: RawPacket): Packet {
  const link = readLink(raw);
  const { bytes, length } = raw;
  const network = bytes.subarray(link.size);
  const ip =
    link.etherType === ETHER.ipv4
      ? readIpv4(network)
      : link.etherType === ETHER.ipv6
        ? readIpv6(network)
        : undefined;
  if (!ip) return { ...raw, link, payload: network, payloadLength: length - link.size };
  const body = network.subarray(ip.headerLength, Math.max(ip.headerLength, ip.length));
  const bodyLength = Math.max(0, ip.length - ip.headerLength);
  const whole = { ...raw, link, ip, payload: body, payloadLength: bodyLength };
  // Only a packet's first fragment has the header of what it carries.
  return ip.fragmentOffset > 0 ? whole : withTransport(whole, ip.protocol);
}

function withTransport(packet: Packet, protocol: number): Packet {
  const { payload: body, payloadLength } = packet;
  switch (protocol) {
    case PROTOCOL.tcp: {
      const size = ((body[12] ?? 0) >> 4) * 4;
      if (size < 20 || size > body.length) return packet;
      return {
        ...packet,
        tcp: readTcp(body, size),
        payload: body.subarray(size),
        payloadLength: Math.max(0, payloadLength - size),
      };
    }
    case PROTOCOL.udp: {
      if (body.length < 8) return packet;
      const udp = readUdp(body);
      const size = Math.max(0, (udp.length || payloadLength) - 8);
      return { ...packet, udp, payload: body.subarray(8, 8 + size), payloadLength: size };
    }
    case PROTOCOL.icmp:
    case PROTOCOL.icmp6: {
      if (body.length < 4) return packet;
      return { ...packet, icmp: { type: body[0] ?? 0, code: body[1] ?? 0 } };
    }
    default:
      return packet;
  }
}

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
    options: bytes.subarray(20, size),
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
