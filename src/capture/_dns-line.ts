/** DNS messages as tcpdump says them. RFC 1035, RFC 3596, RFC 2782, RFC 6891. */
import { formatIpv4, formatIpv6 } from "../protocol/packet/ip.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  13: "HINFO",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  35: "NAPTR",
  41: "OPT",
  43: "DS",
  46: "RRSIG",
  47: "NSEC",
  48: "DNSKEY",
  64: "SVCB",
  65: "HTTPS",
  252: "AXFR",
  255: "ANY",
  257: "CAA",
};

const OPERATIONS: Readonly<Record<number, string>> = {
  1: " inv_q",
  2: " stat",
  4: " notify",
  5: " update",
};

const RESPONSES = ["", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused"];

/** Records that are said; a hostile message claims 65,535. */
const MAX_RECORDS = 64;

export interface DnsStyle {
  /** As of mDNS, RFC 6762. */
  readonly multicast: boolean;
  /** Whether each record has its name. */
  readonly names: boolean;
}

/** `4660+ A? example.com. (29)`, `4660 1/0/0 A 93.184.216.34 (45)`. */
export function dnsText(bytes: Buffer, length: number, options: DnsStyle): string {
  if (bytes.length < 12) return `domain [length ${length} < 12] (invalid)`;
  const flags = bytes.readUInt16BE(2);
  const isReply = (flags & 0x8000) !== 0;
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  const operation = OPERATIONS[(flags >> 11) & 15] ?? "";
  const reader = new Reader(bytes, options);
  const head = `${bytes.readUInt16BE(0)}${operation}`;
  try {
    const text = isReply ? reply(reader, flags, counts) : question(reader, flags, counts);
    return `${head}${text} (${length})`;
  } catch (error) {
    if (error instanceof RangeError) return `${head} [|domain]`;
    throw error;
  }
}

function question(reader: Reader, flags: number, counts: readonly number[]): string {
  const [questions = 0, answers = 0, authorities = 0, additional = 0] = counts;
  let text = flags & 0x0100 ? "+" : "";
  if (flags & 0x0010) text += "%";
  if (questions !== 1) text += ` [${questions}q]`;
  if (answers > 0) text += ` [${answers}a]`;
  if (authorities > 0) text += ` [${authorities}n]`;
  if (additional > 0) text += ` [${additional}au]`;
  const asked = Array.from({ length: Math.min(questions, MAX_RECORDS) }, () => reader.question());
  return text + asked.map((one) => ` ${one}`).join(",");
}

function reply(reader: Reader, flags: number, counts: readonly number[]): string {
  const [questions = 0, answers = 0, authorities = 0, additional = 0] = counts;
  const code = flags & 15;
  let text = RESPONSES[code] ?? ` Resp${code}`;
  if (flags & 0x0400) text += "*";
  if ((flags & 0x0080) === 0) text += "-";
  if (flags & 0x0200) text += "|";
  if (flags & 0x0020) text += "$";
  if (questions !== 1) text += ` [${questions}q]`;
  for (let left = Math.min(questions, MAX_RECORDS); left > 0; left -= 1) reader.question();
  text += ` ${answers}/${authorities}/${additional}`;
  const told = Array.from({ length: Math.min(answers, MAX_RECORDS) }, () => reader.record());
  return text + told.map((one) => ` ${one}`).join(",");
}

/** Reads on from the header; a RangeError where the message ends before. */
class Reader {
  readonly #bytes: Buffer;
  readonly #multicast: boolean;
  readonly #names: boolean;
  #at = 12;

  constructor(bytes: Buffer, { multicast, names }: DnsStyle) {
    this.#bytes = bytes;
    this.#multicast = multicast;
    this.#names = names;
  }

  question(): string {
    const name = this.#name();
    const type = typeName(this.#half());
    const kind = this.#half();
    // RFC 6762 §5.4: the highest bit asks for a unicast answer.
    const how = this.#multicast ? ` (${kind & 0x8000 ? "QU" : "QM"})` : "";
    return `${type}${how}? ${name}`;
  }

  record(): string {
    const name = this.#name();
    const type = this.#half();
    const kind = this.#half();
    this.#at += 4;
    const length = this.#half();
    const start = this.#at;
    const flush = this.#multicast && kind & 0x8000 ? "(Cache flush) " : "";
    const text = this.#data(type, length, kind);
    this.#at = start + length;
    if (this.#at > this.#bytes.length) throw new RangeError();
    return `${this.#names ? `${name} ` : ""}${flush}${typeName(type)}${text}`;
  }

  #data(type: number, length: number, kind: number): string {
    const bytes = this.#bytes;
    switch (type) {
      case 1:
        return length === 4 ? ` ${formatIpv4(bytes.subarray(this.#at), 0)}` : "";
      case 28:
        return length === 16 ? ` ${formatIpv6(bytes, this.#at)}` : "";
      case 2:
      case 5:
      case 12:
        return ` ${this.#name()}`;
      case 15: {
        const preference = this.#half();
        return ` ${this.#name()} ${preference}`;
      }
      case 16:
        return ` ${quoted(bytes.subarray(this.#at, this.#at + length))}`;
      case 33: {
        const [priority, weight, port] = [this.#half(), this.#half(), this.#half()];
        return ` ${this.#name()}:${port} ${priority} ${weight}`;
      }
      case 41:
        return ` UDPsize=${kind}`;
      default:
        return "";
    }
  }

  #half(): number {
    const value = this.#bytes.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  /** RFC 1035 §4.1.4: labels, the rest of which may be a pointer to an earlier name. */
  #name(): string {
    let text = "";
    let at = this.#at;
    let hops = 0;
    for (;;) {
      const length = this.#bytes.readUInt8(at);
      if (length >= 0xc0) {
        const target = this.#bytes.readUInt16BE(at) & 0x3fff;
        if (hops === 0) this.#at = at + 2;
        hops += 1;
        // A pointer that leads back to itself has no end.
        if (hops > 16) throw new RangeError();
        at = target;
        continue;
      }
      if (length === 0) break;
      const label = this.#bytes.subarray(at + 1, at + 1 + length);
      if (label.length < length) throw new RangeError();
      text += `${printable(label)}.`;
      at += 1 + length;
    }
    if (hops === 0) this.#at = at + 1;
    return text === "" ? "." : text;
  }
}

function typeName(type: number): string {
  return TYPES[type] ?? `Type${type}`;
}

function quoted(bytes: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0))
    parts.push(`"${printable(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)))}"`);
  return parts.join(" ");
}

function printable(bytes: Buffer): string {
  return bytes.toString("latin1").replace(/[^\x20-\x7e]/g, ".");
}
