/** One input and one output, shared by many clients: what `-k` does with a terminal. */
import { Duplex, type Readable, type Writable } from "node:stream";
import { makeConnection, type Connection, type LinkReport } from "../../stream/connection.ts";
import { link, type Eof, type LinkOptions } from "../../stream/link.ts";

/** A client this many chunks of input behind (64 KiB each at most) holds the input back, for all: nothing is dropped. */
const MAX_BEHIND = 16;

export interface HubOptions {
  /**
   * Copied to every client that is there; null: no input. Its end half-closes them; with "half-close-if-any" an input
   * that never gave a byte counts as none.
   */
  input: Readable | null;
  /** Whether the input's end half-closes those who come later, too. @default {true} */
  endsLate?: boolean;
  /** All that they send; never ended. Null: it is thrown away. */
  output: Writable | null;
  /** How each client is linked; the hub is its left side. */
  link?: Omit<LinkOptions, "signal">;
}

export interface Hub {
  /** Joins a client until it has gone. */
  join(connection: Connection, signal: AbortSignal): Promise<LinkReport>;
}

/** Makes a hub. The input is read from the first client on: what waits in it is not lost to nobody. */
export function makeHub({ input, output, endsLate = true, link: linkOptions }: HubOptions): Hub {
  const ports = new Set<Port>();
  const rule = linkOptions?.eof?.left ?? "half-close";
  let state: "waiting" | "flowing" | "ended" = "waiting";
  let silent = true;
  const tellsLate = endsLate || rule === "close";

  /** What the input's end does to a client. What "any" means is known here: who comes late has seen none of it. */
  function endFor(late: boolean): Eof {
    if (late && !tellsLate) return "keep";
    return rule === "half-close-if-any" && !silent ? "half-close" : rule;
  }

  function flow(): void {
    if (state !== "waiting" || !input) return;
    state = "flowing";
    input.on("data", (chunk: Buffer) => {
      silent = false;
      for (const port of ports) port.push(chunk);
      hold();
    });
    input.once("end", end);
    // A broken input has ended, too; the clients' own output goes on.
    input.on("error", end);
    if (input.readableEnded) end();
  }
  function end(): void {
    state = "ended";
    for (const port of ports) port.push(null);
  }
  function hold(): void {
    if (state !== "flowing") return;
    const nobody = ports.size === 0;
    const behind = [...ports].some((port) => port.readableLength >= MAX_BEHIND);
    if (nobody || behind) input?.pause();
    else input?.resume();
  }

  return {
    async join(connection, signal) {
      const port = new Port(output, hold);
      const late = state === "ended";
      if (late) port.push(null);
      ports.add(port);
      flow();
      hold();
      const near = makeConnection({
        stream: port,
        local: connection.local,
        remote: connection.local,
      });
      const eof = {
        ...linkOptions?.eof,
        get left() {
          return endFor(late);
        },
      };
      try {
        return await link(near, connection, { ...linkOptions, eof, signal });
      } finally {
        ports.delete(port);
        port.destroy();
        hold();
      }
    },
  };
}

/** A client's own end of the hub. */
class Port extends Duplex {
  readonly #output: Writable | null;
  readonly #taken: () => void;

  constructor(output: Writable | null, taken: () => void) {
    // Object mode: a chunk stays one chunk, for clients that take datagrams.
    super({ objectMode: true, readableHighWaterMark: MAX_BEHIND, allowHalfOpen: true });
    this.#output = output;
    this.#taken = taken;
  }

  override _read(): void {
    this.#taken();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.#output || this.#output.destroyed) return done();
    this.#output.write(chunk, () => done());
  }
}
