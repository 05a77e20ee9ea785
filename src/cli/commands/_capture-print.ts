/** What is printed of packets: lines as tcpdump's, their bytes beneath, conversations, or JSON. */
import {
  asciiText,
  decodePacket,
  Follower,
  formatFlags,
  hexLines,
  makeLines,
  NUMBERS,
  SystemNames,
  type Packet,
  type Piece,
  type Place,
  type RawPacket,
  type Stamp,
} from "../../capture/index.ts";
import { interfaceName } from "../../platform/interfaces.ts";
import type { Args } from "../args.ts";
import type { World } from "../world.ts";
import { drained } from "../drained.ts";

export interface Printer {
  add(packets: readonly RawPacket[]): Promise<void>;
  /** What was still to be said. */
  end(): Promise<void>;
  /** The conversations that there were, with --follow. */
  conversations(): number;
}

const STAMPS: readonly Stamp[] = ["time", "none", "epoch", "delta", "date", "since"];

export function makePrinter(args: Args, world: World, precision: "micro" | "nano"): Printer {
  const names =
    args.numeric || args.jsonLines || args.follow !== undefined ? undefined : new SystemNames();
  const textOf = args.follow === undefined ? packetText(args, names, precision) : undefined;
  const follower = args.follow === undefined ? undefined : new Follower();
  const speak = conversationText(args, precision);
  return {
    async add(raw) {
      if (names) await names.learn(addressesOf(raw.map(decodePacket)));
      let text = "";
      // Each by itself: what is printed is forgotten at once.
      for (const one of raw) {
        const packet = decodePacket(one);
        text += follower ? follower.add(packet).map(speak).join("") : (textOf?.(packet) ?? "");
      }
      await put(text, world);
    },
    end: () => put(follower?.end().map(speak).join("") ?? "", world),
    conversations: () => follower?.count ?? 0,
  };
}

/** Waits for a slow reader: the kernel's buffer has what comes meanwhile. */
async function put(text: string, { stdout }: World): Promise<void> {
  if (text === "" || stdout.destroyed || stdout.write(text)) return;
  await drained(stdout);
}

function addressesOf(packets: readonly Packet[]): string[] {
  return packets.flatMap(({ ip }) => (ip ? [ip.source, ip.destination] : []));
}

function packetText(
  args: Args,
  names: SystemNames | undefined,
  precision: "micro" | "nano",
): (packet: Packet) => string {
  const line = makeLines({
    names: names ?? NUMBERS,
    link: args.linkHeader === true,
    quiet: args.brief === true,
    absolute: args.absoluteNumbers === true,
    verbose: args.verbose,
    sums: args.anyChecksum !== true,
    stamp: args.jsonLines ? "none" : (STAMPS[Math.min(args.stamp ?? 0, 5)] ?? "time"),
    interfaceName,
  });
  if (args.jsonLines)
    return (packet) => `${JSON.stringify(jsonOf(packet, line(packet), precision))}\n`;
  return (packet) => `${line(packet)}${bytesText(packet, args)}\n`;
}

function bytesText(
  { bytes, link }: Packet,
  { ascii = 0, hexAscii = 0, hexBytes = 0 }: Args,
): string {
  const part = (level: number): Buffer => (level > 1 ? bytes : bytes.subarray(link.size));
  if (ascii > 0) return asciiText(part(ascii));
  if (hexAscii > 0) return hexLines(part(hexAscii), { ascii: true });
  return hexBytes > 0 ? hexLines(part(hexBytes)) : "";
}

/** One object a packet: what scripts ask for, flat; bytes in base64. */
function jsonOf(packet: Packet, text: string, precision: "micro" | "nano"): object {
  const { ip, tcp, udp, icmp, link, length, bytes, payload } = packet;
  const ports = tcp ?? udp;
  return {
    time: isoTime(packet, precision),
    ...(packet.interface !== undefined && { interface: packet.interface }),
    length,
    ...(bytes.length < length && { captured: bytes.length }),
    ...(link.source !== undefined && { linkSource: link.source }),
    ...(link.destination !== undefined && { linkDestination: link.destination }),
    ...(link.vlans && { vlans: link.vlans.map(({ id }) => id) }),
    protocol: protocolOf(packet),
    ...(ip && { source: ip.source }),
    ...(ports && { sourcePort: ports.sourcePort }),
    ...(ip && { destination: ip.destination }),
    ...(ports && { destinationPort: ports.destinationPort }),
    ...(ip && { ttl: ip.ttl }),
    ...(tcp && {
      flags: formatFlags(tcp.flags),
      sequence: tcp.sequence,
      acknowledgment: tcp.acknowledgment,
      window: tcp.window,
    }),
    ...(icmp && { type: icmp.type, code: icmp.code }),
    summary: text,
    payload: payload.toString("base64"),
  };
}

function protocolOf({ tcp, udp, icmp, ip, link }: Packet): string {
  if (tcp) return "tcp";
  if (udp) return "udp";
  if (icmp && ip) return ip.version === 4 ? "icmp" : "icmp6";
  if (ip) return `ip-${ip.protocol}`;
  return link.etherType === 0x0806 ? "arp" : "other";
}

/** ISO 8601, with all the digits that there are. */
function isoTime(
  { seconds, nanoseconds }: Pick<RawPacket, "seconds" | "nanoseconds">,
  precision: "micro" | "nano",
): string {
  const digits = precision === "nano" ? 9 : 6;
  const fraction = String(nanoseconds).padStart(9, "0").slice(0, digits);
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return `${seconds}.${fraction}`;
  return `${time.toISOString().slice(0, -5)}.${fraction}Z`;
}

/** Pieces as they come, under a line that says whose they are wherever that changes. */
function conversationText(args: Args, precision: "micro" | "nano"): (piece: Piece) => string {
  const only = args.follow === "all" ? undefined : Number(args.follow);
  let speaker = "";
  let isMidLine = false;
  return (piece) => {
    if (only !== undefined && piece.conversation !== only) return "";
    if (args.jsonLines) return `${JSON.stringify(jsonPiece(piece, precision))}\n`;
    const { conversation, from, to, bytes, missing, end } = piece;
    const ends = `${conversation}: ${placeText(from)} > ${placeText(to)}`;
    let text = "";
    const say = (line: string): void => {
      text += `${isMidLine ? "\n" : ""}== ${line}\n`;
      isMidLine = false;
    };
    if (bytes.length > 0 && ends !== speaker) say(ends);
    if (bytes.length > 0) speaker = ends;
    if (missing > 0) say(`${missing} bytes are missing`);
    if (end) {
      say(`${ends} ${end}`);
      speaker = "";
    }
    if (bytes.length === 0) return text;
    const body = pieceText(bytes, args);
    isMidLine = !body.endsWith("\n");
    return text + body;
  };
}

function pieceText(bytes: Buffer, { hexAscii = 0, hexBytes = 0 }: Args): string {
  if (hexAscii > 0) return `${hexLines(bytes, { ascii: true }).slice(1)}\n`;
  return hexBytes > 0 ? `${hexLines(bytes).slice(1)}\n` : asciiText(bytes).slice(1);
}

function placeText({ address, port }: Place): string {
  return `${address}.${port}`;
}

function jsonPiece(piece: Piece, precision: "micro" | "nano"): object {
  const { conversation, protocol, from, to, bytes, missing, end } = piece;
  return {
    time: isoTime(piece, precision),
    conversation,
    protocol,
    from,
    to,
    ...(missing > 0 && { missing }),
    ...(end && { end }),
    bytes: bytes.toString("base64"),
  };
}
