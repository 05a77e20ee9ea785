/** UDP: a connected socket for each dial; a listener gives each peer a session of its own. */
import type { RemoteInfo, Socket } from "node:dgram";
import { formatEndpoint, type UdpEndpoint } from "../core/endpoint.ts";
import { describe, wrap, type Attempt } from "../core/errors.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { makeAccepts, type Accepts } from "./accepts.ts";
import { bindAll, plainAddress } from "./bind-all.ts";
import { dialName } from "./dial-name.ts";
import { resolveHost, type Address } from "./resolve.ts";
import type { BindOptions, DialOptions, Listener } from "./transport.ts";
import { connectUdpSocket, localOf, openUdpSocket } from "./udp-socket.ts";
import { DatagramStream } from "./udp-stream.ts";

/** Peers at once, where `maxConns` doesn't say: a forged source address costs its sender nothing. */
export const MAX_SESSIONS = 10_000;

/** Milliseconds without a datagram, either way, after which a peer's session ends, where `udpIdle` doesn't say. */
export const SESSION_IDLE = 60_000;

/**
 * Makes a socket that is connected to the first address of the name that has a route. Nothing is sent: whether
 * anybody is there shows with the first datagram, as a REFUSED error of the stream, or never.
 */
export function dial(endpoint: UdpEndpoint, options: DialOptions): Promise<Connection> {
  return dialName(endpoint, options, async (addresses, tried) =>
    connectionTo(await firstRoute(addresses, endpoint.port, options, tried)),
  );
}

async function firstRoute(
  addresses: readonly Address[],
  port: number,
  options: DialOptions,
  tried: Attempt[],
): Promise<Socket> {
  let failure: unknown;
  for (const { address, family } of addresses) {
    try {
      return await openConnected({ address, family }, port, options);
    } catch (error) {
      tried.push({ address, state: describe(error)[1] });
      failure = error;
    }
  }
  throw failure;
}

