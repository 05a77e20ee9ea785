/** Standard input and output as one connection. The streams come from the edge: nothing here knows the process. */
import { readSync } from "node:fs";
import { Duplex, type Readable, type Writable } from "node:stream";
import type { StdioEndpoint } from "../core/endpoint.ts";
import { NcxError, errnoOf } from "../core/errors.ts";
import { regularFile, writeAllSync } from "../platform/files.ts";
import {
  makeConnection,
  type Connection,
  type Direction,
  type Inline,
  type LiveLink,
  type Mover,
} from "../stream/connection.ts";
import { joinInlines, type JoinedInlines } from "../stream/filters/inline.ts";
import { endSink, resetStream } from "../stream/stream-mover.ts";
import { canTakeOver, follow, lend, takeOver, type Taken } from "./tcp-pump.ts";

const STDIO: StdioEndpoint = { kind: "stdio" };
/** What a file is read by. */
const FILE_CHUNK = 262_144;

export interface StdioStreams {
  /** Where what we send comes from; null: there is nothing to send, and no end of it either. */
  readonly input: Readable | null;
  /** Where what we receive goes; null: it is thrown away. */
  readonly output: Writable | null;
}

/** Refuses: the streams are the caller's to give, see {@link stdioConnection}. */
export async function dial(): Promise<Connection> {
  throw new NcxError(
    "UNSUPPORTED",
    "Cannot dial stdio: the library is not handed the process's streams",
    {
      hint: "use stdioConnection({ input, output })",
    },
  );
}

/**
 * A connection over two streams. Its end of output leaves `output` open: a terminal or a pipe is the caller's to close.
 * A reader of `output` that goes away ends the connection without an error.
 */
export function stdioConnection(streams: StdioStreams): Connection {
  return makeConnection({
    stream: new Stdio(streams),
    local: STDIO,
    remote: STDIO,
    direct: (other, live) => pumpStdio(streams, other, live),
  });
}

class Stdio extends Duplex {
  readonly #input: Readable | null;
  readonly #output: Writable | null;
  #reading = false;

