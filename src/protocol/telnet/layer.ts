/** Telnet over a connection: the layer for text, and the one of a terminal's server. */
import { onAbort } from "../../core/abort.ts";
import type { Connection } from "../../stream/connection.ts";
import { encodeCommand } from "./end.ts";
import { PlainTelnet, type PlainTelnetOptions } from "./plain.ts";
import { TelnetServer, type TelnetClient } from "./server.ts";
import { TelnetStream } from "./stream.ts";

export type { TelnetClient } from "./server.ts";

/** A connection to a telnet client that has a terminal. */
export interface ServedTelnet {
  readonly connection: Connection;
  readonly client: TelnetClient;
  /** Whether the client leaves it to us to show what it types. */
  readonly echoes: boolean;
  /** Whether the client has left for good, or asked to be hung up (RFC 727): not only that it has nothing more to say. */
  readonly gone: boolean;
  /** Resolves once the client has answered, or has left, or after so many ms: plain nc never answers. */
  ready(timeout: number, signal?: AbortSignal): Promise<void>;
  /** Is called with each new size of the client's window, until the next call. */
  onSize(listener: (columns: number, rows: number) => void): void;
}

/** A connection to somebody who speaks telnet, and reads and writes text. */
export interface TelnetText {
  readonly connection: Connection;
  /** Whether the peer leaves it to us to show what it types. */
  readonly echoes: boolean;
  /** Asks the peer not to show what it types: a password; or to do so again. */
  hide(hidden: boolean): void;
}

/** Speaks telnet on a connection, without a terminal. */
export function plainTelnetOver(connection: Connection, options?: PlainTelnetOptions): TelnetText {
  const plain = new PlainTelnet(options);
  const stream = new TelnetStream(connection.stream, plain);
  return {
    connection: over(connection, stream),
    get echoes() {
      return plain.echoes;
    },
    hide: (hidden) => stream.command(plain.echo(hidden)),
  };
}

/** Offers a terminal on a connection that was just accepted. */
export function serveTelnet(connection: Connection): ServedTelnet {
  let resized = (_columns: number, _rows: number): void => {};
  let look = (): void => {};
  const server = new TelnetServer({ onSize: (columns, rows) => resized(columns, rows) });
  const stream = new TelnetStream(connection.stream, server, {
    onReceived: () => look(),
    probe: encodeCommand("NOP"),
  });
  return {
    connection: over(connection, stream),
    client: server.client,
    get echoes() {
      return server.echoes;
    },
    get gone() {
      return stream.gone;
    },
    ready: (timeout, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(late);
          forget();
          look = () => {};
          resolve();
        };
        const late = setTimeout(done, timeout);
        const forget = onAbort(signal, () => done());
        look = () => void ((server.settled || stream.destroyed || stream.inputOver) && done());
        look();
      }),
    onSize: (listener) => (resized = listener),
  };
}

/** Whoever takes it apart takes what is below apart as well. */
function over(connection: Connection, stream: TelnetStream): Connection {
  const { direct: _, ...rest } = connection;
  return {
    ...rest,
    stream,
    async [Symbol.asyncDispose]() {
      stream.on("error", () => {});
      stream.destroy();
      await connection[Symbol.asyncDispose]();
    },
  };
}
