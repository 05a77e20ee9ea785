/** One line for a packet, as tcpdump prints it. */
import { decodePacket, type Packet } from "../protocol/packet/decode.ts";
import { formatHardware, ETHER } from "../protocol/packet/link.ts";
import { formatIpv4, PROTOCOL, type IpHeader } from "../protocol/packet/ip.ts";
import { LINK, type RawPacket } from "../protocol/capture/record.ts";
import { dnsText } from "./_dns-line.ts";
import { hexLines } from "./dump.ts";
import { checksums, headerText, sumText } from "./_header-line.ts";
import { icmp6Text, icmpText } from "./_icmp-line.ts";
import { RelativeNumbers, tcpText } from "./_tcp-line.ts";
import { textProtocol } from "./_text-line.ts";
import { NUMBERS, type Names } from "./names.ts";
import { makeClock, type Stamp } from "./_stamp.ts";

export interface LineStyle {
  /** @default {numbers} */
  names?: Names;
  /** The link layer's header as well (-e). @default {false} */
  link?: boolean;
  /** Less about protocols (-q). @default {false} */
  quiet?: boolean;
  /** Sequence numbers as they are, not from the conversation's start on (-S). @default {false} */
  absolute?: boolean;
  /** More about headers, tcpdump's -v: 0, 1, 2. @default {0} */
  verbose?: number;
  /** Whether checksums are right is said with `verbose` (not with -K). @default {true} */
  sums?: boolean;
  /** How the time is written. @default {"time"} */
  stamp?: Stamp;
  /** Names of interfaces by their number, for packets of every interface. */
  interfaceName?: (index: number) => string | undefined;
}

/** Makes lines for the packets of one capture: they build on each other, for relative numbers and times. */
export function makeLines(style: LineStyle = {}): (packet: RawPacket | Packet) => string {
  const writer = new LineWriter(style);
  return (packet) => writer.line("link" in packet ? packet : decodePacket(packet));
}

class LineWriter {
  readonly #style: LineStyle;
  readonly #names: Names;
  readonly #verbose: number;
  readonly #sums: boolean;
  readonly #numbers = new RelativeNumbers();
  readonly #clock: (packet: RawPacket) => string;

  constructor(style: LineStyle) {
    this.#style = style;
    this.#names = style.names ?? NUMBERS;
    this.#verbose = style.verbose ?? 0;
    this.#sums = this.#verbose > 0 && (style.sums ?? true);
    this.#clock = makeClock(style.stamp ?? "time");
  }

  line(packet: Packet): string {
    return `${this.#clock(packet)}${this.#linkText(packet)}${this.#network(packet)}`;
  }

  #linkText(packet: Packet): string {
    const { link, length } = packet;
    if (link.kind === "cooked") return this.#cooked(packet);
    if (!this.#style.link || link.kind !== "ethernet") return "";
    const { source, destination, vlans = [], etherType = 0 } = link;
    const typeText = this.#style.quiet ? etherName : ethertype;
    const types = [...vlans.map(() => ETHER.vlan), etherType].map(typeText);
    const tags = vlans.map(({ id, priority }) => `vlan ${id}, p ${priority}, `);
    const [first = "", ...others] = types;
    const inner = others.map((type, at) => `${tags[at] ?? ""}${type}`);
    const head = `${source} > ${destination}, ${first}, length ${length}: `;
    return inner.length === 0 ? head : `${head}${inner.join(", ")}${others.length > 0 ? ", " : ""}`;
  }

  /** `eth0  In  `: which interface a packet of all of them came by. */
  #cooked({ link, length }: Packet): string {
    const { interfaceIndex, direction = "other", etherType = 0, source } = link;
    const way = { in: "In", out: "Out", broadcast: "B", multicast: "M", other: "P" }[direction];
    const index = interfaceIndex ?? 0;
    const name = interfaceIndex === undefined ? "" : this.#style.interfaceName?.(index);
    const by = name ?? `${index}`;
    if (!this.#style.link)
      return interfaceIndex === undefined ? "" : `${by.padEnd(5)} ${way.padEnd(3)} `;
    const hardware = source === undefined ? "" : ` ${source}`;
    const which = interfaceIndex === undefined ? "" : `${by.padEnd(5)} `;
    return `${which}${way.padStart(interfaceIndex === undefined ? 3 : 0).padEnd(3)}${interfaceIndex === undefined ? "" : " ifindex " + index}${hardware} ${ethertype(etherType)}, length ${length}: `;
  }

