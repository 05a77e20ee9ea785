/** A connection: one live Duplex, with the two places it joins. */
import type { Duplex, Writable } from "node:stream";
import type { Endpoint } from "../core/endpoint.ts";
import type { NcxError } from "../core/errors.ts";

/** Whether a chunk is just some bytes, or one datagram or frame that stays whole. */
export type Framing = "stream" | "message";

export interface Connection extends AsyncDisposable {
  /** Unique in this process: the key in logs, events and captures. */
  readonly id: number;
  /** Byte mode for "stream"; object mode both ways, one Buffer a message, for "message". Nobody has read from it yet. */
  readonly stream: Duplex;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly framing: Framing;
  /**
   * A carrier's own faster way to `other`. Asked at the start of a link, and again between two chunks once a lot has
   * passed. The answer takes the connections over when it is called: their streams are spent then. Undefined: not now.
   */
  direct?(other: Connection, live: LiveLink): (() => Mover) | undefined;
}

/** May change everything about a connection: TLS, telnet, WebSocket, SOCKS. */
export type Layer = (connection: Connection, signal?: AbortSignal) => Promise<Connection>;

/** Changes bytes one way. It is a Transform, or any Duplex whose output ends after its input did. */
export interface Filter {
  (connection: Connection): Duplex;
  /**
   * The same without a stream, where it waits for nothing but the next chunk. `peer` is where the right side can be
   * written to. With filters that all have this a direct way may be taken.
   */
  inline?(connection: Connection, peer: Writable): Inline;
}

/** What becomes of each chunk, which is valid only during the call and until what it became is written. */
export interface Inline {
  (chunk: Uint8Array): Uint8Array;
  /** What was kept until more is known, at the end of the input. */
  flush?(): Uint8Array;
}

/** Forward is left to right in `link(left, right)`, everywhere. */
export type Direction = "forward" | "backward";

/** Watches and changes nothing. */
export interface Observer {
  onOpen?(connection: Connection): void;
  /** `chunk` is valid only during the call. */
  onData?(connection: Connection, direction: Direction, chunk: Uint8Array): void;
  onClose?(connection: Connection, report: LinkReport): void;
}

/** Why a link ended. "eof": as it should, or because a reader went away. "limit": a filter's bound. */
export type LinkReason = "eof" | "idle" | "limit" | "reset" | "aborted" | "error";

export interface LinkReport {
  /** Bytes that went left to right, and right to left. */
  readonly forward: number;
  readonly backward: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly reason: LinkReason;
  /** What broke, with reason "reset", "error" or "limit". */
  readonly error?: NcxError;
}

/** The life of one link, as whoever moves its bytes sees it. */
export interface LiveLink {
  /** A lot has passed already: the direct way is worth what it costs to set up. */
  readonly bulk: boolean;
  /** What is to be done with each chunk, by filters that all can do it inline; undefined: nothing. */
  readonly filters?: Readonly<Record<Direction, readonly Filter[]>> | undefined;
  /** A chunk is about to be passed on in this direction. */
  moved(direction: Direction, chunk: Uint8Array): void;
  /** The input of this direction has ended; its sink is not ended yet. */
  ended(direction: Direction): void;
  /** This side takes no more, but what it has sent is still being read. */
  deafened(side: Side, error: unknown): void;
  /** This side broke, or closed without an error before its input's end. */
  failed(side: Side, error?: unknown): void;
}

export type Side = "left" | "right";

/** What moves the bytes of a link: the streams, or a carrier's direct way. */
export interface Mover {
  /** Lets go of both sides between two chunks, for another mover to go on. */
  release?(): void;
  /** Passes the end of input on in this direction; calls back once all that was written is out. */
  end(direction: Direction, done: () => void): void;
  /** The link is over, and nothing moves any more. After a reset of `broken`, the other side is to be reset too. */
  stop(reason: LinkReason, broken: Side | undefined): void;
}

export interface ConnectionParts {
  stream: Duplex;
  local: Endpoint;
  remote: Endpoint;
  framing?: Framing;
  direct?: NonNullable<Connection["direct"]>;
}

let lastId = 0;

/** Makes a connection of a stream. Disposing of it destroys the stream and waits until it is closed. */
export function makeConnection(parts: ConnectionParts): Connection {
  const { stream, local, remote, framing = "stream", direct } = parts;
  lastId += 1;
  return {
    id: lastId,
    stream,
    local,
    remote,
    framing,
    ...(direct && { direct }),
    [Symbol.asyncDispose]: () => closed(stream),
  };
}

function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) return resolve();
    stream.once("close", resolve);
    // A failure while closing changes nothing for the one who is done with it.
    stream.on("error", () => {});
    stream.destroy();
  });
}
