/** The bytes of a terminal that node-pty made, as a Duplex. */
import { readSync, writeSync } from "node:fs";
import { Duplex, type Readable } from "node:stream";
import type { IPty } from "node-pty";
import { errnoOf } from "../core/errors.ts";

export type Terminal = Pick<
  IPty,
  "pid" | "onData" | "onExit" | "pause" | "resume" | "resize" | "kill" | "write"
>;

/** ^D: the end of input, to a program that reads lines. */
const END = "\u0004";
/** Milliseconds until it is typed again: a pipe's end is there for every reader, a terminal's for one. */
const END_AGAIN = 1000;
/** Milliseconds until a terminal whose input is full is tried again: nothing tells when it has room. */
const FULL_AGAIN = 10;

/** Bytes that are taken out of a terminal whose program has ended: several times what a kernel keeps for one. */
const MOST_REST = 1_048_576;
const REST_CHUNK = 4096;

/** What node-pty has inside on unix systems: the terminal's stream and its descriptor, which is non-blocking. */
interface Inside {
  readonly socket: Readable;
  readonly fd: number;
}

export class PtyStream extends Duplex {
  readonly exited: Promise<{ readonly exitCode: number; readonly signal?: number }>;
  readonly #terminal: Terminal;
  readonly #inside: Inside | undefined;
  /** The terminal's stream is closed: its descriptor may be another's. */
  #closed = false;
  #over = false;
  #lineBegun = false;
  #again: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    super({ allowHalfOpen: true });
    this.#terminal = terminal;
    this.#inside = insideOf(terminal);
    if (this.#inside) this.#takeRestOnClose(this.#inside);
    // Bytes, as no encoding was asked for; the type knows only text.
    terminal.onData((chunk) => this.#onData(chunk as unknown as Buffer));
    this.exited = new Promise((resolve) => terminal.onExit(resolve));
    void this.exited.then(this.#onExit);
    this.once("end", () => this.destroy());
  }

  /** Whether the program has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Sizes in characters, 1 to 65535. */
  resize(columns: number, rows: number): void {
    if (this.#closed || this.#over) return;
    try {
      this.#terminal.resize(columns, rows);
    } catch {
      // The program has just ended: nobody needs to know.
    }
  }

  /** As a socket's: a link passes a reset on at once. */
  resetAndDestroy(): void {
    this.destroy();
  }

  override _read(): void {
    if (!this.#closed) this.#terminal.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (chunk.length > 0) this.#lineBegun = !/[\r\n]/.test(String.fromCharCode(chunk.at(-1) ?? 0));
    this.#type(chunk, done);
  }

  override _final(done: () => void): void {
    // In the middle of a line the first one only hands the line over.
    this.#type(Buffer.from(this.#lineBegun ? END + END : END), () => {
      if (!this.#over) this.#again = setInterval(() => this.#type(Buffer.from(END)), END_AGAIN);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.#again);
    this.#closed = true;
    if (this.#inside) this.#inside.socket.destroy();
    else if (!this.#over) this.#terminal.kill();
    done(error);
  }

  /** Nobody is there to read it once the terminal is closed: then it is thrown away. */
  #type(chunk: Buffer, done: (error?: Error) => void = () => {}): void {
    if (this.#closed || this.#over) return done();
    if (!this.#inside) {
      this.#terminal.write(chunk);
      return done();
    }
    // node-pty's own write() keeps all that it is given, and does not tell when it is out.
    try {
      const rest = chunk.subarray(writeSync(this.#inside.fd, chunk));
      if (rest.length === 0) done();
      else setTimeout(() => this.#type(rest, done), FULL_AGAIN);
    } catch (error) {
      if (errnoOf(error) === "EAGAIN") setTimeout(() => this.#type(chunk, done), FULL_AGAIN);
      else done(); // EIO: the program's side is closed, and what it wrote is still to be read
    }
  }

  /**
   * node-pty closes the terminal 200 ms after the program's end, and libuv at the first short read after it, whatever is
   * still to be read (a terminal's reads are always short). So what is left is taken out before.
   */
  #takeRestOnClose({ socket, fd }: Inside): void {
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: Error) => {
      if (!this.#closed) {
        while (socket.read() !== null); // a paused stream may have a chunk that it has not handed out
        for (const chunk of restOf(fd)) this.push(chunk);
        this.#closed = true;
      }
      return destroy(error);
    };
  }

  #onData(chunk: Buffer): void {
    if (!this.push(chunk) && !this.#closed) this.#terminal.pause();
  }

  readonly #onExit = (): void => {
    this.#over = true;
    clearInterval(this.#again);
    this.push(null);
  };
}

/** What a terminal still holds, up to {@link MOST_REST}. */
function* restOf(fd: number): Generator<Buffer> {
  for (let bytes = 0; bytes < MOST_REST;) {
    const chunk = Buffer.allocUnsafe(REST_CHUNK);
    const size = readIfAny(fd, chunk);
    if (size === 0) return;
    bytes += size;
    yield chunk.subarray(0, size);
  }
}

function readIfAny(fd: number, chunk: Buffer): number {
  try {
    return readSync(fd, chunk);
  } catch {
    return 0; // EIO: that was all; EAGAIN: somebody else has the terminal still
  }
}

/** Undefined on Windows, or where a release of node-pty has it otherwise: then its public side has to do. */
function insideOf(terminal: Terminal): Inside | undefined {
  const { _socket: socket, fd } = terminal as { _socket?: unknown; fd?: unknown };
  if (typeof fd !== "number" || !(socket instanceof Duplex)) return undefined;
  return { socket, fd };
}
