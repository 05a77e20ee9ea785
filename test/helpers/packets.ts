/** Packets made by hand, so that tests need neither a network nor a right. */
import type { RawPacket } from "../../src/protocol/capture/record.ts";
import { addressBytes } from "../../src/core/address-bytes.ts";

export interface TcpShape {
  from: string;
  to: string;
  sequence: number;
  acknowledgment?: number;
  /** tcpdump's letters: `S.`, `P.`. */
  flags?: string;
  payload?: string | Buffer;
  seconds?: number;
}

/** A TCP segment over IPv4 over Ethernet; `from` and `to` are `10.0.0.1:80`. Its checksums are right. */
export function tcpPacket(shape: TcpShape): RawPacket {
  const {
    from,
    to,
    sequence,
    acknowledgment = 0,
    flags = ".",
    payload = "",
    seconds = 1000,
  } = shape;
  const body = Buffer.from(payload);
  const tcp = Buffer.alloc(20 + body.length);
  tcp.writeUInt16BE(portOf(from), 0);
  tcp.writeUInt16BE(portOf(to), 2);
  tcp.writeUInt32BE(sequence >>> 0, 4);
  tcp.writeUInt32BE(acknowledgment >>> 0, 8);
  tcp[12] = 5 << 4;
  tcp[13] = Array.from("FSRP.UEW").reduce(
    (sum, letter, bit) => sum + (flags.includes(letter) ? 1 << bit : 0),
    0,
  );
  tcp.writeUInt16BE(512, 14);
  tcp.set(body, 20);
  tcp.writeUInt16BE(checksum(Buffer.concat([pseudoHeader(from, to, 6, tcp.length), tcp])), 16);
  return ipv4(from, to, 6, tcp, seconds);
}

export function udpPacket(from: string, to: string, payload: string | Buffer): RawPacket {
  const body = Buffer.from(payload);
  const udp = Buffer.alloc(8 + body.length);
  udp.writeUInt16BE(portOf(from), 0);
  udp.writeUInt16BE(portOf(to), 2);
  udp.writeUInt16BE(udp.length, 4);
  udp.set(body, 8);
  udp.writeUInt16BE(checksum(Buffer.concat([pseudoHeader(from, to, 17, udp.length), udp])), 6);
  return ipv4(from, to, 17, udp, 1000);
}

export function icmpPacket(from: string, to: string, message: Buffer): RawPacket {
  const icmp = Buffer.from(message);
  icmp.writeUInt16BE(0, 2);
  icmp.writeUInt16BE(checksum(icmp), 2);
  return ipv4(from, to, 1, icmp, 1000);
}

export function ethernet(type: number, body: Buffer, seconds: number = 1000): RawPacket {
  const head = Buffer.from("020000000002020000000001", "hex");
  const kind = Buffer.alloc(2);
  kind.writeUInt16BE(type);
  const bytes = Buffer.concat([head, kind, body]);
  return { seconds, nanoseconds: 123_456_000, length: bytes.length, bytes, linkType: 1 };
}

/** An IPv6 packet over Ethernet, from fe80::1 to fe80::2. */
export function ipv6(next: number, body: Buffer): RawPacket {
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(body.length, 4);
  head[6] = next;
  head[7] = 64;
  head.set(addressBytes("fe80::1") ?? [], 8);
  head.set(addressBytes("fe80::2") ?? [], 24);
  return ethernet(0x86dd, Buffer.concat([head, body]));
}

function ipv4(
  from: string,
  to: string,
  protocol: number,
  body: Buffer,
  seconds: number,
): RawPacket {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(20 + body.length, 2);
  head.writeUInt16BE(7, 4);
  head.writeUInt16BE(0x4000, 6);
  head[8] = 64;
  head[9] = protocol;
  head.set(hostOf(from), 12);
  head.set(hostOf(to), 16);
  head.writeUInt16BE(checksum(head), 10);
  return ethernet(0x0800, Buffer.concat([head, body]), seconds);
}

function hostOf(place: string): number[] {
  return addressBytes(place.replace(/:\d+$/, "")) ?? [];
}

function portOf(place: string): number {
  return Number(place.slice(place.lastIndexOf(":") + 1));
}

function pseudoHeader(from: string, to: string, protocol: number, length: number): Buffer {
  return Buffer.from([...hostOf(from), ...hostOf(to), 0, protocol, length >> 8, length & 255]);
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2)
    sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
