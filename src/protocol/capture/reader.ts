/** A capture file, pcap or pcapng, in chunks of any size. No files here. */
import { NcxError } from "../../core/errors.ts";
import {
  broken,
  PCAP_HEADER,
  pcapMagic,
  readPcapHeader,
  takePcapRecord,
  type PcapFormat,
} from "./pcap.ts";
import { BLOCK, PcapngSection } from "./pcapng.ts";
import type { Precision, RawPacket } from "./record.ts";

type Way = (bytes: Buffer, at: number) => { packet?: RawPacket; end: number } | undefined;

/** Keeps at most one record or block that isn't whole: 16 MiB. */
export class CaptureReader {
  #rest: Buffer = Buffer.alloc(0);
  #take: Way | undefined;
  #precision: () => Precision = () => "micro";
  /** What is wrong with the file: nothing after it can be read, what came before it could. */
  failure: NcxError | undefined;

  /** How fine the times are that have been read so far. */
  get precision(): Precision {
    return this.#precision();
  }

  /** The packets that these bytes complete. They share the bytes' memory. */
  push(chunk: Buffer): RawPacket[] {
    const packets: RawPacket[] = [];
    if (this.failure) return packets;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    try {
      while (at < bytes.length) {
        this.#take ??= this.#begin(bytes);
        const taken = this.#take?.(bytes, at);
        if (!taken) break;
        if (taken.packet) packets.push(taken.packet);
        at = taken.end;
      }
    } catch (error) {
      if (!(error instanceof NcxError)) throw error;
      this.failure = error;
    }
    this.#rest = bytes.subarray(at);
    return packets;
  }

  /** The file ends here: `failure` tells whether it may. */
  end(): void {
    if (this.failure || (this.#take && this.#rest.length === 0)) return;
    const isEmpty = !this.#take && this.#rest.length === 0;
    this.failure = broken(
      isEmpty
        ? "it is empty"
        : this.#take
          ? "it ends in the middle of a packet"
          : this.#rest.length < 4 || isCapture(this.#rest)
            ? "it ends in the middle of its header"
            : "it is neither pcap nor pcapng",
    );
  }

  /** The way to read what begins so; undefined until there is enough of it to tell. */
  #begin(bytes: Buffer): Way | undefined {
    if (bytes.length < 4) return undefined;
    if (!isCapture(bytes)) throw broken(stranger(bytes));
    if (bytes.readUInt32BE(0) === BLOCK.section) return this.#beginPcapng();
    if (bytes.length < PCAP_HEADER) return undefined;
    let format: PcapFormat | undefined;
    this.#precision = () => format?.precision ?? "micro";
    return (all, at) => {
      if (format) return takePcapRecord(all, at, format);
      format = readPcapHeader(all);
      return { end: PCAP_HEADER };
    };
  }

  #beginPcapng(): Way {
    const section = new PcapngSection();
    this.#precision = () => (section.fine ? "nano" : "micro");
    return (bytes, at) => {
      const length = section.blockLength(bytes, at);
      if (length === undefined || at + length > bytes.length) return undefined;
      const packet = section.read(bytes.subarray(at, at + length));
      return { end: at + length, ...(packet && { packet }) };
    };
  }
}

function isCapture(bytes: Buffer): boolean {
  return bytes.readUInt32BE(0) === BLOCK.section || pcapMagic(bytes) !== undefined;
}

function stranger(bytes: Buffer): string {
  if (bytes.readUInt16BE(0) === 0x1f8b) return "it is compressed by gzip";
  if (bytes.readUInt32BE(0) === 0x28b52ffd) return "it is compressed by zstd";
  return "it is neither pcap nor pcapng";
}
