/** Connections without a network: what is written to one end is read at the other, no faster than it is read. */
import { Duplex, type DuplexOptions } from "node:stream";
import { type Connection, type Framing, makeConnection } from "../../src/stream/connection.ts";

export interface MemoryPair {
  /** The end to link. */
  readonly connection: Connection;
  /** The far end. */
  readonly peer: MemoryEnd;
}

export interface MemoryPairOptions {
  /** @default {"stream"} */
  framing?: Framing;
  /** Whether it can be reset, as TCP can. @default {false} */
  canReset?: boolean;
}

let lastName = 0;

export function memoryPair(options: MemoryPairOptions = {}): MemoryPair {
  const { framing = "stream", canReset = false } = options;
  const objectMode = framing === "message";
  const near = canReset ? new ResettableEnd({ objectMode }) : new MemoryEnd({ objectMode });
  const peer = new MemoryEnd({ objectMode });
  near.other = peer;
  peer.other = near;
  lastName += 1;
  const place = { kind: "memory", name: `pair-${lastName}` } as const;
  return {
    connection: makeConnection({ stream: near, local: place, remote: place, framing }),
    peer,
  };
}

/** One end. Its errors are kept rather than thrown: tests look at them. */
export class MemoryEnd extends Duplex {
  other: MemoryEnd | undefined;
  #written: (() => void) | undefined;

  constructor(options: DuplexOptions) {
    super({ highWaterMark: options.objectMode ? 4 : 1024, ...options });
    this.on("error", () => {});
  }

  /** Goes away as a process that is killed: the other end reads ECONNRESET. */
  reset(): void {
    this.other?.destroy(systemError("ECONNRESET"));
    this.destroy();
  }

  override _write(chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    if (!this.other || this.other.destroyed) return done(systemError("EPIPE"));
    if (this.other.push(chunk)) done();
    else this.other.#written = done;
  }

  override _read(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _final(done: () => void): void {
    if (this.other && !this.other.destroyed) this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read();
    if (this.other && !this.other.destroyed && !this.writableFinished) this.other.push(null);
    done(error);
  }
}

/** An end that looks like a TCP socket to whoever wants to reset it. */
class ResettableEnd extends MemoryEnd {
  readonly remotePort = 1;

  resetAndDestroy(): void {
    this.reset();
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
