/** Live capture by libpcap, without threads: what has come is fetched in batches, and Node's event loop waits. */
import { onAbort } from "../core/abort.ts";
import { NcxError, quote } from "../core/errors.ts";
import { captureRight, isSeenTwice } from "../platform/libpcap.ts";
import type { CaptureCounts } from "../protocol/capture/writer.ts";
import { LINK, MAX_PACKET, type RawPacket } from "../protocol/capture/record.ts";
import type { Pointer } from "./_koffi.ts";
import { loadLibpcap, withMessage, type Libpcap } from "./_libpcap.ts";
import { PACKET_HEADER, packetsOf, type Packets } from "./_libpcap-packets.ts";

/** A device that packets can be taken from. */
export interface CaptureDevice {
  readonly name: string;
  readonly description?: string;
  readonly loopback: boolean;
  readonly up: boolean;
  readonly running: boolean;
}

export interface LiveOptions {
  readonly device: string;
  readonly filter: string;
  /** Bytes of each packet that are kept. */
  readonly snaplen: number;
  /** Bytes of the kernel's buffer. */
  readonly buffer: number;
  /** Packets for others as well, where the network shows them. */
  readonly promiscuous: boolean;
  /** @default {"inout"} */
  readonly direction?: CaptureDirection;
}

/** Which way packets go, seen from this machine. */
export type CaptureDirection = "in" | "out" | "inout";

/** libpcap's numbers for them. */
export const CAPTURE_DIRECTIONS: ReadonlyMap<CaptureDirection, number> = new Map([
  ["inout", 0],
  ["in", 1],
  ["out", 2],
]);

/** A device that is open. */
export interface LiveCapture {
  readonly linkType: number;
  /** What libpcap warned of when it opened the device. */
  readonly warning: string | undefined;
  /**
   * What has come, at most `count` packets; empty where nothing has. With `lend` their bytes are only there until the
   * next call: that saves a copy.
   *
   * @throws {NcxError} UNREACHABLE when the device has gone.
   */
  take(count?: number, lend?: boolean): RawPacket[];
  /** Resolves when there may be something to take, and when the signal says so. */
  wait(signal: AbortSignal): Promise<void>;
  /** What the kernel has counted so far. */
  counts(): CaptureCounts;
  close(): void;
}

/** Says whether a packet is wanted. */
export type PacketTest = (packet: RawPacket) => boolean;

/**
 * Milliseconds that packets may wait in the kernel for company. A reader sees them soon, and a busy line's come by
 * the hundred.
 */
const GATHER = 50;

/** Milliseconds after which an idle line is looked at all the same: it may have gone, and some systems don't say so. */
const LOOK_AGAIN = 250;

const PERM_DENIED = -8;
const PROMISC_PERM_DENIED = -11;
const UNKNOWN_MASK = 0xffff_ffff;

/** The program that libpcap makes of a filter is a length and a pointer. */
const PROGRAM_SIZE = 16;

/** Opens a device. @throws {NcxError} UNSUPPORTED, DENIED, ADDRESS (no such device) or USAGE (the filter). */
export async function openLive(options: LiveOptions): Promise<LiveCapture> {
  const { device } = options;
  const act = `capture on ${quote(device)}`;
  const pcap = await loadLibpcap(act);
  const { result: handle, message } = withMessage((error) => pcap.pcap_create(device, error));
  if (handle === null) throw new NcxError("ADDRESS", `Cannot ${act}: ${message}`);
  try {
    const warning = activate(pcap, handle, options, act);
    // With each packet's interface; what cannot have it stays as it is.
    if (device === "any") pcap.pcap_set_datalink(handle, LINK.linuxSll2);
    const mask = Uint32Array.of(0);
    const { result } = withMessage((error) =>
      pcap.pcap_lookupnet(device, Uint32Array.of(0), mask, error),
    );
    const known = result < 0 ? UNKNOWN_MASK : (mask[0] ?? UNKNOWN_MASK);
    const program = compile(pcap, handle, options.filter, known);
    const set = pcap.pcap_setfilter(handle, program);
    pcap.pcap_freecode(program);
    if (set < 0) throw new NcxError("INTERNAL", `Cannot ${act}: ${pcap.pcap_geterr(handle)}`);
    const { direction = "inout" } = options;
    if (direction !== "inout") setDirection(pcap, handle, direction, act);
    if (isSeenTwice(device) && direction !== "out") takeOnce(pcap, handle, options.filter, known);
    const { result: calm, message: why } = withMessage((error) =>
      pcap.pcap_setnonblock(handle, 1, error),
    );
    if (calm < 0) throw new NcxError("INTERNAL", `Cannot ${act}: ${why}`);
    return new OpenDevice(pcap, handle, options, warning);
  } catch (error) {
    pcap.pcap_close(handle);
    throw error;
  }
}

