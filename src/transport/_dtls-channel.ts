/** A DTLS session on its carrier: the datagrams of one, the messages of a stream. */
import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";
import { formatEndpoint, type DtlsEndpoint } from "../core/endpoint.ts";
import type { NcxError } from "../core/errors.ts";
import type { TlsFacts } from "../core/events.ts";
import { brokenTls, untrusted } from "./tls-failures.ts";
import { onAbort } from "../core/abort.ts";
import { MAX_RECORD } from "../stream/filters/datagrams.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { DtlsSession, type AsClient, type AsServer } from "./_dtls-session.ts";
import type { OpenSsl, Ref } from "./_openssl.ts";
import { DatagramStream } from "./udp-stream.ts";

/** Milliseconds for the goodbye to get out, where the carrier's peer takes nothing. */
const GOODBYE_TIME = 1000;

const agreed = new WeakMap<Duplex, TlsFacts>();

/** What was agreed on; undefined for a connection without DTLS. */
export function describeDtls({ stream }: Connection): TlsFacts | undefined {
  return agreed.get(stream);
}

export interface ChannelParts {
  readonly openssl: OpenSsl;
  readonly context: Ref;
  readonly role: AsClient | AsServer;
  readonly carrier: Connection;
  readonly local: DtlsEndpoint;
  readonly remote: DtlsEndpoint;
}

/** Owns its carrier from the call of `shakeHands` on. */
export class DtlsChannel {
  readonly #parts: ChannelParts;
  readonly #carrier: Connection;
  readonly #session: DtlsSession;
  readonly #stream: DatagramStream;
  /** Called once a datagram is out. */
  #written = (): void => {};
  #settle: ((error?: unknown) => void) | undefined;

  constructor(parts: ChannelParts) {
    const { openssl, context, role, carrier, remote } = parts;
    this.#parts = parts;
    this.#carrier = carrier;
    this.#stream = new DatagramStream(
      remote,
      {
        send: (message, sent) => this.#send(message, sent),
        close: (closed) => void this.#close(closed),
      },
      MAX_RECORD,
    );
    this.#session = new DtlsSession(openssl, context, role, {
      // It is bounded: a handshake has a few, and each message waits until the one before has drained.
      send: (datagram) => void carrier.stream.write(datagram, () => this.#written()),
      ready: (facts) => {
        agreed.set(this.#stream, facts);
        this.#settle?.();
      },
      untrusted: (code, certificate) => this.#failed(this.#untrusted(code, certificate)),
      message: (message) => this.#stream.receive(message),
      ended: () => this.#ended(),
      failed: (error) => this.#failed(error),
    });
  }

  /**
   * Answers a client's hello that has no cookie, and gives true for one that has: then `shakeHands` goes on with it.
   * Else the session is gone already, and `answered` is called once the carrier isn't needed for it.
   */
  greet(hello: Buffer, answered: () => void): boolean {
    this.#written = answered;
    const proved = this.#session.greet(hello);
    if (proved) this.#written = () => {};
    else this.#session.free();
    if (!proved && this.#carrier.stream.writableLength === 0) answered();
    return proved;
  }

  /** Shakes hands, with a datagram that has come already. Resolves with the connection; closes the carrier else. */
  async shakeHands(signal: AbortSignal | undefined, first?: Buffer): Promise<Connection> {
    const { local, remote } = this.#parts;
    const { stream } = this.#carrier;
    const connection = makeConnection({ stream: this.#stream, local, remote, framing: "message" });
    const done = new Promise<void>((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error as Error)); // NcxError, or what aborts
    });
    const forget = onAbort(signal, () => this.#settle?.(signal?.reason));
    stream.on("data", (datagram: Buffer) => this.#session.receive(datagram));
    stream.once("end", () => this.#ended());
    stream.once("close", () => this.#failed(stream.errored ?? hungUp()));
    if (stream.destroyed) this.#failed(stream.errored ?? hungUp());
    else if (first) this.#session.receive(first);
    else this.#session.start();
    try {
      await done;
      return connection;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    } finally {
      this.#settle = undefined;
      forget();
    }
  }

  /** Lets go of a session that is not to be. */
  free(): void {
    this.#session.free();
  }

  #untrusted(code: string, certificate: Partial<PeerCertificate>): NcxError {
    const { role, remote } = this.#parts;
    const client = "servername" in role;
    const act = `${client ? "connect to" : "accept"} ${formatEndpoint(remote)}`;
    const name = client ? role.servername : undefined;
    // It is only asked for what may be missing from it.
    return untrusted(act, code, certificate as PeerCertificate, remote, name);
  }

  #ended(): void {
    if (this.#settle) this.#settle(hungUp());
    else this.#stream.endReceiving();
  }

  #failed(error: unknown): void {
    if (this.#settle) this.#settle(error);
    else if (error instanceof Error) this.#stream.fail(brokenTls(error, this.#parts.remote));
  }

  #send(message: Uint8Array, sent: (error: Error | null) => void): void {
    const { stream } = this.#carrier;
    this.#session.send(message);
    // Where the carrier breaks meanwhile, this stream is destroyed with it.
    if (stream.writableNeedDrain) stream.once("drain", () => sent(null));
    else sent(null);
  }

  async #close(closed: () => void): Promise<void> {
    const { stream } = this.#carrier;
    this.#session.close();
    if (!stream.destroyed) await sentWithin(stream, GOODBYE_TIME);
    await this.#carrier[Symbol.asyncDispose]();
    closed();
  }
}

/** Ends the writable side; waits until all is sent, and no longer than `ms`. */
function sentWithin(stream: Duplex, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stream.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function hungUp(): Error {
  return Object.assign(new Error("the peer hung up"), { code: "ECONNRESET" });
}