  constructor({ input, output }: StdioStreams) {
    super({ allowHalfOpen: true });
    this.#input = input;
    this.#output = output;
    output?.on("error", this.#onOutputError);
    // Where the direct way is taken nobody listens here; the outlet tells.
    this.on("error", () => {});
  }

  override _read(): void {
    if (!this.#input) return;
    if (!this.#reading) this.#listen(this.#input);
    this.#input.resume();
  }

  #listen(input: Readable): void {
    this.#reading = true;
    input.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError);
    if (input.readableEnded) this.#onEnd();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    if (!this.#output) return done();
    // A failure comes as the output's "error"; told twice, it would be an error of ours, too.
    this.#output.write(chunk, (error) => !error && done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#input
      ?.off("data", this.#onData)
      .off("end", this.#onEnd)
      .off("error", this.#onError)
      .pause();
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => void (this.push(chunk) || this.#input?.pause());
  readonly #onEnd = (): void => void this.push(null);
  readonly #onError = (error: Error): void => void this.destroy(error);
  readonly #onOutputError = (error: Error): void =>
    void this.destroy(isClosed(error) ? undefined : error);
}

/** The reader of our output went away: no failure of ours. */
function isClosed(error: unknown): boolean {
  return ["EPIPE", "ERR_STREAM_DESTROYED", "EOF"].includes(errnoOf(error));
}

/**
 * The direct way between stdio and a stream: no other stream between, and a regular file is read and written by large
 * blocks. A plain socket reads into reused buffers. Only from the start, before a file's stream has read ahead.
 */
function pumpStdio(
  streams: StdioStreams,
  other: Connection,
  live: LiveLink,
): (() => Mover) | undefined {
  const { stream, framing } = other;
  if (live.bulk || framing === "message" || stream.listenerCount("data") > 0) return undefined;
  return () => pump(streams, other, live);
}

function pump({ input, output }: StdioStreams, other: Connection, live: LiveLink): Mover {
  const untaken = other.stream;
  const outlet = openOutlet(output, (error) => live.failed("left", error));
  let received = joinInlines([]);
  function deliver(chunk: Buffer): boolean {
    live.moved("backward", chunk);
    const shown = received(chunk);
    return shown.length === 0 || outlet.write(shown);
  }
  const early: Buffer | null = untaken.read(); // what came before anybody asked
  const taken = canTakeOver(untaken) ? takeOver(untaken, deliver) : lend(untaken, deliver);
  received = inlineOf("backward", other, taken.socket, live);
  if (early && !deliver(early)) taken.socket.pause();
  outlet.onDrain(taken.resume);
  follow(taken, "right", "backward", live);
  const sent = inlineOf("forward", other, taken.socket, live);
  const inlet = openInlet(input, taken, live, sent);
  function end(direction: Direction, flushed: () => void): void {
    const rest = (direction === "forward" ? sent : received).flush();
    if (direction === "backward") {
      if (rest.length > 0) outlet.write(rest);
      return outlet.flush(flushed);
    }
    if (rest.length > 0 && taken.listens) {
      live.moved("forward", rest);
      taken.socket.write(rest);
    }
    endSink(taken.socket, flushed);
  }
  return {
    end,
    stop(reason, broken) {
      inlet.stop();
      outlet.stop();
      if (reason === "reset" && broken === "left") resetStream(taken.socket);
      taken.socket.destroy();
    },
  };
}

/** The filters of a direction as one function. */
function inlineOf(
  direction: Direction,
  connection: Connection,
  peer: Writable,
  { filters }: LiveLink,
): JoinedInlines {
  return joinInlines(
    filters?.[direction].flatMap((filter) => filter.inline?.(connection, peer) ?? []) ?? [],
  );
}

/** Where received bytes go. */
interface Outlet {
  /** Whether the chunk is written out, and its memory free. */
  write(chunk: Uint8Array): boolean;
  onDrain(resume: () => void): void;
  flush(done: () => void): void;
  stop(): void;
}

function openOutlet(output: Writable | null, failed: (error?: unknown) => void): Outlet {
  if (!output)
    return { write: () => true, onDrain: () => {}, flush: (done) => done(), stop: () => {} };
  const fd = regularFile(output);
  if (fd !== undefined) return fileOutlet(fd, failed);
  const onError = (error: unknown): void => failed(isClosed(error) ? undefined : error);
  output.on("error", onError);
  let drained = (): void => {};
  return {
    write(chunk) {
      if (output.destroyed) return true;
      output.write(chunk);
      if (output.writableLength === 0) return true;
      // A short chunk stays below the stream's mark and announces no drain.
      if (!output.writableNeedDrain) output.write("", () => drained());
      return false;
    },
    onDrain(resume) {
      drained = resume;
      output.on("drain", resume);
    },
    flush(done) {
      if (output.destroyed || output.writableLength === 0) return queueMicrotask(done);
      output.write("", () => done());
    },
    stop: () => void output.off("drain", drained),
  };
}

/** A regular file takes a block at once, and never says EAGAIN: no need to wait for a thread. */
function fileOutlet(fd: number, failed: (error: unknown) => void): Outlet {
  return {
    write(chunk) {
      try {
        writeAllSync(fd, chunk);
      } catch (error) {
        failed(error);
      }
      return true;
    },
    onDrain: () => {},
    flush: (done) => queueMicrotask(done),
    stop: () => {},
  };
}

/** Where sent bytes come from. */
interface Inlet {
  stop(): void;
}

function openInlet(input: Readable | null, to: Taken<Duplex>, live: LiveLink, sent: Inline): Inlet {
  if (!input) return { stop: () => {} };
  const fd =
    input.readableFlowing === null && input.readableLength === 0 ? regularFile(input) : undefined;
  return fd === undefined ? streamInlet(input, to, live, sent) : fileInlet(fd, to, live, sent);
}

function streamInlet(input: Readable, to: Taken<Duplex>, live: LiveLink, sent: Inline): Inlet {
  const { socket } = to;
  const onData = (typed: Buffer): void => {
    if (!to.listens) return;
    const chunk = sent(typed);
    live.moved("forward", chunk);
    if (!socket.write(chunk) && socket.writableLength > FILE_CHUNK) input.pause();
  };
  const onEnd = (): void => live.ended("forward");
  const onDrain = (): void => void input.resume();
  const onError = (error: unknown): void => live.failed("left", error);
  socket.on("drain", onDrain);
  input.on("data", onData).once("end", onEnd).on("error", onError);
  if (input.readableEnded) queueMicrotask(onEnd);
  return {
    stop() {
      socket.off("drain", onDrain);
      input.off("data", onData).off("end", onEnd).pause();
    },
  };
}

// Read without a thread: a file that is read at all is mostly in memory already, and waking a thread for each block
// took longer than reading it (0.96 against 1.84 GB/s).
function fileInlet(fd: number, to: Taken<Duplex>, live: LiveLink, sent: Inline): Inlet {
  const { socket } = to;
  const fresh = (): Buffer => Buffer.allocUnsafeSlow(FILE_CHUNK);
  // One is with the kernel while the other is read ahead. A stream that may keep what it was given gets each afresh.
  const again = socket.writableHighWaterMark === 1 ? ([fresh(), fresh()] as const) : undefined;
  let turn = 0;
  let ahead: Buffer | undefined;
  let due: NodeJS.Immediate | undefined;
  function block(): Buffer {
    turn = 1 - turn;
    const buffer = again ? again[turn === 0 ? 0 : 1] : fresh();
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, null));
  }
  function next(): void {
    clearImmediate(due); // a filter's answer drains, too
    if (!to.listens) return;
    try {
      const read = ahead ?? block();
      ahead = undefined;
      if (read.length === 0) return live.ended("forward");
      const chunk = sent(read);
      live.moved("forward", chunk);
      // Taken at once, it left its buffer free; and everything else has its turn before the next.
      if (socket.write(chunk)) due = setImmediate(next);
      else ahead = block();
    } catch (error) {
      live.failed("left", error);
    }
  }
  socket.on("drain", next);
  due = setImmediate(next);
  return {
    stop() {
      clearImmediate(due);
      socket.off("drain", next);
    },
  };
}
