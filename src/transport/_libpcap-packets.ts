/** Packets out of an open device of libpcap: many with one call, or one by one where there are no files in memory. */
import { NcxError, quote } from "../core/errors.ts";
import { longSize } from "../platform/libpcap.ts";
import { PCAP_RECORD_HEADER, takePcapRecord, type PcapFormat } from "../protocol/capture/pcap.ts";
import { MAX_PACKET, type RawPacket } from "../protocol/capture/record.ts";
import type { Pointer } from "./_koffi.ts";
import type { Libpcap, MemoryFiles } from "./_libpcap.ts";

/** Bytes that one batch may have; the memory is taken as it is used. */
const BATCH = 4 * 1024 * 1024;

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** struct pcap_pkthdr: the time, two longs, then how much was kept, and how much it was. */
export const PACKET_HEADER: Readonly<Record<"size" | "kept" | "length", number>> = {
  size: 2 * longSize() + 8,
  kept: 2 * longSize(),
  length: 2 * longSize() + 4,
};

export interface OpenHandle {
  readonly handle: Pointer;
  readonly device: string;
  readonly linkType: number;
  readonly snaplen: number;
}

export interface Packets {
  /**
   * What has come, at most `count`. With `lend` the bytes are only there until the next call.
   * Undefined when the device has failed before the first one.
   */
  take(count: number, lend: boolean): RawPacket[] | undefined;
  close(): void;
}

/** @throws {NcxError} LIMIT without memory for a batch. */
export function packetsOf(pcap: Libpcap, open: OpenHandle): Packets {
  const { memoryFiles } = pcap;
  return memoryFiles ? new DumpedPackets(pcap, memoryFiles, open) : new SinglePackets(pcap, open);
}

/** libpcap's own callback writes them into memory, as it would into a file: no JavaScript runs for each. */
class DumpedPackets implements Packets {
  readonly #pcap: Libpcap;
  readonly #files: MemoryFiles;
  readonly #handle: Pointer;
  readonly #format: PcapFormat;
  readonly #largest: number;
  readonly #memory: Buffer = Buffer.alloc(BATCH + 1);
  readonly #file: Pointer;
  readonly #dumper: Pointer;

  constructor(
    pcap: Libpcap,
    files: MemoryFiles,
    { handle, device, linkType, snaplen }: OpenHandle,
  ) {
    this.#pcap = pcap;
    this.#files = files;
    this.#handle = handle;
    this.#largest = PCAP_RECORD_HEADER + Math.min(snaplen || MAX_PACKET, MAX_PACKET);
    this.#format = { little: LITTLE, precision: "micro", linkType, interface: device };
    this.#file = files.fmemopen(this.#memory, BATCH, "w");
    this.#dumper = this.#file === null ? null : pcap.pcap_dump_fopen(handle, this.#file);
    if (this.#dumper === null)
      throw new NcxError("LIMIT", `Cannot capture on ${quote(device)}: no memory for a batch`);
  }

  take(count: number, lend: boolean): RawPacket[] | undefined {
    const pcap = this.#pcap;
    // Records alone: what the dumper has written before, its header included, is written over.
    this.#files.rewind(this.#file);
    let used = 0;
    let left = count;
    while (left > 0 && used + this.#largest <= BATCH) {
      const room = Math.min(left, Math.floor((BATCH - used) / this.#largest));
      const got = pcap.pcap_dispatch(this.#handle, room, pcap.dump, this.#dumper);
      if (got < 0 && used === 0) return undefined;
      if (got <= 0) break;
      left -= got;
      used = Number(pcap.pcap_dump_ftell(this.#dumper));
    }
    if (used === 0) return [];
    pcap.pcap_dump_flush(this.#dumper);
    const memory = this.#memory.subarray(0, used);
    const bytes = lend ? memory : Buffer.from(memory);
    const packets: RawPacket[] = [];
    for (let at = 0; at < bytes.length;) {
      const taken = takePcapRecord(bytes, at, this.#format);
      if (!taken) break;
      packets.push(taken.packet);
      at = taken.end;
    }
    return packets;
  }

  close(): void {
    this.#pcap.pcap_dump_close(this.#dumper);
  }
}

/** Packets of one batch, where each takes calls of its own. */
const MOST = 1024;

/** Windows has no `fmemopen()`. Each packet is copied: libpcap lends it until the next call. */
class SinglePackets implements Packets {
  readonly #pcap: Libpcap;
  readonly #open: OpenHandle;

  constructor(pcap: Libpcap, open: OpenHandle) {
    this.#pcap = pcap;
    this.#open = open;
  }

  take(count: number): RawPacket[] | undefined {
    const packets: RawPacket[] = [];
    const header: [Pointer] = [null];
    const data: [Pointer] = [null];
    while (packets.length < Math.min(count, MOST)) {
      const got = this.#pcap.pcap_next_ex(this.#open.handle, header, data);
      if (got < 0 && packets.length === 0) return undefined;
      if (got <= 0) break;
      packets.push(this.#packet(header[0], data[0]));
    }
    return packets;
  }

  close(): void {}

  #packet(header: Pointer, data: Pointer): RawPacket {
    const { linkType, device } = this.#open;
    const head = this.#copy(header, PACKET_HEADER.size);
    return {
      seconds: longSize() === 4 ? head.readUInt32LE(0) : Number(head.readBigInt64LE(0)),
      nanoseconds: head.readUInt32LE(longSize()) * 1000,
      length: head.readUInt32LE(PACKET_HEADER.length),
      bytes: this.#copy(data, head.readUInt32LE(PACKET_HEADER.kept)),
      linkType,
      interface: device,
    };
  }

  #copy(from: Pointer, bytes: number): Buffer {
    // koffi makes an Uint8Array of so many bytes.
    const copied = this.#pcap.koffi.decode(from, "uint8", bytes) as Uint8Array;
    return Buffer.from(copied.buffer, copied.byteOffset, copied.byteLength);
  }
}
