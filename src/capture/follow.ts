/**
 * What was said in the conversations of a capture: TCP's segments in order and once, UDP's datagrams as they came.
 * Pure: packets in, pieces out.
 */
import type { RawPacket } from "../protocol/capture/record.ts";
import { decodePacket, TCP, type Packet, type TcpHeader } from "../protocol/packet/decode.ts";

/** Where a piece comes from, or goes to. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Something that one side of a conversation has said. */
export interface Piece {
  /** The conversation's number, from 1 on, in the order they were seen. */
  readonly conversation: number;
  readonly protocol: "tcp" | "udp";
  readonly from: Place;
  readonly to: Place;
  /** When the packet came that completed it. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Empty where it is the end. */
  readonly bytes: Buffer;
  /** Bytes before these that the capture has not seen. */
  readonly missing: number;
  /** This side says no more: it has closed, or the connection was reset. */
  readonly end?: "closed" | "reset";
}

/** Conversations that are followed at a time; the one that was silent longest is forgotten. */
const MAX_CONVERSATIONS = 4096;

/** Bytes of one direction that wait for earlier ones; then those are missing. */
const MAX_WAITING = 1024 * 1024;

/** Segments of one direction that wait. */
const MAX_SEGMENTS = 1024;

/** Bytes of all conversations that wait. */
const MAX_WAITING_IN_ALL: number = 64 * 1024 * 1024;

const NOTHING: RawPacket = {
  seconds: 0,
  nanoseconds: 0,
  length: 0,
  bytes: Buffer.alloc(0),
  linkType: 0,
};

interface Side {
  readonly place: Place;
  /** The sequence number that comes next; undefined before the first segment. */
  next: number | undefined;
  /** What came early, in the order of its numbers. */
  waiting: { sequence: number; bytes: Buffer }[];
  waitingBytes: number;
  /** The number behind its last byte, once it has closed. */
  last: number | undefined;
  ended: boolean;
}

interface Conversation {
  readonly number: number;
  readonly protocol: "tcp" | "udp";
  readonly sides: readonly [Side, Side];
}

export class Follower {
  readonly #conversations = new Map<string, Conversation>();
  #count = 0;
  /** When the last packet came. */
  #last: RawPacket = NOTHING;
  #waiting = 0;

  /** How many conversations there were so far. */
  get count(): number {
    return this.#count;
  }