class OpenDevice implements LiveCapture {
  readonly linkType: number;
  readonly warning: string | undefined;
  readonly #pcap: Libpcap;
  readonly #handle: Pointer;
  readonly #device: string;
  readonly #packets: Packets;
  #poll: ReturnType<Libpcap["koffi"]["node"]["poll"]> | undefined;
  #last: CaptureCounts = { received: 0, dropped: 0 };
  #closed = false;

  constructor(
    pcap: Libpcap,
    handle: Pointer,
    { device, snaplen }: LiveOptions,
    warning: string | undefined,
  ) {
    this.#pcap = pcap;
    this.#handle = handle;
    this.warning = warning;
    this.linkType = pcap.pcap_datalink(handle);
    this.#device = device;
    this.#packets = packetsOf(pcap, { handle, device, linkType: this.linkType, snaplen });
  }

  take(count: number = Infinity, lend: boolean = false): RawPacket[] {
    const packets = this.#packets.take(count, lend);
    if (!packets) throw this.#failure();
    return packets;
  }

  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        forget();
        this.#poll?.stop();
        resolve();
      };
      const timer = setTimeout(done, LOOK_AGAIN);
      const forget = onAbort(signal, done);
      const fd = this.#pcap.pcap_get_selectable_fd?.(this.#handle) ?? -1;
      if (fd < 0) return void setTimeout(done, GATHER);
      // Not in the callback itself: newer releases of Node run no microtasks after one of this kind.
      const wake = (): void => {
        this.#poll?.stop();
        setImmediate(done);
      };
      const wanted = { readable: true, writable: false };
      if (this.#poll) this.#poll.start(wanted, wake);
      else this.#poll = this.#pcap.koffi.node.poll(fd, wanted, wake);
    });
  }

  counts(): CaptureCounts {
    const counts = new Uint32Array(8);
    if (!this.#closed && this.#pcap.pcap_stats(this.#handle, counts) === 0) {
      const [received = 0, dropped = 0] = counts;
      this.#last = { received, dropped };
    }
    return this.#last;
  }

  close(): void {
    if (this.#closed) return;
    this.counts();
    this.#closed = true;
    this.#poll?.close();
    this.#packets.close();
    this.#pcap.pcap_close(this.#handle);
  }

  #failure(): NcxError {
    const device = this.#device;
    const state = this.#pcap.pcap_geterr(this.#handle);
    return new NcxError("UNREACHABLE", `Cannot go on to capture on ${quote(device)}: ${state}`, {
      state,
    });
  }
}

/**
 * Compiles a filter for packets of a link type, as of a file.
 *
 * @throws {NcxError} USAGE with libpcap's own message; UNSUPPORTED without libpcap.
 */
export async function compileFilter(filter: string): Promise<(linkType: number) => PacketTest> {
  const pcap = await loadLibpcap(`filter by ${quote(filter)}`);
  const header = Buffer.alloc(PACKET_HEADER.size);
  return (linkType) => {
    const handle = pcap.pcap_open_dead(linkType, MAX_PACKET);
    if (handle === null) throw new NcxError("LIMIT", "Cannot compile the filter: no memory");
    try {
      // Kept for as long as the process runs: one for each link type of a file.
      const program = compile(pcap, handle, filter, UNKNOWN_MASK);
      return ({ bytes, length }) => {
        // No filter looks at the time.
        header.writeUInt32LE(bytes.length, PACKET_HEADER.kept);
        header.writeUInt32LE(length, PACKET_HEADER.length);
        return pcap.pcap_offline_filter(program, header, bytes) !== 0;
      };
    } finally {
      pcap.pcap_close(handle);
    }
  };
}

