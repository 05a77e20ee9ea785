/**
 * Unix datagram sockets, which Node has none of: the system's own calls, through koffi.
 *
 * They are reliable on Linux: a peer that doesn't read holds the sender back. A dialled connection, and a listener's
 * one peer, keep to that. A listener with many peers drops what one of them sends beyond its queue, as with UDP, so
 * that none holds up the others.
 */
import { lstat, mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatEndpoint, type UnixgramEndpoint } from "../core/endpoint.ts";
import { NcxError, errnoOf, wrap } from "../core/errors.ts";
import { encodeUnixAddress } from "../platform/unix-address.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { makeAccepts, type Accepts } from "./accepts.ts";
import { dialSignal } from "./deadline.ts";
import { loadLibc, type Libc } from "./_libc.ts";
import { MAX_UNIXGRAM, UnixgramSocket, type Received } from "./_unixgram-socket.ts";
import type { BindOptions, DialOptions, Listener } from "./transport.ts";
import { MAX_SESSIONS, SESSION_IDLE } from "./udp.ts";
import { DatagramStream } from "./udp-stream.ts";
import { explain, systemPath } from "./unix.ts";

/**
 * Makes a socket that is connected to a path. It has a name of its own, so that it can be answered: `source.host`, or
 * a file in a folder of its own, or towards an abstract name what the system gives; a file is removed on closing.
 */
export async function dial(endpoint: UnixgramEndpoint, options: DialOptions): Promise<Connection> {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  try {
    const signal = dialSignal(options);
    signal?.throwIfAborted();
    systemPath(endpoint);
    const libc = await loadLibc(act);
    const socket = new UnixgramSocket(libc, options);
    let name: LocalName | undefined;
    try {
      name = await takeName(socket, endpoint, options.source?.host);
      socket.join(encodeUnixAddress(endpoint.path));
      signal?.throwIfAborted();
      return dialled(socket, name, endpoint);
    } catch (error) {
      socket.close();
      await name?.remove();
      throw error;
    }
  } catch (error) {
    throw wrap(act, await explain(endpoint, error), { endpoint });
  }
}

interface LocalName {
  readonly path: string;
  remove(): Promise<void>;
}

