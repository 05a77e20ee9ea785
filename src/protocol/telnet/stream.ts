/** The data of a telnet connection as a Duplex. What the protocol has to answer goes out between two chunks. */
import { Duplex } from "node:stream";
import { MAX_ANSWERS } from "./answering.ts";
import type { SideEvent, TelnetSide } from "./side.ts";

export interface TelnetStreamOptions {
  /** Something was received, and is dealt with. */
  readonly onReceived?: () => void;
}

/** Reads from `under` at once, as far as it can keep what nobody has asked for yet. Destroying it destroys `under`. */
export class TelnetStream extends Duplex {
  readonly #under: Duplex;
  readonly #side: TelnetSide;
  readonly #onReceived: () => void;
  /** Answers to what is being read: they go out together. */
  #answers: Uint8Array[] = [];
  #waiting = 0;
  #over = false;

  constructor(
    under: Duplex,
    side: TelnetSide,
    { onReceived = () => {} }: TelnetStreamOptions = {},
  ) {
    super({ allowHalfOpen: true });
    this.#under = under;
    this.#side = side;
    this.#onReceived = onReceived;
    under.on("data", this.#onData).on("end", this.#onEnd);
    under.on("error", (error) => this.destroy(error)).on("close", () => this.#onClose());
    this.command(side.start());
    if (under.readableEnded) this.#onEnd();
  }

  /** Whether nothing more comes than what can be read already. */
  get inputOver(): boolean {
    return this.#over;
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
    this.#endInput();
    this.#onReceived();
  };

  #onClose(): void {
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
