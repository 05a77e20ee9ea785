/**
 * The direct way between two sockets: their handles are taken over, and bytes go from one to the other through reused
 * buffers, without a copy or an allocation for each chunk. performance.md §A has the measurements.
 *
 * A socket starts with a scratch buffer that all share: what is read there is copied out, so an idle connection owns
 * no buffer. A read that fills it promotes the socket to a large buffer of its own from a bounded pool; a few short
 * reads in a row give that back.
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Connection, Direction, LiveLink, Mover, Side } from "../stream/connection.ts";
import { endSink, resetStream, watch } from "../stream/stream-mover.ts";

const SCRATCH_BYTES = 65_536;
const LARGE_BYTES = 1_048_576;
/** Large buffers in all; connections beyond go on with the scratch buffer. */
const MAX_LARGE = 32;
/** Of those, how many are kept for the next one when nobody needs them. */
const MAX_SPARE = 4;
/** Short reads in a row after which a large buffer is given back. */
const SHORT_READS = 16;

const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
const spare: Buffer[] = [];
let lent = 0;

function borrow(): Buffer | undefined {
  if (lent >= MAX_LARGE) return undefined;
  lent += 1;
  return spare.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES);
}

/** A busy one is not for anybody else: it is left to the garbage collector. */
function giveBack(buffer: Buffer, busy: boolean): void {
  lent -= 1;
  if (!busy && spare.length < MAX_SPARE) spare.push(buffer);
}

/** Offers the direct way for a connection over this socket, once it pays and both ends stand between two chunks. */
export function pumpSockets(socket: Socket): NonNullable<Connection["direct"]> {
  return ({ stream }, live) => {
    if (live.filters || !live.bulk || !canTakeOver(socket) || !canTakeOver(stream))
      return undefined;
    if (socket.readableLength > 0 || stream.readableLength > 0) return undefined;
    return () => pump(socket, stream, live);
  };
}

function pump(leftSocket: TakeableSocket, rightSocket: TakeableSocket, live: LiveLink): Mover {
  const left = takeOver(leftSocket, (chunk) => deliver(chunk, "forward", right));
  const right = takeOver(rightSocket, (chunk) => deliver(chunk, "backward", left));
  function deliver(chunk: Buffer, direction: Direction, to: Taken): boolean {
    live.moved(direction, chunk);
    // Nobody to write to any more: what comes is dropped, and the link is about to end.
    if (!to.listens) return true;
    to.socket.write(chunk);
    return to.socket.writableLength === 0;
  }
  right.socket.on("drain", left.resume);
  left.socket.on("drain", right.resume);
  follow(left, "left", "forward", live);
  follow(right, "right", "backward", live);
  return {
    end: (direction, flushed) => endSink((direction === "forward" ? right : left).socket, flushed),
    stop(reason, broken) {
      if (reason === "reset") resetStream((broken === "left" ? right : left).socket);
      left.socket.destroy();
      right.socket.destroy();
    },
  };
}

/** Tells the link of a stream's end and breaking. */
export function follow(
  taken: Taken<Duplex>,
  side: Side,
  incoming: Direction,
  live: LiveLink,
): void {
  const { socket } = taken;
  const ended = (): void => live.ended(incoming);
  if (socket.readableEnded) queueMicrotask(ended);
  else socket.once("end", ended);
  socket.once("close", taken.release);
  taken.onDeaf((error) => live.deafened(side, error));
  watch(socket, side, live);
}

/** A socket, or another stream, whose bytes go straight to `deliver`. */
export interface Taken<S extends Duplex = Socket> {
  readonly socket: S;
  /** Whether what is written may still arrive. */
  readonly listens: boolean;
  /** Tells of the first write that failed; the socket is read on. */
  onDeaf(tell: (error: Error) => void): void;
  /** Reads on, after `deliver` had said no. */
  resume(): void;
  /** Gives its buffer back. */
  release(): void;
}

/**
 * Takes a socket's handle over into a new socket that reads into our buffers. `deliver` says whether it is done with
 * the chunk; if not, reading stops until `resume()`.
 */
