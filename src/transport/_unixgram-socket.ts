/** One unix datagram socket: the system's calls, and Node's own event loop to wait with. No threads. */
import {
  UNIX_ADDRESS_SIZE,
  decodeUnixAddress,
  encodeUnixAddress,
} from "../platform/unix-address.ts";
import type { Koffi } from "./_koffi.ts";
import type { Libc } from "./_libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Bytes of the longest datagram that is received whole. Linux's own bound is the send buffer, 208 KiB. */
export const MAX_UNIXGRAM: number = 256 * 1024;

/** What a send buffer must have for a UDP datagram's worth. macOS starts with 2 KiB. */
const LEAST_BUFFER = 128 * 1024;

/** Datagrams that are taken before others have their turn. */
const BATCH = 64;

/** Milliseconds between two tries to send to a peer whose queue is full, where the system doesn't tell: 2, 4, 8 … */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 64;

export interface Received {
  readonly bytes: Buffer;
  /** Who it is from, as the system has it: to send to. */
  readonly address: Buffer;
  /** The same to read; empty for a sender without a name. */
  readonly path: string;
}

export interface SocketEvents {
  received(datagram: Received): void;
  /** The socket, or its one peer, is of no use any more. */
  failed(error: Error): void;
}

/** Where every socket's datagrams arrive; each is copied out at once. */
const arrival = Buffer.alloc(MAX_UNIXGRAM);

/** A datagram that found its peer's queue full. */
interface Blocked {
  again(): void;
}

