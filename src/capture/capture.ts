/** Packets off a device, or out of a file. */
import { createReadStream } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { onAbort } from "../core/abort.ts";
import { NcxError, quote, wrap } from "../core/errors.ts";
import { CaptureReader } from "../protocol/capture/reader.ts";
import { MAX_PACKET, type RawPacket } from "../protocol/capture/record.ts";
import { decodePacket, type Packet } from "../protocol/packet/decode.ts";
import {
  CAPTURE_DIRECTIONS,
  captureDevices,
  compileFilter,
  openLive,
  type PacketTest,
} from "../transport/libpcap.ts";
import { defaultBuffer, type CaptureOptions } from "./options.ts";

/** Bytes of a file that are read at once. */
const READ = 128 * 1024;

/** Milliseconds that a capture which was asked to stop goes on to take what has come by then. */
const LAST = 1000;

/**
 * Captures packets, decoded as far as IP, TCP, UDP, ICMP go.
 *
 * Needs libpcap and the optional package koffi (a file without a filter does not), and the right to capture. The
 * connections that it sees don't notice. A break ends it, and closes the device.
 *
 * @throws {NcxError} UNSUPPORTED without libpcap or koffi, DENIED without the right, ADDRESS without such a device,
 * USAGE with libpcap's words about a filter, PROTOCOL for a broken file (after the packets that could be read).
 * @example
 * for await (const { tcp, payload } of capture({ interface: "lo", filter: "port 8080", count: 10 })) {
 *   console.log(tcp?.flags, payload.toString());
 * }
 */
export async function* capture(options: CaptureOptions = {}): AsyncGenerator<Packet> {
  for await (const packets of captureInBatches(options)) yield* packets.map(decodePacket);
}

/**
 * The same as they come, by the hundred and not decoded: what a busy line takes. With `lend` the bytes of a batch are
 * only there until the next one is asked for.
 */
export async function* captureInBatches(
  options: CaptureOptions = {},
  { lend = false }: { lend?: boolean } = {},
): AsyncGenerator<readonly RawPacket[]> {
  checkOptions(options);
  const { count = Infinity } = options;
  const batches =
    options.read === undefined ? live(options, lend) : fromFile(options, options.read);
  let left = count;
  for await (const packets of batches) {
    const some = packets.length > left ? packets.slice(0, left) : packets;
    left -= some.length;
    if (some.length > 0) yield some;
    if (left <= 0) return;
  }
}

function checkOptions({
  count,
  snaplen,
  buffer,
  filter,
  read,
  direction,
  interface: device,
}: CaptureOptions): void {
  const wrong = (name: string, what: string): RangeError =>
    new RangeError(`${name} must be ${what}`);
  const isCount = (value: number | undefined, most: number): boolean =>
    value === undefined || (Number.isInteger(value) && value >= 1 && value <= most);
  if (count !== Infinity && !isCount(count, Number.MAX_SAFE_INTEGER))
    throw wrong("count", "a whole number from 1 on");
  if (!isCount(snaplen, MAX_PACKET)) throw wrong("snaplen", `1 to ${MAX_PACKET}`);
  if (!isCount(buffer, 0x7fff_ffff)) throw wrong("buffer", "1 to 2147483647");
  if (filter?.includes("\0")) throw new TypeError("filter must not contain NUL");
  if (device?.includes("\0")) throw new TypeError("interface must not contain NUL");
  if (read !== undefined && device !== undefined)
    throw new TypeError("interface and read exclude each other");
  if (direction !== undefined && !CAPTURE_DIRECTIONS.has(direction))
    throw new TypeError("direction must be in, out or inout");
  if (read !== undefined && (direction ?? "inout") !== "inout")
    throw new TypeError("direction and read exclude each other");
}

async function* live(options: CaptureOptions, lend: boolean): AsyncGenerator<readonly RawPacket[]> {
  const {
    snaplen = MAX_PACKET,
    buffer = defaultBuffer(),
    promiscuous = true,
    filter = "",
    direction = "inout",
  } = options;
  const { count = Infinity, onReady, onCounts } = options;
  const device = options.interface ?? (await firstDevice());
  const source = await openLive({ device, filter, snaplen, buffer, promiscuous, direction });
  const { linkType, warning } = source;
  const stopping = new AbortController();
  // Packets that came before the stop may still wait in the kernel.
  let until = Infinity;
  const forget = onAbort(options.signal, () => {
    until = Date.now();
    stopping.abort();
  });
  let dropped = 0;
  let left = count;
  try {
    onReady?.({
      interface: device,
      linkType,
      snaplen,
      ...(warning !== undefined && { warning }),
      precision: () => "micro",
    });
    for (;;) {
      const packets = source.take(left, lend);
      if (packets.length > 0) {
        left -= packets.length;
        const counts = source.counts();
        if (counts.dropped > dropped) onCounts?.(counts);
        dropped = counts.dropped;
        yield packets;
        if (left <= 0) return;
      }
      if (stopping.signal.aborted) {
        const passed = Date.now() - until;
        if (passed > LAST || (packets.length === 0 && passed > SETTLE)) return;
        if (packets.length === 0) await pause();
      }
      // Everybody else has their turn.
      if (packets.length > 0) await nextTurn();
      else if (!stopping.signal.aborted) await source.wait(stopping.signal);
    }
  } finally {
    forget();
    source.close();
    onCounts?.(source.counts());
  }
}

/** Milliseconds after which the kernel has handed over what it had; twice what libpcap lets it gather. */
const SETTLE = 100;

function pause(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 10));
}

async function firstDevice(): Promise<string> {
  const devices = await captureDevices();
  const usable = devices.filter(({ up, running, name }) => up && running && name !== "any");
  const chosen = usable.find(({ loopback }) => !loopback) ?? usable[0];
  if (chosen) return chosen.name;
  throw new NcxError("DENIED", "Cannot choose a device: none that is up can be seen", {
    hint: "name one: -i lo",
  });
}

async function* fromFile(
  { filter = "", signal, onReady, snaplen = MAX_PACKET }: CaptureOptions,
  read: string | AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly RawPacket[]> {
  const compiled = filter === "" ? undefined : await compileFilter(filter);
  // What is wrong with it has to be said before a file is read.
  compiled?.(1);
  const tests = new Map<number, PacketTest>();
  const isWanted = (packet: RawPacket): boolean => {
    if (!compiled) return true;
    const test = tests.get(packet.linkType) ?? compiled(packet.linkType);
    tests.set(packet.linkType, test);
    return test(packet);
  };
  const act = typeof read === "string" ? `read ${quote(read)}` : "read the capture";
  const reader = new CaptureReader();
  onReady?.({ snaplen, precision: () => reader.precision });
  const cut = (packet: RawPacket): RawPacket =>
    packet.bytes.length > snaplen
      ? { ...packet, bytes: packet.bytes.subarray(0, snaplen) }
      : packet;
  try {
    for await (const chunk of bytesOf(read)) {
      if (signal?.aborted) return;
      const packets = reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      yield packets.filter(isWanted).map(cut);
      if (reader.failure) break;
    }
  } catch (error) {
    throw wrap(act, error);
  }
  reader.end();
  const { failure } = reader;
  if (failure)
    throw new NcxError(failure.code, `Cannot ${act}: ${failure.state}`, { cause: failure });
}

function bytesOf(read: string | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return typeof read === "string" ? createReadStream(read, { highWaterMark: READ }) : read;
}
