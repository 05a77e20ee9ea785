/** `-w`: packets into a file, each batch at once, so that a reader of the file sees them. */
import { close, closeSync, open, openSync, write } from "node:fs";
import { promisify } from "node:util";
import {
  makeCaptureWriter,
  type CaptureCounts,
  type CaptureFormat,
  type CaptureSource,
  type CaptureWriter,
  type RawPacket,
} from "../../capture/index.ts";
import { quote, wrap } from "../../core/errors.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { drained } from "../drained.ts";
import { RotationState, type Rotation } from "./_capture-rotation.ts";

export interface CaptureFile {
  /** Gives how many of them were taken: fewer than all, once -W has been reached. */
  add(packets: readonly RawPacket[]): Promise<number>;
  close(counts?: CaptureCounts): Promise<void>;
}

/** Bytes that may wait for a slow disk; then the kernel's buffer has to keep what comes. */
const MAX_WAITING: number = 256 * 1024 * 1024;

/** Bytes of memory that is used again; less is had for nothing, and would take the place of more. */
const WORTH_KEEPING = 65_536;

const writeSome = promisify(write);
const openFile = promisify(open);
const closeFile = promisify(close);

/**
 * Opens it: pcap where the name ends in .pcap or .cap, else pcapng; `-` is stdout. Only its owner may read a new one:
 * passwords pass on the wire.
 *
 * @throws {NcxError} when it cannot be written; `add` and `close` as well, when the next one cannot.
 */
export function openCaptureFile(
  path: string,
  source: CaptureSource,
  world: World,
  rotation?: Rotation,
): CaptureFile {
  const format = /\.(pcap|cap)$/i.test(path) ? "pcap" : "pcapng";
  if (rotation) return new RotatedFiles(path, rotation, format, source);
  const sink = path === "-" ? new StdoutSink(world) : new DiskSink(path);
  const file = new OneFile(sink, format, source);
  return {
    async add(packets) {
      file.add(packets);
      await sink.room();
      return packets.length;
    },
    async close(counts) {
      file.end(counts);
      await sink.close();
    },
  };
}

/** The bytes of one file, into its sink. */
class OneFile {
  readonly #sink: Sink;
  readonly #source: CaptureSource;
  readonly #format: CaptureFormat;
  #made: CaptureWriter | undefined;
  /** Bytes written, or about to be. */
  size = 0;

  constructor(sink: Sink, format: CaptureFormat, source: CaptureSource) {
    this.#sink = sink;
    this.#source = source;
    this.#format = format;
    // The header is there at once where it can be known: a reader may be waiting for it.
    if (source.linkType !== undefined) this.#push(this.#writer.add([]));
  }

  add(packets: readonly RawPacket[]): void {
    this.#push(this.#writer.add(packets));
  }

  end(counts?: CaptureCounts): void {
    this.#push(this.#writer.end(counts));
  }

  /** How many packets from `at` on go in before it has more than so many bytes; one at least. */
  fit(packets: readonly RawPacket[], at: number, bytes: number): number {
    if (this.size === 0) return 1; // and the header, whose size is known then
    let { size } = this;
    let end = at;
    for (const packet of packets.slice(at)) {
      if (end > at && size > bytes) break;
      size += this.#writer.sizeOf(packet);
      end += 1;
    }
    return end - at;
  }

  get #writer(): CaptureWriter {
    const { linkType, interface: device } = this.#source;
    return (this.#made ??= makeCaptureWriter(this.#format, {
      // A file's is known once its first packets have been read.
      precision: this.#source.precision(),
      program: `ncx ${VERSION}`,
      allocate: (size) => this.#sink.allocate(size),
      ...(linkType !== undefined && { linkType }),
      ...(device !== undefined && { interface: device }),
    }));
  }

  #push(bytes: Buffer): void {
    this.size += bytes.length;
    this.#sink.push(bytes);
  }
}

/** One file after the other: each is whole, and closed, before the next is opened, which may have its name. */
class RotatedFiles implements CaptureFile {
  readonly #state: RotationState;
  readonly #limit: number;
  readonly #sink: DiskSink;
  readonly #make: () => OneFile;
  #file: OneFile | undefined;

  constructor(path: string, rotation: Rotation, format: CaptureFormat, source: CaptureSource) {
    this.#state = new RotationState(path, rotation, Date.now());
    this.#limit = rotation.size ?? Infinity;
    const sink = new DiskSink(this.#state.name);
    this.#sink = sink;
    this.#make = () => new OneFile(sink, format, source);
    this.#file = this.#make();
  }

  async add(packets: readonly RawPacket[]): Promise<number> {
    for (let at = 0; at < packets.length;) {
      const next = this.#state.next(Date.now(), this.#file?.size ?? 0);
      if (next !== "same") this.#end();
      if (next === "none") return at;
      if (next === "other") this.#sink.next(this.#state.name);
      this.#file ??= this.#make();
      const count = this.#file.fit(packets, at, this.#limit);
      this.#file.add(packets.slice(at, at + count));
      at += count;
      await this.#sink.room();
    }
    return packets.length;
  }

  async close(counts?: CaptureCounts): Promise<void> {
    this.#end(counts);
    await this.#sink.close();
  }

  #end(counts?: CaptureCounts): void {
    this.#file?.end(counts);
    this.#file = undefined;
  }
}

