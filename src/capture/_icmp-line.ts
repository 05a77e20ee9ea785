/** ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861, RFC 3810) as tcpdump says them. */
import type { Packet } from "../protocol/packet/decode.ts";
import { formatIpv4, formatIpv6, PROTOCOL, readIpv4, readIpv6 } from "../protocol/packet/ip.ts";
import type { Names } from "./names.ts";

/** `ICMP echo request, id 1, seq 1, length 64`; undefined where there is too little of it. */
export function icmpText(packet: Packet, names: Names): string | undefined {
  const { payload: bytes, payloadLength } = packet;
  const text = bytes.length < 8 ? undefined : messageOf(bytes, names);
  return text === undefined ? undefined : `ICMP ${text}, length ${payloadLength}`;
}

/** `ICMP6, echo request, id 1, seq 1, length 64` */
export function icmp6Text(packet: Packet, names: Names): string | undefined {
  const { payload: bytes, payloadLength } = packet;
  const text = bytes.length < 8 ? undefined : message6Of(bytes, names);
  return text === undefined ? undefined : `ICMP6, ${text}, length ${payloadLength}`;
}

function messageOf(bytes: Buffer, names: Names): string | undefined {
  const [type, code] = [bytes[0] ?? 0, bytes[1] ?? 0];
  const [id, seq] = [bytes.readUInt16BE(4), bytes.readUInt16BE(6)];
  switch (type) {
    case 0:
      return `echo reply, id ${id}, seq ${seq}`;
    case 8:
      return `echo request, id ${id}, seq ${seq}`;
    case 3:
      return unreachable(bytes, code, names);
    case 4:
      return "source quench";
    case 5:
      return redirect(bytes, code, names);
    case 11:
      if (bytes.length < 28) return undefined;
      if (code === 0) return "time exceeded in-transit";
      return code === 1 ? "ip reassembly time exceeded" : `time exceeded-#${code}`;
    case 12:
      return code === 0
        ? `parameter problem - octet ${bytes[4] ?? 0}`
        : `parameter problem - code ${code}`;
    case 13:
      return `time stamp query id ${id} seq ${seq}`;
    case 14:
      return bytes.length < 20 ? undefined : timeStamp(bytes, id, seq);
    default:
      return `type-#${type}`;
  }
}

const WHY: Readonly<Record<number, string>> = {
  6: "unknown",
  7: "unknown",
  9: "admin prohibited",
  10: "admin prohibited",
  11: "tos prohibited",
  12: "tos prohibited",
  13: "admin prohibited filter",
  14: "host precedence violation",
  15: "precedence cutoff",
};

/** The packet that was not delivered follows the 8 bytes of the header. */
function unreachable(bytes: Buffer, code: number, names: Names): string | undefined {
  const inner = readIpv4(bytes.subarray(8));
  if (!inner) return undefined;
  const to = names.host(inner.destination);
  switch (code) {
    case 0:
      return `net ${to} unreachable`;
    case 1:
      return `host ${to} unreachable`;
    case 2:
      return `${to} protocol ${inner.protocol} unreachable`;
    case 3: {
      const at = 8 + inner.headerLength;
      if (bytes.length < at + 4) return undefined;
      return `${to} ${portOf(bytes.readUInt16BE(at + 2), inner.protocol, names)} unreachable`;
    }
    case 4: {
      const mtu = bytes.readUInt16BE(6);
      return `${to} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ""}`;
    }
    case 5:
      return `${to} unreachable - source route failed`;
    case 8:
      return `${to} unreachable - source host isolated`;
    default: {
      const kind = code === 6 || code === 9 || code === 11 ? "net" : "host";
      return WHY[code] === undefined
        ? `${to} unreachable - #${code}`
        : `${kind} ${to} unreachable - ${WHY[code]}`;
    }
  }
}