  #network(packet: Packet): string {
    const { ip, link, payload } = packet;
    if (ip) return this.#ip(packet, ip);
    const prefix = this.#style.link
      ? ""
      : { [ETHER.ipv4]: "IP ", [ETHER.ipv6]: "IP6 " }[link.etherType ?? 0];
    if (link.etherType === ETHER.arp) return this.#arp(packet);
    if (prefix !== undefined) return `${prefix}[|ip${link.etherType === ETHER.ipv6 ? "6" : ""}]`;
    return `${this.#style.link ? "" : foreign(packet)}${hexLines(payload, { ascii: true })}`;
  }

  #ip(packet: Packet, ip: IpHeader): string {
    const name = this.#style.link ? "" : ip.version === 4 ? "IP " : "IP6 ";
    const missing = missingBytes(packet, ip);
    const header = this.#verbose > 0 ? headerText(ip) : "";
    return `${name}${header}${missing}${this.#carried(packet, ip)}`;
  }

  #carried(packet: Packet, ip: IpHeader): string {
    const { tcp, udp, payloadLength: length } = packet;
    const [from, to] = [this.#names.host(ip.source), this.#names.host(ip.destination)];
    const plain = `${from} > ${to}:`;
    const extensions = extensionTexts(ip);
    if (ip.fragmentOffset > 0)
      return ip.version === 6 ? `${plain} ${extensions}` : `${plain} ip-proto-${ip.protocol}`;
    const rest = extensions === "" ? "" : `${extensions} `;
    if (tcp) {
      const [source, destination] = this.#ports(tcp, "tcp");
      // After extensions the addresses have been said.
      const ends =
        rest === ""
          ? `${from}.${source} > ${to}.${destination}:`
          : `${plain} ${rest}${source} > ${destination}:`;
      if (this.#style.quiet) return `${ends} tcp ${length}`;
      const relative = this.#style.absolute
        ? ([0, 0] as const)
        : this.#numbers.of(ip.source, ip.destination, tcp);
      const text = tcpText(packet, tcp, relative, {
        verbose: this.#verbose,
        checksum: this.#tcpSum(packet),
      });
      const { sourcePort, destinationPort } = tcp;
      return `${ends} ${text}${textProtocol(packet.payload, sourcePort, destinationPort, this.#verbose)}`;
    }
    if (udp) {
      const [source, destination] = this.#ports(udp, "udp");
      const ends =
        rest === ""
          ? `${from}.${source} > ${to}.${destination}:`
          : `${plain} ${rest}${source} > ${destination}:`;
      return `${ends} ${this.#udpText(packet)}`;
    }
    const isCut = ip.protocol === PROTOCOL.tcp || ip.protocol === PROTOCOL.udp;
    if (isCut && packet.payload.length >= 4 && rest === "") {
      const kind = ip.protocol === PROTOCOL.tcp ? "tcp" : "udp";
      const [sourcePort, destinationPort] = [0, 2].map((at) => packet.payload.readUInt16BE(at));
      const ports = { sourcePort: sourcePort ?? 0, destinationPort: destinationPort ?? 0 };
      const [source, destination] = this.#ports(ports, kind);
      return `${from}.${source} > ${to}.${destination}:  [|${kind}]`;
    }
    return `${plain} ${rest}${this.#other(packet, ip)}`;
  }

  #udpText(packet: Packet): string {
    const { udp, payload, payloadLength: length, ip } = packet;
    const isSaid = this.#verbose > (ip?.version === 6 ? 0 : 1);
    const sum = isSaid && this.#sums && !this.#style.quiet ? udpSum(packet) : "";
    const ports = [udp?.sourcePort, udp?.destinationPort];
    const isDns = ports.includes(53) || ports.includes(5353);
    const isWhole = ip?.moreFragments !== true;
    const dns =
      isDns && isWhole && !this.#style.quiet
        ? dnsText(payload, length, {
            multicast: ports.includes(5353),
            names: this.#verbose > 0,
          })
        : undefined;
    return `${sum}${dns ?? `UDP, length ${length}`}`;
  }

  #other(packet: Packet, ip: IpHeader): string {
    const { payloadLength: length } = packet;
    switch (ip.protocol) {
      case PROTOCOL.icmp:
        return `${icmpText(packet, this.#names) ?? " [|icmp]"}${this.#returned(packet)}`;
      case PROTOCOL.icmp6:
        return `${this.#icmp6Sum(packet)}${icmp6Text(packet, this.#names) ?? "[|icmp6]"}`;
      case PROTOCOL.tcp:
        return " [|tcp]";
      case PROTOCOL.udp:
        return " [|udp]";
      default:
        return `ip-proto-${ip.protocol} ${length}`;
    }
  }

  /** The packet that an ICMP error is about, with -v. */
  #returned({ icmp, payload }: Packet): string {
    if (this.#verbose === 0 || !icmp || !ERRORS.has(icmp.type)) return "";
    const bytes = payload.subarray(8);
    const nothing = { seconds: 0, nanoseconds: 0, length: bytes.length };
    const packet = decodePacket({ ...nothing, bytes, linkType: LINK.raw });
    const { ip } = packet;
    const name = this.#style.link ? "" : "IP ";
    return ip ? `\n\t${name}${headerText(ip)}${this.#carried(packet, ip)}` : "";
  }

  #tcpSum(packet: Packet): string {
    const sums = this.#sums ? checksums(packet) : undefined;
    if (!sums) return "";
    const [had, right] = sums;
    return `cksum ${sumText(had)} (${had === right ? "correct" : `incorrect -> ${sumText(right)}`})`;
  }

  #icmp6Sum(packet: Packet): string {
    const sums = this.#sums ? checksums(packet) : undefined;
    if (!sums) return "";
    const [had, right] = sums;
    if (had === right) return "[icmp6 sum ok] ";
    return `[bad icmp6 cksum ${sumText(had)} -> ${sumText(right)}!] `;
  }

  #ports(
    { sourcePort, destinationPort }: { sourcePort: number; destinationPort: number },
    protocol: "tcp" | "udp",
  ): readonly [string, string] {
    return [this.#names.port(sourcePort, protocol), this.#names.port(destinationPort, protocol)];
  }

  /** RFC 826, for IPv4 over Ethernet. */
  #arp({ payload: bytes, payloadLength }: Packet): string {
    const types = this.#verbose > 0 ? "Ethernet (len 6), IPv4 (len 4), " : "";
    const name = `${this.#style.link ? "" : "ARP, "}${types}`;
    const tail = `, length ${payloadLength}`;
    if (bytes.length < 28 || bytes[4] !== 6 || bytes[5] !== 4) return `${name}[|arp]`;
    const host = (at: number): string => this.#names.host(formatIpv4(bytes, at));
    const [sender, target] = [host(14), host(24)];
    const hardware = formatHardware(bytes.subarray(8, 14));
    const asked = bytes.subarray(18, 24);
    switch (bytes.readUInt16BE(6)) {
      case 1: {
        // A target whose hardware address is given already is said with it.
        const known = asked.some((byte) => byte !== 0) ? ` (${formatHardware(asked)})` : "";
        return `${name}Request who-has ${target}${known} tell ${sender}${tail}`;
      }
      case 2:
        return `${name}Reply ${sender} is-at ${hardware}${tail}`;
      default:
        return `${name}Unknown (${bytes.readUInt16BE(6)})${tail}`;
    }
  }
}

