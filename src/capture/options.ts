/** What a capture takes, and what it does without. */
import { totalmem } from "node:os";
import type { CaptureCounts } from "../protocol/capture/writer.ts";
import type { Precision } from "../protocol/capture/record.ts";
import type { CaptureDirection } from "../transport/libpcap.ts";

export interface CaptureOptions {
  /** The device's name: `lo`, `eth0`, `any`. @default {the first that is up and isn't loopback} */
  interface?: string;
  /** A file to read instead, pcap or pcapng: its name, or its bytes. */
  read?: string | AsyncIterable<Uint8Array>;
  /** tcpdump's language, pcap-filter(7): `tcp port 80 and host 10.0.0.1`. @default {""}, everything */
  filter?: string;
  /** End after this many packets. Default: without limit. */
  count?: number;
  /** Bytes of each packet that are kept, 1 to 262,144. @default {262144} */
  snaplen?: number;
  /** Bytes that the kernel may keep for us before it has to drop packets. @default {a 32nd of the memory, at most 256 MiB} */
  buffer?: number;
  /** Packets for other machines as well, where the network shows them. @default {true} */
  promiscuous?: boolean;
  /** Which way packets go that are captured, seen from this machine; a file doesn't tell. @default {"inout"} */
  direction?: CaptureDirection;
  /** Stops: what has come by then is still given. */
  signal?: AbortSignal;
  /** Called once the device is open, or the file is. */
  onReady?: (source: CaptureSource) => void;
  /** Called at the end of a live capture, and whenever the kernel has dropped more. */
  onCounts?: (counts: CaptureCounts) => void;
}

/** What packets are taken from. */
export interface CaptureSource {
  readonly interface?: string;
  /** A number of tcpdump.org's list; a file tells it with each packet. */
  readonly linkType?: number;
  readonly snaplen: number;
  /** What the system warned of. */
  readonly warning?: string;
  /** How fine the times are, as far as a file has been read. */
  precision(): Precision;
}

/** A loopback device moves gigabytes a second: what comes while a disk is busy has to be kept somewhere. */
const LARGEST_BUFFER = 256 * 1024 * 1024;

/** Bytes that the kernel may keep, where nobody says how many. */
export function defaultBuffer(): number {
  return Math.min(LARGEST_BUFFER, Math.floor(totalmem() / 32));
}
