/** What passes through many connections at once, for whoever reads along: rows of text, or of hex. */
import type { Writable } from "node:stream";
import { formatEndpoint } from "../core/endpoint.ts";
import { formatBytes, formatDuration } from "../core/units.ts";
import type { Connection, Direction, LinkReport, Observer } from "../stream/connection.ts";
import { ARROWS, formatChunk } from "./hexdump.ts";
import { TapOutlet } from "./_tap-outlet.ts";
import { TextRows, type Row } from "./text-rows.ts";

/** "none": who comes and goes, and not what is said. */
export type TapShow = "text" | "hex" | "none";

export interface TapOptions {
  /** @default {"text"} */
  show?: TapShow;
  /** Colours a row, which has no line end. */
  paint?: (direction: Direction, row: string) => string;
}

export interface Tap {
  /** Watches one connection: `relay(from, to, { observe: tap.observe })`. */
  readonly observe: (near: Connection, far: Connection) => readonly Observer[];
  /** No more will come: says what was left out last. */
  end(): void;
}

/** Milliseconds that the rest of a line is waited for, unless the other side speaks: a prompt has no end. */
const HOLD = 100;

/** Bytes that are made into rows at a time: between them the output is asked whether it has room. */
const SLICE = 16_384;

/**
 * Writes when each connection opens and ends, and what passes: `[1] > 00000000  GET / HTTP/1.1\r`. `>` is what the near
 * side has sent, the client; the number is the connection's id, and the offset that of the row's first byte in hex.
 *
 * It holds nothing up. While `output` takes less than passes, at most 8 MiB wait for it; what comes beyond is left out,
 * and a line says how much.
 *
 * @example
 * await using front = await relay("127.0.0.1:0", server.endpoint, { observe: tap(process.stdout).observe });
 */
export function tap(output: Writable, options: TapOptions = {}): Tap {
  const outlet = new TapOutlet(output);
  return {
    observe: (near, far) => [new TappedConnection(near, far, outlet, options)],
    end: () => outlet.end(),
  };
}

class TappedConnection implements Observer {
  readonly #name: string;
  readonly #places: string;
  readonly #far: Connection;
  readonly #outlet: TapOutlet;
  readonly #show: TapShow;
  readonly #paint: NonNullable<TapOptions["paint"]>;
  readonly #rows: Readonly<Record<Direction, TextRows | HexRows>>;
  #hold: NodeJS.Timeout | undefined;

  constructor(
    near: Connection,
    far: Connection,
    outlet: TapOutlet,
    { show = "text", paint = (_direction, row) => row }: TapOptions,
  ) {
    this.#name = `[${near.id}]`;
    this.#places = `${formatEndpoint(near.remote)} -> ${formatEndpoint(far.remote)}`;
    this.#far = far;
    this.#outlet = outlet;
    this.#show = show;
    this.#paint = paint;
    this.#rows =
      show === "hex"
        ? { forward: new HexRows("forward"), backward: new HexRows("backward") }
        : { forward: new TextRows(), backward: new TextRows() };
  }

  onOpen(): void {
    this.#outlet.say(`${this.#name} ${this.#places} open\n`);
  }

  onData(_connection: Connection, direction: Direction, chunk: Uint8Array): void {
    if (this.#show === "none") return;
    this.#flush(direction === "forward" ? "backward" : "forward");
    const rows = this.#rows[direction];
    for (let at = 0; at < chunk.length; at += SLICE) {
      const slice = chunk.subarray(at, at + SLICE);
      if (this.#outlet.hasRoom) this.#put(direction, rows.push(slice));
      else this.#leaveOut(direction, slice.length);
    }
    if (this.#far.framing === "message") this.#endMessage(direction, chunk.length);
    else if (rows.held > 0) this.#wait();
  }

  onClose(_connection: Connection, { forward, backward, duration, reason }: LinkReport): void {
    clearTimeout(this.#hold);
    this.#flushBoth();
    const sizes = `${formatBytes(forward)} there, ${formatBytes(backward)} back`;
    const how = `in ${formatDuration(duration)} (${reason})`;
    this.#outlet.say(`${this.#name} ${this.#places}: ${sizes} ${how}\n`);
  }

  /** A datagram is whole, whatever it ends with. */
  #endMessage(direction: Direction, bytes: number): void {
    this.#flush(direction);
    if (bytes === 0) this.#outlet.say(`${this.#name} ${ARROWS[direction]} an empty datagram\n`);
  }

  #wait(): void {
    if (this.#hold) this.#hold.refresh();
    else this.#hold = setTimeout(() => this.#flushBoth(), HOLD).unref();
  }

  #flushBoth(): void {
    this.#flush("forward");
    this.#flush("backward");
  }

  #flush(direction: Direction): void {
    const rows = this.#rows[direction];
    if (rows.held === 0) return;
    if (this.#outlet.hasRoom) this.#put(direction, rows.flush());
    else this.#leaveOut(direction, 0);
  }

  /** What is held, and so many bytes more. */
  #leaveOut(direction: Direction, bytes: number): void {
    const rows = this.#rows[direction];
    this.#outlet.leaveOut(rows.held + bytes);
    rows.skip(bytes);
  }

  #put(direction: Direction, rows: readonly (Row | string)[]): void {
    let text = "";
    for (const row of rows) {
      const line = typeof row === "string" ? row : textLine(row, direction);
      text += `${this.#paint(direction, `${this.#name} ${line}`)}\n`;
    }
    if (text !== "") this.#outlet.write(text);
  }
}

function textLine({ offset, text }: Row, direction: Direction): string {
  return `${ARROWS[direction]} ${offset.toString(16).padStart(8, "0")}  ${text}`;
}

/** The hex dump of one direction, each chunk by itself: nothing is held. */
class HexRows {
  readonly held = 0;
  readonly #direction: Direction;
  #offset = 0;

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  push(chunk: Uint8Array): string[] {
    const lines = formatChunk(chunk, this.#direction, this.#offset);
    this.#offset += chunk.length;
    return lines.map((line) => line.slice(0, -1));
  }

  flush(): string[] {
    return [];
  }

  skip(bytes: number): void {
    this.#offset += bytes;
  }
}
