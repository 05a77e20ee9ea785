/** Connections within this process, by name. They behave as sockets do: half-close, backpressure, resets. */
import { Duplex } from "node:stream";
import { formatEndpoint, type MemoryEndpoint } from "../core/endpoint.ts";
import { wrap } from "../core/errors.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { makeAccepts, type Accepts } from "./accepts.ts";
import type { BindOptions, DialOptions, Listener } from "./transport.ts";

const listeners = new Map<string, Accepts>();

/** @throws {NcxError} REFUSED when nobody listens by this name, or the listener has no place; ABORTED. */
export async function dial(endpoint: MemoryEndpoint, options: DialOptions): Promise<Connection> {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  if (options.signal?.aborted) throw wrap(act, options.signal.reason, { endpoint });
  const accepts = listeners.get(endpoint.name);
  const [near, far] = memoryPair();
  let refused = accepts === undefined;
  accepts?.offer(
    endpoint,
    () => {
      far.once("close", () => accepts.leave());
      return makeConnection({ stream: far, local: endpoint, remote: endpoint });
    },
    () => (refused = true),
  );
  if (!refused) return makeConnection({ stream: near, local: endpoint, remote: endpoint });
  throw wrap(act, systemError("ECONNREFUSED"), { endpoint });
}

/** @throws {NcxError} IN_USE when the name is taken; ABORTED. */
export async function listen(endpoint: MemoryEndpoint, options: BindOptions): Promise<Listener> {
  const act = `listen on ${formatEndpoint(endpoint)}`;
  const { name } = endpoint;
  if (options.signal?.aborted) throw wrap(act, options.signal.reason, { endpoint });
  if (listeners.has(name)) throw wrap(act, systemError("EADDRINUSE"), { endpoint });
  const accepts = makeAccepts([endpoint], async () => void listeners.delete(name), options);
  listeners.set(name, accepts);
  return accepts;
}

/** Two streams: what is written to one is read from the other. */
export function memoryPair(): [Duplex, Duplex] {
  const left = new MemoryStream();
  const right = new MemoryStream();
  left.join(right);
  right.join(left);
  return [left, right];
}

class MemoryStream extends Duplex {
  #peer: MemoryStream | undefined;
  /** Lets the peer's write go on; its chunk had filled our reader's buffer. */
  #more: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
    // A reset may come while nobody listens; whoever uses the stream next finds it destroyed, with `errored`.
    this.on("error", () => {});
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
  }

  override _read(): void {
    const more = this.#more;
    this.#more = undefined;
    more?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const peer = this.#peer;
    if (!peer || peer.destroyed) return done(systemError("EPIPE"));
    // The writer may use its buffer again after the callback, as with a socket; the reader keeps this copy.
    if (peer.push(Buffer.from(chunk))) done();
    else peer.#more = done;
  }

  override _final(done: () => void): void {
    this.#peer?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const peer = this.#peer;
    const more = this.#more;
    this.#peer = undefined;
    this.#more = undefined;
    // The peer's write that waits for our reader fails, as does each later one.
    more?.();
    if (peer && !peer.destroyed && !this.writableFinished) {
      // As with sockets: closing with an error, or with input that nobody has read, resets.
      if (error || this.readableLength > 0) peer.destroy(systemError("ECONNRESET"));
      else peer.push(null);
    }
    done(error);
  }
}

function systemError(code: "ECONNREFUSED" | "EADDRINUSE" | "EPIPE" | "ECONNRESET"): Error {
  return Object.assign(new Error(`memory: ${code}`), { code });
}