export function takeOver(socket: TakeableSocket, deliver: (chunk: Buffer) => boolean): Taken {
  let large: Buffer | undefined;
  let short = 0;
  /** The large buffer is still on its way out. */
  let busy = false;
  function read(bytes: number): boolean {
    if (large) {
      const done = deliver(large.subarray(0, bytes));
      busy = !done;
      short = bytes < SCRATCH_BYTES ? short + 1 : 0;
      if (done && short >= SHORT_READS) release();
      return done;
    }
    const done = deliver(Buffer.from(scratch.subarray(0, bytes)));
    if (bytes === SCRATCH_BYTES) {
      large = borrow();
      short = 0;
    }
    return done;
  }
  function release(): void {
    if (large) giveBack(large, busy);
    large = undefined;
  }
  const taken = adopt(socket, { buffer: () => large ?? scratch, callback: read });
  let deaf = false;
  let tellDeaf = (_error: Error): void => {};
  outliveWriteErrors(taken, (error) => {
    if (!deaf) tellDeaf(error);
    deaf = true;
  });
  return {
    socket: taken,
    get listens() {
      return !deaf && !taken.destroyed && !taken.writableEnded;
    },
    onDeaf: (tell) => void (tellDeaf = tell),
    resume() {
      busy = false;
      taken.resume();
    },
    release,
  };
}

/** The same for a stream that is more than its handle, such as TLS: it is read by its events, and stays what it is. */
export function lend(stream: Duplex, deliver: (chunk: Buffer) => boolean): Taken<Duplex> {
  stream.on("data", (chunk: Buffer) => void (deliver(chunk) || stream.pause()));
  return {
    socket: stream,
    get listens() {
      return !stream.destroyed && !stream.writableEnded;
    },
    onDeaf: () => {}, // a failed write breaks the stream, which the link is told of
    resume: () => void stream.resume(),
    release: () => {},
  };
}

interface OnRead {
  buffer: () => Buffer;
  callback: (bytes: number) => boolean;
}

/** A socket as node:net has it inside; `_handle` is the one private thing that we touch, and only here. */
export interface TakeableSocket extends Socket {
  _handle: object;
}

/** Whether the stream is a plain socket whose handle can be taken: nothing is on its way out. */
export function canTakeOver(stream: Duplex): stream is TakeableSocket {
  return (
    Object.getPrototypeOf(stream) === Socket.prototype && // a TLSSocket's bytes are not its handle's
    "_handle" in stream &&
    typeof stream._handle === "object" &&
    stream._handle !== null &&
    stream.writableLength === 0 &&
    stream.writableEnded === stream.writableFinished &&
    !stream.destroyed
  );
}

function adopt(socket: TakeableSocket, onread: OnRead): Socket {
  const { readableEnded, writableEnded, _handle: handle } = socket;
  const watchers = socket.rawListeners("close") as (() => void)[]; // they wait for the connection's end, not this object's
  socket.removeAllListeners("close");
  Object.assign(socket, { _handle: null });
  socket.destroy();
  // With `onread` each write that the kernel took at once leaves writableLength at 0, and one that it didn't must
  // announce its drain, however small: hence the mark of 1.
  const options = {
    handle,
    onread,
    allowHalfOpen: true,
    highWaterMark: 1,
    readable: !readableEnded,
    writable: !writableEnded,
  };
  const adopted = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  for (const watcher of watchers) adopted.once("close", watcher);
  return adopted;
}

/**
 * Keeps a failed write from closing the socket: a peer that answers and leaves in the middle of an upload makes the next
 * write fail, and its answer is still to be read. To the stream such a write has succeeded.
 */
function outliveWriteErrors(socket: Socket, tell: (error: Error) => void): void {
  const { _write, _writev } = socket;
  const outlive = (done: Done): Done => {
    return (error) => {
      if (error && !socket.destroyed) tell(error);
      done(socket.destroyed ? error : null);
    };
  };
  socket._write = (chunk, encoding, done) => _write.call(socket, chunk, encoding, outlive(done));
  socket._writev = (chunks, done) => _writev?.call(socket, chunks, outlive(done));
}

type Done = (error?: Error | null) => void;