interface Sink {
  /** Memory for what is pushed next. */
  allocate(size: number): Buffer;
  push(bytes: Buffer): void;
  /** Resolves once there is room for more. */
  room(): Promise<void>;
  /** Resolves once everything is written. */
  close(): Promise<void>;
}

/** Writes beside the capture: while a disk is busy, packets go on to be taken from the kernel. */
class DiskSink implements Sink {
  #act: string;
  #fd: number;
  /** Bytes, and the names of the files that begin between them. */
  readonly #queue: (Buffer | string)[] = [];
  /** Memory that has been written from, to be used again: new memory costs more than what is written into it. */
  readonly #spare: Buffer[] = [];
  #waiting = 0;
  #work: Promise<void> | undefined;
  #failure: unknown;
  #isSaid = false;

  constructor(path: string) {
    this.#act = actOn(path);
    try {
      this.#fd = openSync(path, "w", 0o600);
    } catch (error) {
      throw wrap(this.#act, error);
    }
  }

  /** What is pushed from now on goes into another file. */
  next(path: string): void {
    if (this.#failure !== undefined) return;
    this.#queue.push(path);
    this.#work ??= this.#drain();
  }

  allocate(size: number): Buffer {
    if (size < WORTH_KEEPING) return Buffer.allocUnsafe(size);
    const at = this.#spare.findLastIndex(({ length }) => length >= size); // the smallest that will do
    const [found] = at < 0 ? [] : this.#spare.splice(at, 1);
    return found ?? Buffer.allocUnsafeSlow(size + (size >> 2));
  }

  push(bytes: Buffer): void {
    if (this.#failure !== undefined || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    this.#work ??= this.#drain();
  }

  async room(): Promise<void> {
    if (this.#waiting > MAX_WAITING) await this.#work;
    this.#sayFailure();
  }

  async close(): Promise<void> {
    await this.#work;
    if (this.#fd !== NONE) closeSync(this.#fd);
    this.#sayFailure();
  }

  /** Once: what closes the file after a failure has nothing to add. */
  #sayFailure(): void {
    if (this.#failure === undefined || this.#isSaid) return;
    this.#isSaid = true;
    throw wrap(this.#act, this.#failure);
  }

  /** The largest ones: any batch fits into those. */
  #keep(memory: Buffer): void {
    this.#spare.push(memory);
    this.#spare.sort((a, b) => b.length - a.length);
    if (this.#spare.length > 4) this.#spare.pop();
  }

  /** Beside the capture as well: to empty a large file takes a while. */
  async #goOnIn(path: string): Promise<void> {
    const before = this.#fd;
    this.#act = actOn(path);
    this.#fd = NONE;
    await closeFile(before);
    this.#fd = await openFile(path, "w", 0o600);
  }

  async #drain(): Promise<void> {
    try {
      for (let bytes = this.#queue.shift(); bytes; bytes = this.#queue.shift()) {
        if (typeof bytes === "string") {
          await this.#goOnIn(bytes);
          continue;
        }
        for (let at = 0; at < bytes.length;) {
          const { bytesWritten } = await writeSome(this.#fd, bytes, at, bytes.length - at, null);
          at += bytesWritten;
        }
        this.#waiting -= bytes.length;
        if (bytes.length >= WORTH_KEEPING) this.#keep(Buffer.from(bytes.buffer));
      }
    } catch (error) {
      this.#failure = error;
      this.#queue.length = 0;
    } finally {
      this.#work = undefined;
    }
  }
}

/** No descriptor: the next file could not be opened. */
const NONE = -1;

function actOn(path: string): string {
  return `write to ${quote(path)}`;
}

class StdoutSink implements Sink {
  readonly #stdout: World["stdout"];
  #isFull = false;

  constructor({ stdout }: World) {
    this.#stdout = stdout;
  }

  allocate(size: number): Buffer {
    return Buffer.allocUnsafe(size);
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0 || this.#stdout.destroyed) return;
    this.#isFull = !this.#stdout.write(bytes);
  }

  async room(): Promise<void> {
    if (!this.#isFull || this.#stdout.destroyed) return;
    this.#isFull = false;
    await drained(this.#stdout);
  }

  async close(): Promise<void> {
    await this.room();
  }
}
