/** Clients among themselves: what one says goes to all others. */
import { Duplex, type Readable } from "node:stream";
import { formatEndpoint } from "../../core/endpoint.ts";
import { NcxError } from "../../core/errors.ts";
import { makeConnection, type Connection, type LinkReport } from "../../stream/connection.ts";
import { link, type LinkOptions } from "../../stream/link.ts";
import { Pace } from "./_pace.ts";
import { announcement, makeSpeaker, type Speaker } from "./chat.ts";

/** Bytes that may wait for a client; one that is further behind is let go. */
const MAX_BEHIND = 1_048_576;
/** The share of them from which on whoever speaks is slowed down. */
const SLOW_DOWN = 0.25;
/** Milliseconds that they wait for it then. One that is no faster holds nobody up until it has caught up. */
const PATIENCE = 100;

export interface BrokerOptions {
  /** Sent to every client that is there, as one more of them would; its end means nothing. Null: no input. */
  input: Readable | null;
  /** Tell everybody who comes, who goes and who speaks, and escape what would take a terminal over. @default {false} */
  chat?: boolean;
  /** Bytes that may wait for one client. @default {1048576} */
  maxBehind?: number;
  /** How each client is linked; the others are its left side. */
  link?: Omit<LinkOptions, "signal" | "eof">;
}

export interface Broker {
  /** Joins a client until it has gone, ended its output, or fallen too far behind (reason "limit"). */
  join(connection: Connection, signal: AbortSignal): Promise<LinkReport>;
}

/** Makes a broker. Messages are chunks as they came, and whole datagrams; in a chat they are lines. */
export function makeBroker(options: BrokerOptions): Broker {
  const { input, chat = false, maxBehind = MAX_BEHIND } = options;
  const members = new Set<Member>();
  const pace = new Pace();
  const host = chat ? makeSpeaker("user0") : undefined;
  let users = 0;
  let listening = false;

  function tell(message: Buffer | undefined, from?: Member): void {
    if (message === undefined) return;
    for (const member of members) if (member !== from) member.deliver(message);
  }
  function listen(): void {
    if (!input) return;
    if (!listening) {
      input.on("data", (chunk: Buffer) => {
        tell(host ? host.hear(chunk) : chunk);
        if (pace.slow) listen();
      });
      // A broken input has ended: nobody depends on it.
      input.on("error", () => {});
    }
    listening = true;
    const waits = members.size === 0 || pace.slow;
    if (waits) input.pause();
    else input.resume();
    if (pace.slow) pace.next(listen);
  }

  return {
    async join(connection, signal) {
      users += 1;
      const speaker = chat ? makeSpeaker(`user${users}`) : undefined;
      const member = new Member(connection, speaker, maxBehind, pace, (message) =>
        tell(message, member),
      );
      const others = [...members].map(({ called }) => called);
      members.add(member);
      listen();
      if (speaker) tell(announcement.joined(member.called, others));
      const near = makeConnection({
        stream: member,
        local: connection.local,
        remote: connection.local,
      });
      try {
        const eof = { left: "keep", right: "close" } as const;
        return await link(near, connection, { ...options.link, eof, signal });
      } finally {
        members.delete(member);
        member.destroy();
        listen();
        if (speaker) tell(announcement.left(speaker.name));
      }
    },
  };
}

/** A client's own end of the broker: what it says is written here, and what the others say is read. */
class Member extends Duplex {
  readonly #connection: Connection;
  readonly #speaker: Speaker | undefined;
  readonly #maxBehind: number;
  readonly #pace: Pace;
  readonly #say: (message: Buffer | undefined) => void;
  readonly #waiting: Buffer[] = [];
  #behind = 0;
  #asked = false;
  /** Behind, and waited for until the timer has fired. */
  #held = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(
    connection: Connection,
    speaker: Speaker | undefined,
    maxBehind: number,
    pace: Pace,
    say: (message: Buffer | undefined) => void,
  ) {
    // Object mode: a message stays one chunk, for clients that take datagrams.
    super({ objectMode: true, readableHighWaterMark: 1, allowHalfOpen: true });
    this.#connection = connection;
    this.#speaker = speaker;
    this.#maxBehind = maxBehind;
    this.#pace = pace;
    this.#say = say;
  }

  /** `127.0.0.1 as <user3>`. */
  get called(): string {
    const { remote } = this.#connection;
    let carrier = remote;
    while ("over" in carrier) carrier = carrier.over;
    return `${"host" in carrier ? carrier.host : "somebody"} as <${this.#speaker?.name ?? ""}>`;
  }

  deliver(message: Buffer): void {
    if (this.destroyed) return;
    if (this.#asked) {
      this.#asked = false;
      this.push(message);
      return;
    }
    this.#waiting.push(message);
    this.#behind += message.length;
    this.#weigh();
    if (this.#behind <= this.#maxBehind) return;
    // Its own output is full: there is no use in flushing.
    const { stream, remote } = this.#connection;
    const state = `it is more than ${this.#maxBehind} bytes behind the others`;
    stream.destroy(new NcxError("LIMIT", `Cannot serve ${formatEndpoint(remote)}: ${state}`));
  }

  override _read(): void {
    const message = this.#waiting.shift();
    this.#asked = message === undefined;
    if (!message) return;
    this.#behind -= message.length;
    this.#weigh();
    this.push(message);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const whole = this.#connection.framing === "message";
    this.#say(this.#speaker ? this.#speaker.hear(chunk, whole) : chunk);
    this.#pace.next(done);
  }

  override _final(done: () => void): void {
    this.#say(this.#speaker?.hear(Buffer.alloc(0), true));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#behind = 0;
    this.#weigh();
    done(error);
  }

  /** Slows the others down where that may help. */
  #weigh(): void {
    const slow = this.#behind > this.#maxBehind * SLOW_DOWN;
    if (slow === (this.#patience !== undefined)) return;
    if (slow) {
      this.#held = true;
      this.#pace.hold();
      this.#patience = setTimeout(() => this.#letGo(), PATIENCE);
      return;
    }
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#letGo();
  }

  #letGo(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#pace.release();
  }
}