function portOf(port: number, protocol: number, names: Names): string {
  if (protocol === PROTOCOL.tcp) return `tcp port ${names.port(port, "tcp")}`;
  if (protocol === PROTOCOL.udp) return `udp port ${names.port(port, "udp")}`;
  return `protocol ${protocol} port ${port}`;
}

function redirect(bytes: Buffer, code: number, names: Names): string | undefined {
  const inner = readIpv4(bytes.subarray(8));
  if (!inner) return undefined;
  const kinds = ["net", "host", "tos-net", "tos-host"];
  const kind = kinds[code];
  const by = names.host(formatIpv4(bytes, 4));
  const to = names.host(inner.destination);
  if (kind === undefined) return `redirect-#${code} ${to} to net ${by}`;
  const isTos = kind.startsWith("tos-");
  return `redirect${isTos ? "-tos" : ""} ${to} to ${isTos ? kind.slice(4) : kind} ${by}`;
}

function timeStamp(bytes: Buffer, id: number, seq: number): string {
  const [origin, received, sent] = [8, 12, 16].map((at) => ofDay(bytes.readUInt32BE(at)));
  return `time stamp reply id ${id} seq ${seq}: org ${origin}, recv ${received}, xmit ${sent}`;
}

/** Milliseconds since midnight. */
function ofDay(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const rest = String(ms % 1000).padStart(3, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${rest}`;
}

function message6Of(bytes: Buffer, names: Names): string | undefined {
  const [type, code] = [bytes[0] ?? 0, bytes[1] ?? 0];
  const id = `id ${bytes.readUInt16BE(4)}, seq ${bytes.readUInt16BE(6)}`;
  const address = (at: number): string | undefined =>
    bytes.length < at + 16 ? undefined : names.host(formatIpv6(bytes, at));
  switch (type) {
    case 1:
      return unreachable6(bytes, code, names);
    case 2:
      return `packet too big, mtu ${bytes.readUInt32BE(4)}`;
    case 3: {
      const inner = readIpv6(bytes.subarray(8));
      if (!inner) return undefined;
      return code === 0
        ? `time exceeded in-transit for ${names.host(inner.destination)}`
        : "ip6 reassembly time exceeded";
    }
    case 4:
      return "parameter problem";
    case 128:
      return `echo request, ${id}`;
    case 129:
      return `echo reply, ${id}`;
    case 131:
    case 132:
      return `multicast listener ${type === 131 ? "report" : "done"} max resp delay: ${bytes.readUInt16BE(4)} addr: ${address(8) ?? ""}`;
    case 133:
      return "router solicitation";
    case 134:
      return "router advertisement";
    case 135:
      return address(8) === undefined ? undefined : `neighbor solicitation, who has ${address(8)}`;
    case 136:
      return address(8) === undefined ? undefined : `neighbor advertisement, tgt is ${address(8)}`;
    case 137:
      return address(24) === undefined
        ? undefined
        : `redirect, ${address(24)} to ${address(8) ?? ""}`;
    case 143:
      return `multicast listener report v2, ${bytes.readUInt16BE(6)} group record(s)`;
    default:
      return `unknown icmp6 type (${type})`;
  }
}

function unreachable6(bytes: Buffer, code: number, names: Names): string | undefined {
  const inner = readIpv6(bytes.subarray(8));
  if (!inner) return undefined;
  const to = names.host(inner.destination);
  switch (code) {
    case 0:
      return `destination unreachable, unreachable route ${to}`;
    case 1:
      return `destination unreachable,  unreachable prohibited ${to}`;
    case 2:
      return `destination unreachable, beyond scope ${to}, source address ${names.host(inner.source)}`;
    case 3:
      return `destination unreachable, unreachable address ${to}`;
    case 4: {
      const at = 8 + inner.headerLength;
      if (bytes.length < at + 4) return undefined;
      const port = portOf(bytes.readUInt16BE(at + 2), inner.protocol, names);
      return `destination unreachable, unreachable port, ${to} ${port}`;
    }
    default:
      return `destination unreachable, unknown unreach code (${code})`;
  }
}