  /** What a packet, the next one of the capture, has completed. */
  add(raw: RawPacket | Packet): Piece[] {
    const packet = "link" in raw ? raw : decodePacket(raw);
    this.#last = raw;
    const { ip, tcp, udp } = packet;
    const ports = tcp ?? udp;
    // A fragment is no segment: where its rest is cannot be told.
    if (!ip || !ports || ip.moreFragments) return [];
    const from = { address: ip.source, port: ports.sourcePort };
    const to = { address: ip.destination, port: ports.destinationPort };
    const protocol = tcp ? "tcp" : "udp";
    const { conversation, own, other, left } = this.#find(protocol, from, to, tcp);
    if (!tcp) return [...left, pieceOf(conversation, own, other, packet, packet.payload)];
    return [...left, ...this.#segment(conversation, own, other, packet, tcp)];
  }

  /** The capture has ended: what still waited for what never came. */
  end(): Piece[] {
    return [...this.#conversations.values()].flatMap((conversation) => this.#giveUp(conversation));
  }

  #find(
    protocol: "tcp" | "udp",
    from: Place,
    to: Place,
    tcp: TcpHeader | undefined,
  ): { conversation: Conversation; own: Side; other: Side; left: Piece[] } {
    const [here, there] = [`${from.address} ${from.port}`, `${to.address} ${to.port}`];
    const key = `${protocol} ${here < there ? `${here} ${there}` : `${there} ${here}`}`;
    const known = this.#conversations.get(key);
    const left: Piece[] = [];
    let conversation = known;
    if (known && tcp && isAnew(known, from, tcp)) {
      left.push(...this.#giveUp(known));
      conversation = undefined;
    }
    if (!conversation) {
      const [oldest] = this.#conversations.keys();
      if (this.#conversations.size >= MAX_CONVERSATIONS && oldest !== undefined) {
        const silent = this.#conversations.get(oldest);
        if (silent) left.push(...this.#giveUp(silent));
        this.#conversations.delete(oldest);
      }
      this.#count += 1;
      conversation = { number: this.#count, protocol, sides: [sideOf(from), sideOf(to)] };
    }
    // The last one that spoke is the last of the map.
    this.#conversations.delete(key);
    this.#conversations.set(key, conversation);
    const [one, two] = conversation.sides;
    const isFirst = isAt(one, from);
    return { conversation, own: isFirst ? one : two, other: isFirst ? two : one, left };
  }

  #segment(
    conversation: Conversation,
    own: Side,
    other: Side,
    packet: Packet,
    tcp: TcpHeader,
  ): Piece[] {
    const { flags } = tcp;
    const pieces: Piece[] = [];
    const isSyn = (flags & TCP.syn) !== 0;
    // RFC 9293 §3.4: a SYN has a number of its own.
    const sequence = (tcp.sequence + (isSyn ? 1 : 0)) >>> 0;
    own.next ??= sequence;
    if (packet.payload.length > 0) this.#wait(own, sequence, packet.payload);
    if (flags & TCP.fin) own.last = (sequence + packet.payloadLength) >>> 0;
    pieces.push(...this.#inOrder(conversation, own, other, packet));
    // What the peer has acknowledged has been there, captured or not.
    if (flags & TCP.ack && other.waiting.length > 0)
      pieces.push(...this.#skipAcknowledged(conversation, other, own, packet, tcp));
    if (flags & TCP.rst) {
      for (const [side, peer] of [
        [other, own],
        [own, other],
      ] as const)
        pieces.push(...this.#finish(conversation, side, peer, packet, "reset"));
    }
    return pieces;
  }

  /** Keeps a segment until its turn. */
  #wait(side: Side, sequence: number, bytes: Buffer): void {
    const { waiting } = side;
    const next = side.next ?? sequence;
    if (distance(next, (sequence + bytes.length) >>> 0) <= 0) return; // all of it has been given already
    let at = waiting.length;
    while (at > 0 && distance(next, waiting[at - 1]?.sequence ?? 0) > distance(next, sequence))
      at -= 1;
    const before = waiting[at - 1];
    if (before?.sequence === sequence && before.bytes.length >= bytes.length) return; // sent again
    waiting.splice(at, 0, { sequence, bytes: Buffer.from(bytes) });
    side.waitingBytes += bytes.length;
    this.#waiting += bytes.length;
  }

  /** Gives what follows what was given before. */
  #inOrder(conversation: Conversation, own: Side, other: Side, packet: RawPacket): Piece[] {
    const pieces: Piece[] = [];
    const isFull = (): boolean =>
      own.waitingBytes > MAX_WAITING ||
      own.waiting.length > MAX_SEGMENTS ||
      this.#waiting > MAX_WAITING_IN_ALL;
    for (;;) {
      const [first] = own.waiting;
      if (!first || own.next === undefined) break;
      const ahead = distance(own.next, first.sequence);
      if (ahead > 0 && !isFull()) break;
      pieces.push(...this.#takeFirst(conversation, own, other, packet));
    }
    if (own.last !== undefined && own.next !== undefined && distance(own.next, own.last) <= 0)
      pieces.push(...this.#finish(conversation, own, other, packet, "closed"));
    return pieces;
  }

  /** Takes the first that waits, whatever is missing before it. */
  #takeFirst(conversation: Conversation, own: Side, other: Side, packet: RawPacket): Piece[] {
    const first = own.waiting.shift();
    if (!first) return [];
    own.waitingBytes -= first.bytes.length;
    this.#waiting -= first.bytes.length;
    const ahead = distance(own.next ?? first.sequence, first.sequence);
    const fresh = ahead < 0 ? first.bytes.subarray(-ahead) : first.bytes;
    if (fresh.length === 0) return [];
    own.next = (first.sequence + first.bytes.length) >>> 0;
    return [pieceOf(conversation, own, other, packet, fresh, Math.max(0, ahead))];
  }

  #skipAcknowledged(
    conversation: Conversation,
    side: Side,
    peer: Side,
    packet: RawPacket,
    { acknowledgment }: TcpHeader,
  ): Piece[] {
    const pieces: Piece[] = [];
    for (;;) {
      const [first] = side.waiting;
      if (!first || distance(first.sequence, acknowledgment) <= 0) break;
      pieces.push(...this.#takeFirst(conversation, side, peer, packet));
    }
    return pieces.length === 0
      ? pieces
      : [...pieces, ...this.#inOrder(conversation, side, peer, packet)];
  }

  #finish(
    conversation: Conversation,
    own: Side,
    other: Side,
    packet: RawPacket,
    end: "closed" | "reset",
  ): Piece[] {
    if (own.ended) return [];
    const pieces: Piece[] = [];
    while (own.waiting.length > 0)
      pieces.push(...this.#takeFirst(conversation, own, other, packet));
    own.ended = true;
    return [...pieces, { ...pieceOf(conversation, own, other, packet, Buffer.alloc(0)), end }];
  }

  /** Everything that waits in a conversation that nothing more is known of. */
  #giveUp(conversation: Conversation): Piece[] {
    const [one, two] = conversation.sides;
    const pieces: Piece[] = [];
    for (const [own, other] of [
      [one, two],
      [two, one],
    ] as const) {
      while (own.waiting.length > 0)
        pieces.push(...this.#takeFirst(conversation, own, other, this.#last));
    }
    return pieces;
  }
}

function sideOf(place: Place): Side {
  return { place, next: undefined, waiting: [], waitingBytes: 0, last: undefined, ended: false };
}

function isAt({ place }: Side, { address, port }: Place): boolean {
  return place.address === address && place.port === port;
}

/** A SYN that begins another conversation between the same ports, and isn't the same one sent again. */
function isAnew({ sides }: Conversation, from: Place, { flags, sequence }: TcpHeader): boolean {
  if ((flags & TCP.syn) === 0 || (flags & TCP.ack) !== 0) return false;
  const own = sides.find((side) => isAt(side, from));
  return (
    own?.next !== undefined && (sequence + 1) >>> 0 !== own.next && sides.some(({ ended }) => ended)
  );
}

/** How far `to` is ahead of `from`: RFC 9293 §3.4, numbers start again after 2^32. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}

function pieceOf(
  { number, protocol }: Conversation,
  own: Side,
  other: Side,
  { seconds, nanoseconds }: RawPacket,
  bytes: Buffer,
  missing: number = 0,
): Piece {
  return {
    conversation: number,
    protocol,
    from: own.place,
    to: other.place,
    seconds,
    nanoseconds,
    bytes,
    missing,
  };
}
