/** The data of a telnet connection as a Duplex. What the protocol has to answer goes out between two chunks. */
import { Duplex } from "node:stream";
import { MAX_ANSWERS } from "./answering.ts";
import type { SideEvent, TelnetSide } from "./side.ts";

export interface TelnetStreamOptions {
  /** Something was received, and is dealt with. */
  readonly onReceived?: () => void;
  /**
   * Says nothing, and is sent when the peer has ended its input, before that end can be read: one that has left for good
   * answers with a reset. Default: an end is an end.
   */
  readonly probe?: Uint8Array;
}

/** The first one is answered, and the second one meets the answer. */
const PROBES = 2;
/** Milliseconds for an answer. */
const PROBE_TIME = 100;

/** Reads from `under` at once, as far as it can keep what nobody has asked for yet. Destroying it destroys `under`. */
export class TelnetStream extends Duplex {
  readonly #under: Duplex;
  readonly #side: TelnetSide;
  readonly #onReceived: () => void;
  readonly #probe: Uint8Array | undefined;
  #probing: NodeJS.Timeout | undefined;
  /** Answers to what is being read: they go out together. */
  #answers: Uint8Array[] = [];
  #waiting = 0;
  #over = false;
  #gone = false;

  constructor(
    under: Duplex,
    side: TelnetSide,
    { onReceived = () => {}, probe }: TelnetStreamOptions = {},
  ) {
    super({ allowHalfOpen: true });
    this.#under = under;
    this.#side = side;
    this.#onReceived = onReceived;
    this.#probe = probe;
    under.on("data", this.#onData).on("end", this.#onEnd);
    under.on("error", (error) => this.#onError(error)).on("close", () => this.#onClose());
    this.command(side.start());
    if (under.readableEnded) this.#onEnd();
  }

  /** Whether nothing more comes than what can be read already. */
  get inputOver(): boolean {
    return this.#over;
  }

  /** Whether the peer has left for good, or asked to be hung up. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Sends bytes of the protocol, between two chunks of data. */
  command(bytes: Uint8Array): void {
    this.#answer(bytes);
    this.#send();
  }

  /** As a socket's: a link passes a reset on at once. */
  resetAndDestroy(): void {
    // A socket, or a stream over one, resets; whatever else is closed.
    const under = this.#under as Duplex & { resetAndDestroy?: () => void };
    under.resetAndDestroy?.();
    this.destroy();
  }

  override _read(): void {
    this.#under.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    // A failure comes as the "error" of what is below; told twice, it would be an error of ours, too.
    this.#under.write(this.#side.encode(chunk), (error) => !error && done());
  }

  override _final(done: () => void): void {
    this.#under.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#under.off("data", this.#onData).off("end", this.#onEnd);
    clearTimeout(this.#probing);
    if (this.#under.closed) return done(error);
    this.#under.once("close", () => done(error));
    this.#under.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    let room = true;
    for (const event of this.#side.receive(chunk)) room = this.#act(event) && room;
    this.#send();
    if (!room) this.#under.pause();
    this.#onReceived();
  };

  readonly #onEnd = (): void => {
    const rest = this.#side.flush();
    if (rest.length > 0 && !this.#over) this.push(rest);
    this.#endProbed(this.#probe ? PROBES : 0);
  };

  /** Ends the input, unless the peer turns out to have left. */
  #endProbed(times: number): void {
    if (times > 0 && this.#under.writable && !this.#over) {
      this.command(this.#probe ?? Buffer.alloc(0));
      this.#probing = setTimeout(() => this.#endProbed(times - 1), PROBE_TIME);
    } else this.#endInput();
    this.#onReceived();
  }

  #onError(error: Error): void {
    if (!this.#probing || this.#over) return void this.destroy(error);
    this.#gone = true;
    this.#endProbed(0);
  }

  #onClose(): void {
    clearTimeout(this.#probing);
    if (this.#probing) this.#endInput();
    // What came before the end can still be read.
    if (!this.#over || !this.writableFinished) this.destroy();
    this.#onReceived();
  }

  #act(event: SideEvent): boolean {
    switch (event.type) {
      case "send":
        this.#answer(event.bytes);
        return true;
      case "logout":
        this.#gone = true;
        this.#endInput();
        return true;
      case "data":
        return this.#over || this.push(bufferOf(event.bytes));
    }
  }

  #endInput(): void {
    if (this.#over) return;
    this.#over = true;
    this.push(null);
  }

  #answer(bytes: Uint8Array): void {
    // To stop reading until the peer reads would be worse: two that wait for each other.
    if (this.#waiting + bytes.length > MAX_ANSWERS) return;
    this.#waiting += bytes.length;
    this.#answers.push(bytes);
  }

  #send(): void {
    const bytes = Buffer.concat(this.#answers);
    this.#answers = [];
    if (bytes.length === 0 || !this.#under.writable) return;
    this.#under.write(bytes, () => (this.#waiting -= bytes.length));
  }
}

/** The same bytes, not a copy of them. */
function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