/** Every device that can be captured on, the one that tcpdump would choose first. */
export async function captureDevices(): Promise<CaptureDevice[]> {
  const act = "list the devices";
  const pcap = await loadLibpcap(act);
  const first: [Pointer] = [null];
  const { result, message } = withMessage((error) => pcap.pcap_findalldevs(first, error));
  if (result < 0) throw new NcxError("DENIED", `Cannot ${act}: ${message}`);
  const devices: CaptureDevice[] = [];
  for (let at = first[0]; at;) {
    const { next, name, description, flags } = decodeDevice(pcap, at);
    devices.push({
      name,
      ...(description !== null && { description }),
      loopback: (flags & 1) !== 0,
      up: (flags & 2) !== 0,
      running: (flags & 4) !== 0,
    });
    at = next;
  }
  pcap.pcap_freealldevs(first[0]);
  return devices;
}

interface Device {
  readonly next: Pointer;
  readonly name: string;
  readonly description: string | null;
  readonly flags: number;
}

/** struct pcap_if. */
function decodeDevice({ koffi }: Libpcap, at: bigint): Device {
  // Four pointers and a number, whatever the system; koffi gives a pointer, a text or null for these types.
  const [next, name, description] = [0, 8, 16].map((offset) =>
    koffi.decode(at, offset, offset === 0 ? "void *" : "const char *"),
  ) as [Pointer, string, string | null];
  return {
    next,
    name,
    description,
    flags: Number(koffi.decode(at, 32, "uint")),
  };
}

/** Gives the warning, if there is one. */
function activate(
  pcap: Libpcap,
  handle: Pointer,
  { snaplen, buffer, promiscuous }: LiveOptions,
  act: string,
): string | undefined {
  pcap.pcap_set_snaplen(handle, snaplen || MAX_PACKET);
  pcap.pcap_set_promisc(handle, promiscuous ? 1 : 0);
  pcap.pcap_set_timeout(handle, GATHER);
  pcap.pcap_set_buffer_size(handle, buffer);
  const status = pcap.pcap_activate(handle);
  const detail = pcap.pcap_geterr(handle);
  const state = detail === "" ? pcap.pcap_statustostr(status) : detail;
  if (status === 0) return undefined;
  if (status > 0) return state;
  if (status === PERM_DENIED || status === PROMISC_PERM_DENIED)
    throw new NcxError("DENIED", `Cannot ${act}: ${captureRight()}`, { state });
  throw new NcxError("ADDRESS", `Cannot ${act}: ${pcap.pcap_statustostr(status)}`, {
    state,
    hint: "ncx capture -D lists the devices",
  });
}

function setDirection(
  pcap: Libpcap,
  handle: Pointer,
  direction: CaptureDirection,
  act: string,
): void {
  if (pcap.pcap_setdirection(handle, CAPTURE_DIRECTIONS.get(direction) ?? 0) === 0) return;
  const state = pcap.pcap_geterr(handle);
  throw new NcxError("UNSUPPORTED", `Cannot ${act}, direction ${quote(direction)}: ${state}`, {
    state,
  });
}

/**
 * libpcap throws away every other packet of such a device. The kernel does it instead: those would take half of its
 * buffer. Not by `pcap_setfilter()`, which looks at what has come by then by itself, and cannot tell where it came from.
 * Where the kernel won't, libpcap's own way remains.
 */
function takeOnce(pcap: Libpcap, handle: Pointer, filter: string, mask: number): void {
  const { attachFilter } = pcap;
  const program = Buffer.alloc(PROGRAM_SIZE);
  const once = filter === "" ? "inbound" : `inbound and (${filter})`;
  if (!attachFilter || pcap.pcap_compile(handle, program, once, 1, mask) !== 0) return;
  attachFilter(pcap.pcap_fileno(handle), program);
  pcap.pcap_freecode(program);
}

function compile(pcap: Libpcap, handle: Pointer, filter: string, mask: number = 0): Buffer {
  const program = Buffer.alloc(PROGRAM_SIZE);
  if (pcap.pcap_compile(handle, program, filter, 1, mask) === 0) return program;
  const state = pcap.pcap_geterr(handle);
  throw new NcxError("USAGE", `Cannot use the filter ${quote(filter)}: ${state}`, { state });
}
