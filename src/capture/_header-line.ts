/** What tcpdump -v adds: IP's header in parentheses, and whether checksums are right. */
import { addressBytes } from "../core/address-bytes.ts";
import type { Packet } from "../protocol/packet/decode.ts";
import { PROTOCOL, type IpHeader } from "../protocol/packet/ip.ts";

const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "Options",
  1: "ICMP",
  2: "IGMP",
  6: "TCP",
  17: "UDP",
  44: "Fragment",
  47: "GRE",
  58: "ICMPv6",
  132: "SCTP",
};

function protocolText(protocol: number): string {
  return `${PROTOCOLS[protocol] ?? "unknown"} (${protocol})`;
}

/** `(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)` and what separates it from the rest. */
export function headerText(ip: IpHeader): string {
  const tos = `0x${ip.tos.toString(16)}`;
  // RFC 3168 §5: the lower two bits.
  const ecn = ["", ",ECT(1)", ",ECT(0)", ",CE"][ip.tos & 3] ?? "";
  if (ip.version === 6) {
    const next = ip.extensions?.[0] ?? ip.protocol;
    const traffic = ip.tos === 0 ? "" : `class ${tos}, `;
    const flow = ip.flowLabel ? `flowlabel 0x${ip.flowLabel.toString(16).padStart(5, "0")}, ` : "";
    return `(${traffic}${flow}hlim ${ip.ttl}, next-header ${protocolText(next)} payload length: ${ip.length - 40}) `;
  }
  const flags = [ip.moreFragments && "+", ip.dontFragment && "DF"].filter(Boolean).join(", ");
  const parts = [
    `tos ${tos}${ecn}`,
    `ttl ${ip.ttl}`,
    `id ${ip.id ?? 0}`,
    `offset ${ip.fragmentOffset}`,
    `flags [${flags || "none"}]`,
    `proto ${protocolText(ip.protocol)}`,
    `length ${ip.length}`,
  ];
  return `(${parts.join(", ")})\n    `;
}

/** The sum that a packet has, and the one that it should have; undefined where not all of it is there. */
export function checksums({
  ip,
  tcp,
  udp,
  bytes,
  link,
}: Packet): readonly [number, number] | undefined {
  if (!ip || ip.moreFragments || ip.fragmentOffset > 0) return undefined;
  const [start, end] = [link.size + ip.headerLength, link.size + ip.length];
  if (bytes.length < end || end - start < 8) return undefined;
  const body = Buffer.from(bytes.subarray(start, end));
  const at = tcp ? 16 : udp ? 6 : 2;
  const had = body.readUInt16BE(at);
  body.writeUInt16BE(0, at);
  const sum = internetSum(Buffer.concat([pseudoHeader(ip, body.length), body]));
  // RFC 768: a sum of zero is sent as ones; zero means that there is none.
  return [had, udp && sum === 0 ? 0xffff : sum];
}

/** RFC 9293 §3.1, RFC 8200 §8.1; ICMP has none over v4. */
function pseudoHeader(ip: IpHeader, length: number): Buffer {
  if (ip.protocol === PROTOCOL.icmp) return Buffer.alloc(0);
  const places = [ip.source, ip.destination].flatMap((address) => addressBytes(address) ?? []);
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  tail[7] = ip.protocol;
  return Buffer.concat([Buffer.from(places), tail]);
}

/** RFC 1071. */
function internetSum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2)
    sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** `0x1443` */
export function sumText(sum: number): string {
  return `0x${sum.toString(16).padStart(4, "0")}`;
}
