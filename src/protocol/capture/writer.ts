/** A capture file, pcap or pcapng, written: packets in, bytes out. No files here. */
import { NcxError } from "../../core/errors.ts";
import { PCAP_RECORD_HEADER, pcapHeader, writePcapRecord } from "./pcap.ts";
import { BLOCK, BYTE_ORDER, OPTION, padded } from "./pcapng.ts";
import { MAX_PACKET, type Precision, type RawPacket } from "./record.ts";

export type CaptureFormat = "pcap" | "pcapng";

/** What the system counted, for the file's end. */
export interface CaptureCounts {
  /** Packets that the filter let through. */
  readonly received: number;
  /** Packets that came while the kernel had no room for them. */
  readonly dropped: number;
}

export interface CaptureWriter {
  /** The file's bytes for these packets; the first call's begin with its header. */
  add(packets: readonly RawPacket[]): Buffer;
  /** Bytes that a packet takes, beside what its interface may take before it. */
  sizeOf(packet: RawPacket): number;
  /** What closes the file. Pass the counts of a live capture. */
  end(counts?: CaptureCounts): Buffer;
}

export interface WriterOptions {
  /** @default {"micro"} */
  precision?: Precision;
  /** The link type of a file without packets. @default {1} (Ethernet) */
  linkType?: number;
  /** The interface of a file without packets. */
  interface?: string;
  /** Who writes it. @default {"ncx"} */
  program?: string;
  /** Where memory comes from, at least so many bytes; all that is used is written over. */
  allocate?: (size: number) => Buffer;
}

export function makeCaptureWriter(
  format: CaptureFormat,
  options: WriterOptions = {},
): CaptureWriter {
  return format === "pcap" ? pcapWriter(options) : pcapngWriter(options);
}

/** @throws {NcxError} UNSUPPORTED, from `add`, for a packet of another link type: the file has one. */
function pcapWriter(options: WriterOptions): CaptureWriter {
  const { precision = "micro", linkType: first = 1 } = options;
  let linkType: number | undefined;
  const allocate = makeAllocator(options);
  const header = (wanted: number): Buffer => {
    if (linkType !== undefined) return Buffer.alloc(0);
    linkType = wanted;
    return pcapHeader(wanted, precision);
  };
  return {
    add(packets) {
      const head = header(packets[0]?.linkType ?? first);
      if (packets.some((packet) => packet.linkType !== linkType)) throw mixed();
      const file = allocate(head, packets.map(this.sizeOf));
      let at = head.length;
      for (const packet of packets) at = writePcapRecord(packet, precision, file, at);
      return file;
    },
    sizeOf: ({ bytes }) => PCAP_RECORD_HEADER + bytes.length,
    end: () => header(first),
  };
}

function pcapngWriter(options: WriterOptions): CaptureWriter {
  const { precision = "micro", program = "ncx", linkType: first = 1 } = options;
  const allocate = makeAllocator(options);
  /** `linkType interface`, in the order of their numbers. */
  const interfaces = new Map<string, number>();
  let began = false;
  const start = (): Buffer => {
    if (began) return Buffer.alloc(0);
    began = true;
    return section(program);
  };
  return {
    add(packets) {
      const head = [start()];
      const numbers = packets.map(({ linkType, interface: name }) => {
        const key = `${linkType} ${name ?? ""}`;
        const known = interfaces.get(key);
        if (known !== undefined) return known;
        head.push(interfaceBlock(linkType, name, precision));
        interfaces.set(key, interfaces.size);
        return interfaces.size - 1;
      });
      if (packets.length === 0 && interfaces.size === 0) {
        // So that a reader sees at once what it is.
        head.push(interfaceBlock(first, options.interface, precision));
        interfaces.set(`${first} ${options.interface ?? ""}`, 0);
      }
      const before = Buffer.concat(head);
      const file = allocate(before, packets.map(this.sizeOf));
      let at = before.length;
      for (const [index, packet] of packets.entries())
        at = writePacket(packet, numbers[index] ?? 0, precision, file, at);
      return file;
    },
    sizeOf: ({ bytes }) => 32 + padded(bytes.length),
    end(counts) {
      const head = began ? Buffer.alloc(0) : this.add([]);
      return counts && interfaces.size > 0 ? Buffer.concat([head, statistics(counts)]) : head;
    },
  };
}

function makeAllocator({
  allocate = Buffer.allocUnsafe,
}: WriterOptions): (head: Buffer, sizes: readonly number[]) => Buffer {
  return (head, sizes) => {
    const size = sizes.reduce((sum, one) => sum + one, head.length);
    const file = allocate(size).subarray(0, size);
    file.set(head, 0);
    return file;
  };
}

/** An Enhanced Packet Block, §4.3. */
function writePacket(
  { seconds, nanoseconds, bytes, length }: RawPacket,
  number: number,
  precision: Precision,
  into: Buffer,
  at: number,
): number {
  const size = 32 + padded(bytes.length);
  // 2^53 microseconds are two centuries; nanoseconds need more digits than a double has.
  const units =
    precision === "nano"
      ? BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
      : BigInt(seconds * 1e6 + Math.floor(nanoseconds / 1000));
  const time = BigInt.asUintN(64, units);
  into.writeUInt32LE(BLOCK.enhancedPacket, at);
  into.writeUInt32LE(size, at + 4);
  into.writeUInt32LE(number, at + 8);
  into.writeUInt32LE(Number(time >> 32n), at + 12);
  into.writeUInt32LE(Number(time & 0xffff_ffffn), at + 16);
  into.writeUInt32LE(bytes.length, at + 20);
  into.writeUInt32LE(length, at + 24);
  into.set(bytes, at + 28);
  into.fill(0, at + 28 + bytes.length, at + size - 4);
  into.writeUInt32LE(size, at + size - 4);
  return at + size;
}

function section(program: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER, 0);
  body.writeUInt16LE(1, 4);
  body.fill(0xff, 8); // §4.1: the section's length isn't known
  return block(BLOCK.section, [body, option(4, Buffer.from(program)), endOfOptions()]);
}

function interfaceBlock(linkType: number, name: string | undefined, precision: Precision): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  body.writeUInt32LE(MAX_PACKET, 4);
  const named = name === undefined ? [] : [option(OPTION.name, Buffer.from(name))];
  const resolution = option(OPTION.resolution, Buffer.of(precision === "nano" ? 9 : 6));
  return block(BLOCK.interface, [body, ...named, resolution, endOfOptions()]);
}

/** An Interface Statistics Block, §4.6, of the first interface: a live capture has one. */
function statistics({ received, dropped }: CaptureCounts): Buffer {
  const count = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const body = Buffer.alloc(12);
  const options = [option(4, count(received)), option(5, count(dropped)), endOfOptions()];
  return block(BLOCK.statistics, [body, ...options]);
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const whole = Buffer.alloc(body.length + 12);
  whole.writeUInt32LE(type, 0);
  whole.writeUInt32LE(whole.length, 4);
  whole.set(body, 8);
  whole.writeUInt32LE(whole.length, whole.length - 4);
  return whole;
}

function option(code: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + padded(value.length));
  whole.writeUInt16LE(code, 0);
  whole.writeUInt16LE(value.length, 2);
  whole.set(value, 4);
  return whole;
}

function endOfOptions(): Buffer {
  return Buffer.alloc(4);
}

function mixed(): NcxError {
  return new NcxError("UNSUPPORTED", "Cannot use pcap: the packets are of several link types", {
    hint: "write a file whose name ends in .pcapng",
  });
}