/** RFC 792: unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

function udpSum(packet: Packet): string {
  const sums = checksums(packet);
  if (!sums) return "";
  const [had, right] = sums;
  if (had === 0) return "[no cksum] ";
  if (had === right) return "[udp sum ok] ";
  return `[bad udp cksum ${sumText(had)} -> ${sumText(right)}!] `;
}

const TYPES: Readonly<Record<number, string>> = {
  [ETHER.ipv4]: "IPv4",
  [ETHER.ipv6]: "IPv6",
  [ETHER.arp]: "ARP",
  [ETHER.vlan]: "802.1Q",
  [ETHER.qinq]: "802.1Q-QinQ",
  0x88cc: "LLDP",
  0x888e: "EAPOL",
};

function etherName(type: number): string {
  return TYPES[type] ?? "Unknown";
}

function ethertype(type: number): string {
  return `ethertype ${etherName(type)} (0x${type.toString(16).padStart(4, "0")})`;
}

function foreign({ link, length }: Packet): string {
  if (link.kind !== "ethernet") return "";
  return `${link.source} > ${link.destination}, ${ethertype(link.etherType ?? 0)}, length ${length}: `;
}

/** What a snapshot that was too short has cut isn't missing; what the wire had not is. */
function missingBytes({ length, link }: Packet, ip: IpHeader): string {
  const missing = ip.length - (length - link.size);
  return missing > 0
    ? `truncated-ip${ip.version === 6 ? "6" : ""} - ${missing} bytes missing!`
    : "";
}

/** IPv6's extension headers, as tcpdump calls them. */
function extensionTexts({ extensions, fragmentOffset, length, headerLength }: IpHeader): string {
  if (!extensions) return "";
  const names: Readonly<Record<number, string>> = {
    0: "HBH",
    43: "srcrt",
    44: `frag (${fragmentOffset}|${Math.max(0, length - headerLength)})`,
    51: "AH",
    60: "DSTOPT",
  };
  return extensions.map((kind) => names[kind] ?? `ext-${kind}`).join(" ");
}