async function openConnected(to: Address, port: number, options: DialOptions): Promise<Socket> {
  const { host, port: sourcePort = 0 } = options.source ?? {};
  const [from] =
    host === undefined ? [] : await resolveHost(host, { ...options, family: to.family });
  const at = { port: sourcePort, ...(from && { host: from.address }) };
  const socket = await openUdpSocket(to.family, at, options);
  try {
    await connectUdpSocket(socket, { host: to.address, port });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function connectionTo(socket: Socket): Connection {
  const { address, port } = socket.remoteAddress();
  const remote: UdpEndpoint = { kind: "udp", host: address, port };
  const stream = new DatagramStream(remote, {
    send: (datagram, sent) => socket.send(datagram, sent),
    close: (closed) => void socket.close(closed),
  });
  socket.on("message", (datagram) => stream.receive(datagram));
  socket.on("error", (error) => stream.fail(error));
  return connectionOf(stream, localOf(socket), remote);
}

function connectionOf(stream: DatagramStream, local: UdpEndpoint, remote: UdpEndpoint): Connection {
  return makeConnection({ stream, local, remote, framing: "message" });
}

/**
 * Listens. Every peer, told by address and port, is a connection. It ends its readable side, and leaves its place to
 * others, after `udpIdle`; the same peer's next datagram then opens a new one. A wildcard listener answers from the
 * address that the system routes by, since Node cannot say which one a datagram came to.
 *
 * With `firstPeerOnly` the listener ends itself once a peer has spoken; that peer's session has no idle end unless
 * `udpIdle` is given.
 *
 * After close() the port stays taken for as long as a session lives.
 */
export async function listen(endpoint: UdpEndpoint, options: BindOptions): Promise<Listener> {
  try {
    const { sockets, places } = await bindAll(endpoint, options, (at) =>
      openUdpSocket(at.host.includes(":") ? 6 : 4, at, options),
    );
    const endpoints = places.map((at): UdpEndpoint => ({ kind: "udp", ...at }));
    const shared: SharedSocket[] = [];
    const accepts = makeAccepts(
      endpoints,
      async () => void (await Promise.all(shared.map((socket) => socket.close()))),
      { ...options, maxConns: options.maxConns ?? MAX_SESSIONS },
    );
    shared.push(...sockets.map((socket) => new SharedSocket(socket, accepts, options)));
    return accepts;
  } catch (error) {
    throw wrap(`listen on ${formatEndpoint(endpoint)}`, error, { endpoint });
  }
}

/** One bound socket and the sessions of the peers that speak to it. */
class SharedSocket {
  readonly #socket: Socket;
  readonly #accepts: Accepts;
  readonly #options: BindOptions;
  readonly #sessions = new Map<string, Session>();
  /** Streams that may still send: those of the sessions, and those that have only ended their readable side. */
  #users = 0;
  #closing = false;
  /** The session that the socket is connected for. */
  #only: Session | undefined;

  constructor(socket: Socket, accepts: Accepts, options: BindOptions) {
    this.#socket = socket;
    this.#accepts = accepts;
    this.#options = options;
    socket.on("message", (datagram, peer) => this.#receive(datagram, peer));
    socket.on("error", (error) => {
      if (this.#only) this.#only.stream.fail(error);
      else options.onReject?.(accepts.endpoint, describe(error)[1]);
    });
  }

  /** Takes no new peers. The socket closes now, or after the last session. */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      if (this.#users === 0) this.#socket.close(resolve);
      else resolve();
    });
  }

  #receive(datagram: Buffer, peer: RemoteInfo): void {
    const key = `${peer.port} ${peer.address}`;
    const known = this.#sessions.get(key);
    if (known) return known.receive(datagram);
    if (this.#closing) return;
    if (this.#options.firstPeerOnly) return void this.#stayWith(key, datagram, peer);
    const remote = remoteOf(peer);
    this.#accepts.offer(
      remote,
      () => {
        const { stream } = this.#open(key, datagram, peer, this.#options.udpIdle ?? SESSION_IDLE);
        return connectionOf(stream, localFor(this.#socket, peer), remote);
      },
      () => {},
    );
  }

  /** Takes this peer and no other, and joins the socket to it, so that its ICMP errors are seen. */
  async #stayWith(key: string, datagram: Buffer, peer: RemoteInfo): Promise<void> {
    const remote = remoteOf(peer);
    // Who is turned away is not the first.
    if (!this.#accepts.admit(remote, () => {})) return;
    this.#closing = true;
    const session = this.#open(key, datagram, peer, this.#options.udpIdle);
    // A socket that cannot be joined serves its peer as well, without the ICMP errors.
    await connectUdpSocket(this.#socket, { host: peer.address, port: peer.port }).then(
      () => {
        session.join();
        this.#only = session;
      },
      () => {},
    );
    this.#accepts.enter(connectionOf(session.stream, localOf(this.#socket), remote));
    await this.#accepts.close();
  }

  #open(key: string, datagram: Buffer, peer: RemoteInfo, idle: number | undefined): Session {
    this.#users += 1;
    const session = new Session(this.#socket, peer, idle, {
      ended: () => {
        this.#sessions.delete(key);
        this.#accepts.leave(remoteOf(peer));
      },
      closed: (done) => {
        this.#users -= 1;
        if (this.#users === 0 && this.#closing) this.#socket.close(done);
        else done();
      },
    });
    this.#sessions.set(key, session);
    session.receive(datagram);
    return session;
  }
}

interface SessionEvents {
  /** Nothing more is received: the place is free. */
  ended(): void;
  /** The stream is gone. */
  closed(done: () => void): void;
}

/** One peer of a shared socket. */
class Session {
  readonly stream: DatagramStream;
  readonly #events: SessionEvents;
  readonly #idle: NodeJS.Timeout | undefined;
  #joined = false;
  #ended = false;

  constructor(socket: Socket, peer: RemoteInfo, idle: number | undefined, events: SessionEvents) {
    this.#events = events;
    this.stream = new DatagramStream(remoteOf(peer), {
      send: (datagram, sent) => {
        this.#stir();
        if (this.#joined) socket.send(datagram, sent);
        else socket.send(datagram, peer.port, peer.address, sent);
      },
      close: (closed) => {
        this.#end();
        events.closed(closed);
      },
    });
    if (idle !== undefined) this.#idle = setTimeout(() => this.#end(), idle);
  }

  receive(datagram: Buffer): void {
    this.#stir();
    this.stream.receive(datagram);
  }

  /** The socket is connected to this peer now. */
  join(): void {
    this.#joined = true;
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

function remoteOf({ address, port }: RemoteInfo): UdpEndpoint {
  return { kind: "udp", host: plainAddress(address), port };
}

/** Where a shared socket meets this peer: a wildcard in the peer's own family. */
function localFor(socket: Socket, peer: RemoteInfo): UdpEndpoint {
  const local = localOf(socket);
  return local.host === "::" && remoteOf(peer).host !== peer.address
    ? { ...local, host: "0.0.0.0" }
    : local;
}