export class UnixgramSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  #events: SocketEvents | undefined;
  #poll: ReturnType<Koffi["node"]["poll"]> | undefined;
  #turn: NodeJS.Immediate | undefined;
  #joined = false;
  #closed = false;
  /** What waits for the one peer of a joined socket to read. */
  #blocked: Blocked[] = [];
  /** What waits for one peer of many, each with its own clock. */
  readonly #pauses = new Set<NodeJS.Timeout>();

  /** @throws what the system says, with `code`. */
  constructor(libc: Libc, buffers: { recvBuffer?: number; sendBuffer?: number } = {}) {
    const { SO_RCVBUF, SO_SNDBUF } = libc.numbers;
    this.#libc = libc;
    this.#fd = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
    if (this.#fd < 0) throw libc.failure("socket");
    libc.fcntl(this.#fd, F_SETFD, "int", FD_CLOEXEC);
    // What the system doesn't grant stays as it is.
    if (buffers.recvBuffer !== undefined) this.#setNumber(SO_RCVBUF, buffers.recvBuffer);
    if (buffers.sendBuffer !== undefined) this.#setNumber(SO_SNDBUF, buffers.sendBuffer);
    else if (libc.numbers.smallBuffers) {
      this.#setNumber(SO_SNDBUF, LEAST_BUFFER);
      if (buffers.recvBuffer === undefined) this.#setNumber(SO_RCVBUF, 2 * LEAST_BUFFER);
    }
  }

  /** Takes a name. @throws what the system says. */
  bind(path: string): void {
    const address = encodeUnixAddress(path);
    if (this.#libc.bind(this.#fd, address, address.length) < 0) throw this.#libc.failure("bind");
  }

  /** Has one peer from now on: only its datagrams come, and that it has gone is told. @throws what the system says. */
  join(address: Buffer): void {
    if (this.#libc.connect(this.#fd, address, address.length) < 0)
      throw this.#libc.failure("connect");
    this.#joined = true;
  }

  /** The name that it has. */
  get path(): string {
    const address = Buffer.alloc(UNIX_ADDRESS_SIZE);
    const length = Int32Array.of(address.length);
    if (this.#libc.getsockname(this.#fd, address, length) < 0) return "";
    return decodeUnixAddress(address.subarray(0, length[0]));
  }

  /** Starts to receive, or goes on with it. */
  read(events: SocketEvents): void {
    this.#events = events;
    this.#watch();
  }

  /** Leaves what comes in the system's queue, which holds the senders back. */
  pause(): void {
    this.#events = undefined;
    this.#watch();
  }

  /** Sends to the peer that the socket is joined to, or to `address`. Waits while that one's queue is full. */
  send(bytes: Uint8Array, address: Buffer, sent: (error: Error | null) => void): void {
    let pause = FIRST_PAUSE;
    const again = (): void => {
      if (this.#closed) return sent(null);
      const error = this.#trySend(bytes, address);
      if (!error || !isFull(error)) return sent(error ?? null);
      // A joined socket is told when its peer reads. Another one is "writable" whatever the peer does.
      if (this.#joined) {
        this.#blocked.push({ again });
        return this.#watch();
      }
      const timer = setTimeout(() => {
        this.#pauses.delete(timer);
        again();
      }, pause);
      this.#pauses.add(timer);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
    again();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearImmediate(this.#turn);
    for (const timer of this.#pauses) clearTimeout(timer);
    this.#poll?.close();
    this.#libc.close(this.#fd);
  }

  #setNumber(option: number, value: number): void {
    const { SOL_SOCKET } = this.#libc.numbers;
    this.#libc.setsockopt(this.#fd, SOL_SOCKET, option, Int32Array.of(value), 4);
  }

  #trySend(bytes: Uint8Array, address: Buffer): (Error & { code: string }) | undefined {
    const { numbers } = this.#libc;
    const length = this.#joined
      ? this.#libc.send(this.#fd, bytes, bytes.length, numbers.MSG_DONTWAIT)
      : this.#libc.sendto(
          this.#fd,
          bytes,
          bytes.length,
          numbers.MSG_DONTWAIT,
          address,
          address.length,
        );
    return length < 0 ? this.#libc.failure("send") : undefined;
  }

  /** Asks the event loop for what is wanted: that something has come, or that the peer has read. */
  #watch(): void {
    if (this.#closed || this.#turn) return;
    const wanted = { readable: this.#events !== undefined, writable: this.#blocked.length > 0 };
    if (!wanted.readable && !wanted.writable) return this.#poll?.stop();
    const wake = (): void => {
      this.#poll?.stop();
      // Not here: newer releases of Node run no microtasks after a callback of this kind.
      this.#turn ??= setImmediate(() => this.#work());
    };
    if (this.#poll) this.#poll.start(wanted, wake);
    else this.#poll = this.#libc.koffi.node.poll(this.#fd, wanted, wake);
  }

  #work(): void {
    for (const { again } of this.#blocked.splice(0)) again();
    for (let left = BATCH; left > 0 && this.#receive(); left -= 1);
    this.#turn = undefined;
    this.#watch();
  }

  /** Takes one datagram, if there is one, and somebody for it. */
  #receive(): boolean {
    if (!this.#events || this.#closed) return false;
    const { numbers } = this.#libc;
    const address = Buffer.alloc(UNIX_ADDRESS_SIZE);
    const length = Int32Array.of(address.length);
    const size = this.#libc.recvfrom(
      this.#fd,
      arrival,
      arrival.length,
      numbers.MSG_DONTWAIT,
      address,
      length,
    );
    if (size < 0) {
      const error = this.#libc.failure("recvfrom");
      if (error.code === "EINTR") return true;
      if (error.code !== "EAGAIN" && error.code !== "EWOULDBLOCK") this.#events.failed(error);
      return false;
    }
    const from = address.subarray(0, length[0]);
    const bytes = Buffer.from(arrival.subarray(0, size));
    this.#events.received({ bytes, address: from, path: decodeUnixAddress(from) });
    return true;
  }
}

/** The peer's queue, or the system's memory for it, has no place now. */
function isFull({ code }: { code: string }): boolean {
  return code === "EAGAIN" || code === "EWOULDBLOCK" || code === "ENOBUFS" || code === "EINTR";
}
