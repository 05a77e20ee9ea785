/** pcapng's blocks, read. draft-ietf-opsawg-pcapng. Blocks in, packets out; no files. */
import { broken } from "./pcap.ts";
import { MAX_PACKET, type RawPacket } from "./record.ts";

export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2,
  simplePacket: 3,
  statistics: 5,
  enhancedPacket: 6,
} as const;

export const BYTE_ORDER = 0x1a2b3c4d;
export const OPTION = { end: 0, name: 2, resolution: 9, offset: 14 } as const;

/** Bytes of one block. Those that are no packets may be long, and none has a reason to be longer than this. */
const MAX_BLOCK: number = 16 * 1024 * 1024;

/** Interfaces of one section: no machine has as many, a hostile file may. */
const MAX_INTERFACES = 65_536;

interface Interface {
  readonly linkType: number;
  readonly snaplen: number;
  readonly name?: string;
  /** Units of time in a second. */
  readonly resolution: bigint;
  /** Seconds that are added to each time. */
  readonly offset: bigint;
}

/** A section's state: its byte order, and the interfaces that it has named. */
export class PcapngSection {
  #little = true;
  #interfaces: Interface[] = [];
  #lastTime = { seconds: 0, nanoseconds: 0 };
  /** Whether any time had more than microseconds can say. */
  fine = false;

  /**
   * The length of the block at `at`; undefined until its first 12 bytes are there.
   *
   * @throws {NcxError} PROTOCOL when it makes no sense.
   */
  blockLength(bytes: Buffer, at: number): number | undefined {
    if (at + 12 > bytes.length) return undefined;
    if (bytes.readUInt32BE(at) === BLOCK.section) {
      if (bytes.readUInt32LE(at + 8) === BYTE_ORDER) this.#little = true;
      else if (bytes.readUInt32BE(at + 8) === BYTE_ORDER) this.#little = false;
      else throw broken("a section's byte order cannot be told");
    }
    const length = this.#word(bytes, at + 4);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK)
      throw broken(`a block says that it has ${length} bytes`);
    return length;
  }

  /**
   * Reads a whole block; gives the packet, where it is one.
   *
   * @throws {NcxError} PROTOCOL when it contradicts itself.
   */
  read(block: Buffer): RawPacket | undefined {
    if (this.#word(block, block.length - 4) !== block.length)
      throw broken("a block ends otherwise than it begins");
    switch (this.#word(block, 0)) {
      case BLOCK.section:
        this.#startSection(block);
        return undefined;
      case BLOCK.interface:
        this.#addInterface(block);
        return undefined;
      case BLOCK.enhancedPacket:
        return this.#packet(block, this.#need(block, 28) && this.#word(block, 8));
      case BLOCK.packet: // obsolete, and still there
        return this.#packet(block, this.#need(block, 28) && this.#half(block, 8));
      case BLOCK.simplePacket:
        return this.#simplePacket(block);
      default:
        return undefined; // names, statistics, secrets, and what is yet to be invented
    }
  }

  #startSection(block: Buffer): void {
    this.#need(block, 24);
    const major = this.#half(block, 12);
    if (major !== 1) throw broken(`its version is ${major}, which is not 1`);
    this.#interfaces = [];
  }

  #addInterface(block: Buffer): void {
    this.#need(block, 16);
    if (this.#interfaces.length >= MAX_INTERFACES) throw broken("it has too many interfaces");
    const options = new Map(this.#options(block, 16));
    const name = options.get(OPTION.name)?.toString();
    const offset = options.get(OPTION.offset);
    this.#interfaces.push({
      linkType: this.#half(block, 8),
      snaplen: this.#word(block, 12),
      resolution: resolutionOf(options.get(OPTION.resolution)?.[0] ?? 6),
      offset: offset?.length === 8 ? this.#signed(offset) : 0n,
      ...(name !== undefined && name !== "" && { name }),
    });
  }

  /** An Enhanced Packet Block, or the obsolete one, which differs in where the interface's number is. */
  #packet(block: Buffer, number: number): RawPacket {
    const from = this.#interface(number);
    const captured = this.#word(block, 20);
    const bytes = takeBytes(block, 28, captured);
    const high = BigInt(this.#word(block, 12));
    const time = timeOf((high << 32n) | BigInt(this.#word(block, 16)), from);
    if (time.nanoseconds % 1000 !== 0) this.fine = true;
    this.#lastTime = time;
    return packetOf(from, time, bytes, this.#word(block, 24));
  }

  /** It has no time: that of the packet before it stands in. */
  #simplePacket(block: Buffer): RawPacket {
    this.#need(block, 12);
    const from = this.#interface(0);
    const length = this.#word(block, 8);
    const room = block.length - 16;
    const captured = Math.min(length, from.snaplen === 0 ? length : from.snaplen, room);
    return packetOf(from, this.#lastTime, takeBytes(block, 12, captured), length);
  }

  #interface(number: number): Interface {
    const found = this.#interfaces[number];
    if (!found) throw broken(`a packet is from interface ${number}, which it has not`);
    return found;
  }

  /** Code, length, value, filled up to four bytes; until the end, or the code 0. */
  *#options(block: Buffer, start: number): Generator<[code: number, value: Buffer]> {
    const end = block.length - 4;
    for (let at = start; at + 4 <= end;) {
      const code = this.#half(block, at);
      const length = this.#half(block, at + 2);
      if (code === OPTION.end) return;
      if (at + 4 + length > end) throw broken("an option is longer than its block");
      yield [code, block.subarray(at + 4, at + 4 + length)];
      at += 4 + padded(length);
    }
  }

  #need(block: Buffer, bytes: number): true {
    // The closing length isn't part of it.
    if (block.length < bytes + 4) throw broken("a block is too short for what it is");
    return true;
  }

  #half(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  #word(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #signed(bytes: Buffer): bigint {
    return this.#little ? bytes.readBigInt64LE(0) : bytes.readBigInt64BE(0);
  }
}

/** Options, blocks and packets begin at multiples of four. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** §4.2: the lower seven bits are an exponent, of 2 where the highest one is set, else of 10. */
function resolutionOf(value: number): bigint {
  const exponent = BigInt(value & 0x7f);
  return value & 0x80 ? 2n ** exponent : 10n ** exponent;
}

function timeOf(
  units: bigint,
  { resolution, offset }: Interface,
): { seconds: number; nanoseconds: number } {
  const seconds = units / resolution + offset;
  const nanoseconds = ((units % resolution) * 1_000_000_000n) / resolution;
  return { seconds: Number(BigInt.asIntN(48, seconds)), nanoseconds: Number(nanoseconds) };
}

function takeBytes(block: Buffer, start: number, length: number): Buffer {
  if (length > MAX_PACKET)
    throw broken(`a packet says that it has ${length} bytes, the most are ${MAX_PACKET}`);
  if (start + length > block.length - 4) throw broken("a packet is longer than its block");
  return block.subarray(start, start + length);
}

function packetOf(
  { linkType, name }: Interface,
  time: { seconds: number; nanoseconds: number },
  bytes: Buffer,
  length: number,
): RawPacket {
  return {
    ...time,
    length: Math.max(length, bytes.length),
    bytes,
    linkType,
    ...(name !== undefined && { interface: name }),
  };
}