async function takeName(
  socket: UnixgramSocket,
  { path: peer }: UnixgramEndpoint,
  wanted: string | undefined,
): Promise<LocalName> {
  if (wanted !== undefined) {
    systemPath({ kind: "unixgram", path: wanted });
    socket.bind(wanted);
    return { path: wanted, remove: () => removeFile(wanted) };
  }
  if (peer.startsWith("@")) {
    socket.bind("");
    return { path: socket.path, remove: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "ncx-"));
  const path = join(folder, "s");
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    socket.bind(path);
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Of a socket's name; an abstract one goes with its socket. That the file has gone already is as good. */
async function removeFile(path: string): Promise<void> {
  if (!path.startsWith("@")) await unlink(path).catch(() => {});
}

function dialled(socket: UnixgramSocket, name: LocalName, remote: UnixgramEndpoint): Connection {
  const address = encodeUnixAddress(remote.path);
  const stream = new DatagramStream(
    remote,
    {
      send: (datagram, sent) => socket.send(datagram, address, sent),
      close(closed) {
        socket.close();
        void name.remove().finally(closed);
      },
      pause: () => socket.pause(),
      resume: () => read(),
    },
    MAX_UNIXGRAM,
  );
  const read = (): void =>
    socket.read({
      received: ({ bytes }) => stream.receive(bytes),
      failed: (error) => stream.fail(error),
    });
  read();
  const local: UnixgramEndpoint = { kind: "unixgram", path: name.path };
  return makeConnection({ stream, local, remote, framing: "message" });
}

/**
 * Listens. Every name that speaks is a connection, and all that have none are one, which cannot be answered. Ends,
 * `udpIdle` and `firstPeerOnly` are as with UDP. A socket file that nobody reads any more is replaced; ours is removed
 * with the last session after close().
 */
export async function listen(endpoint: UnixgramEndpoint, options: BindOptions): Promise<Listener> {
  const act = `listen on ${formatEndpoint(endpoint)}`;
  try {
    options.signal?.throwIfAborted();
    systemPath(endpoint);
    const libc = await loadLibc(act);
    const socket = await openBound(libc, endpoint, options);
    return new SharedSocket(socket, endpoint, options).accepts;
  } catch (error) {
    throw wrap(act, await explain(endpoint, error), { endpoint });
  }
}

async function openBound(
  libc: Libc,
  endpoint: UnixgramEndpoint,
  options: BindOptions,
): Promise<UnixgramSocket> {
  const socket = new UnixgramSocket(libc, options);
  try {
    try {
      socket.bind(endpoint.path);
    } catch (error) {
      await removeStale(libc, endpoint, error);
      socket.bind(endpoint.path);
    }
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Removes a socket file that nobody has open; rethrows when the address is really taken. */
async function removeStale(libc: Libc, { path }: UnixgramEndpoint, error: unknown): Promise<void> {
  if (errnoOf(error) !== "EADDRINUSE" || path.startsWith("@")) throw error;
  if (!(await lstat(path)).isSocket()) throw error;
  const probe = new UnixgramSocket(libc);
  try {
    probe.join(encodeUnixAddress(path));
  } catch (refused) {
    if (errnoOf(refused) !== "ECONNREFUSED") throw error;
    return await unlink(path);
  } finally {
    probe.close();
  }
  throw error;
}

/** A bound socket and the sessions of those who send to it. */
class SharedSocket {
  readonly accepts: Accepts;
  readonly #socket: UnixgramSocket;
  readonly #endpoint: UnixgramEndpoint;
  readonly #options: BindOptions;
  readonly #sessions = new Map<string, Session>();
  /** Streams that may still send: those of the sessions, and those that have only ended their readable side. */
  #users = 0;
  #closing = false;

  constructor(socket: UnixgramSocket, endpoint: UnixgramEndpoint, options: BindOptions) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#options = options;
    this.accepts = makeAccepts([endpoint], () => this.#close(), {
      ...options,
      maxConns: options.maxConns ?? MAX_SESSIONS,
    });
    this.#read();
  }

  #read(): void {
    this.#socket.read({
      received: (datagram) => this.#receive(datagram),
      failed: (error) => {
        for (const { stream } of this.#sessions.values()) stream.fail(error);
      },
    });
  }

  /** Takes no new peers. The socket and its file go now, or after the last session: some send by the file's name. */
  async #close(): Promise<void> {
    this.#closing = true;
    if (this.#users === 0) await this.#letGo();
  }

  async #letGo(): Promise<void> {
    await removeFile(this.#endpoint.path);
    this.#socket.close();
  }

  #receive(datagram: Received): void {
    const known = this.#sessions.get(datagram.path);
    if (known) return known.receive(datagram.bytes);
    if (this.#closing) return;
    const { firstPeerOnly, udpIdle } = this.#options;
    const idle = firstPeerOnly ? udpIdle : (udpIdle ?? SESSION_IDLE);
    const remote: UnixgramEndpoint = { kind: "unixgram", path: datagram.path };
    this.accepts.offer(
      remote,
      () => {
        const { stream } = this.#open(datagram, remote, idle);
        return makeConnection({ stream, local: this.#endpoint, remote, framing: "message" });
      },
      () => {},
    );
    if (firstPeerOnly) void this.accepts.close();
  }

  #open({ bytes, address, path }: Received, remote: UnixgramEndpoint, idle?: number): Session {
    this.#users += 1;
    const only = this.#options.firstPeerOnly === true;
    if (only && path !== "") this.#join(address);
    const session = new Session(this.#socket, address, remote, idle, {
      ended: () => {
        this.#sessions.delete(path);
        this.accepts.leave();
      },
      closed: (done) => {
        this.#users -= 1;
        if (this.#users > 0 || !this.#closing) return done();
        void this.#letGo().finally(done);
      },
      ...(only && { pause: () => this.#socket.pause(), resume: () => this.#read() }),
    });
    this.#sessions.set(path, session);
    session.receive(bytes);
    return session;
  }

  /** A peer that has gone, or may not be written to, has still been heard. */
  #join(address: Buffer): void {
    try {
      this.#socket.join(address);
    } catch {
      // Sending to it will say why.
    }
  }
}

interface SessionEvents {
  /** Nothing more is received: the place is free. */
  ended(): void;
  /** The stream is gone. */
  closed(done: () => void): void;
  pause?(): void;
  resume?(): void;
}

/** One peer of a shared socket. */
class Session {
  readonly stream: DatagramStream;
  readonly #events: SessionEvents;
  readonly #idle: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    socket: UnixgramSocket,
    address: Buffer,
    remote: UnixgramEndpoint,
    idle: number | undefined,
    events: SessionEvents,
  ) {
    this.#events = events;
    const { pause, resume } = events;
    this.stream = new DatagramStream(
      remote,
      {
        send: (datagram, sent) => {
          this.#stir();
          if (remote.path === "") sent(nameless(remote));
          else socket.send(datagram, address, sent);
        },
        close: (closed) => {
          this.#end();
          events.closed(closed);
        },
        ...(pause && resume && { pause, resume }),
      },
      MAX_UNIXGRAM,
    );
    if (idle !== undefined) this.#idle = setTimeout(() => this.#end(), idle);
  }

  receive(datagram: Buffer): void {
    this.#stir();
    this.stream.receive(datagram);
  }

  #stir(): void {
    // refresh() would bring a timer that has fired, or was cleared, back to life.
    if (!this.#ended) this.#idle?.refresh();
  }

  #end(): void {
    clearTimeout(this.#idle);
    if (this.#ended) return;
    this.#ended = true;
    this.stream.endReceiving();
    this.#events.ended();
  }
}

function nameless(endpoint: UnixgramEndpoint): NcxError {
  const state = "the sender has no name to answer to";
  return new NcxError("UNSUPPORTED", `Cannot answer a unix datagram: ${state}`, {
    endpoint,
    state,
    hint: "give the sender's socket a name: -s PATH with OpenBSD's nc",
  });
}
