/** Raw peers by endpoint, for calls of the library: nothing of ours, so that what they see is what the network saw. */
import { once } from "node:events";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Endpoint, TcpEndpoint, UdpEndpoint, UnixEndpoint } from "../../src/core/endpoint.ts";
import { tcpPeer, udpPeer, type TcpPeer } from "./peers.ts";

/** Every free port of the loopback. */
export const TCP0: TcpEndpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };
export const UDP0: UdpEndpoint = { kind: "udp", host: "127.0.0.1", port: 0 };

/** A thousand clients at once find room. */
const BACKLOG = 4096;

export interface RawServer<E> extends AsyncDisposable {
  readonly endpoint: E;
  /** The next client, in the order of arrival; nothing is read from it, and its end leaves it half-open. */
  next(): Promise<Socket>;
  /** What `server.getConnections` says. */
  count(): Promise<number>;
}

/** Listens on a free port of the loopback; `serve` gets each client at once. */
export async function tcpServer(serve?: (client: Socket) => void): Promise<RawServer<TcpEndpoint>> {
  const at = { host: "127.0.0.1", port: 0, backlog: BACKLOG };
  return rawServer(await tcpPeer(serve, at), ({ port }) => ({ kind: "tcp", host: at.host, port }));
}

/** Listens at a unix path, or an abstract `@name`. */
export async function unixServer(
  path: string,
  serve?: (client: Socket) => void,
): Promise<RawServer<UnixEndpoint>> {
  const at = { path: systemPath(path), backlog: BACKLOG };
  return rawServer(await tcpPeer(serve, at), () => ({ kind: "unix", path }));
}

function rawServer<E>(peer: TcpPeer, endpointOf: (peer: TcpPeer) => E): RawServer<E> {
  return {
    endpoint: endpointOf(peer),
    next: () => peer.next(),
    count: () =>
      new Promise((resolve, reject) =>
        peer.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

export interface RawClient extends AsyncDisposable {
  readonly socket: Socket;
  /** All that came, once it has ended. @throws what broke it. */
  readonly received: Promise<string>;
}

/** Connects, and reads from the start. */
export async function rawClient(to: Endpoint): Promise<RawClient> {
  const socket = await rawSocket(to);
  const received = readToEnd(socket);
  received.catch(() => {}); // whoever awaits it is told
  return { socket, received, [Symbol.asyncDispose]: () => gone(socket) };
}

/** Connects, and reads nothing. */
export async function rawSocket(to: Endpoint): Promise<Socket> {
  const socket = new Socket({ allowHalfOpen: true });
  socket.on("error", () => {});
  if (to.kind === "unix") socket.connect({ path: systemPath(to.path) });
  else if (to.kind === "tcp") socket.connect(to.port, to.host);
  else throw new TypeError(`a raw socket cannot reach ${to.kind}`);
  await once(socket, "connect");
  return socket;
}

function systemPath(path: string): string {
  return path.startsWith("@") ? `\0${path.slice(1)}` : path;
}

/** All that a socket sends until it half-closes. The socket stays usable. */
export async function readToEnd(socket: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await ended(socket);
  return Buffer.concat(chunks).toString("latin1");
}

/** Until this socket has sent so much; the text of it. */
export async function readText(socket: Readable, length: number): Promise<string> {
  const over = new AbortController();
  const ended = once(socket, "end", over);
  ended.catch(() => {}); // called off below
  let text = "";
  try {
    while (text.length < length) {
      const chunk = socket.read() as Buffer | null;
      if (chunk) text += chunk.toString("latin1");
      else if (socket.readableEnded) throw new Error(`it ended after ${JSON.stringify(text)}`);
      else await Promise.race([once(socket, "readable", over), ended]);
    }
    return text;
  } finally {
    over.abort();
  }
}

function ended(socket: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readableEnded) return resolve();
    socket.once("end", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("it closed without an end")));
  });
}

/** Waits for a socket's close; the errno of what broke it, or "". */
export async function closed(socket: Socket): Promise<string> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  return (socket.errored as NodeJS.ErrnoException | null)?.code ?? "";
}

/** Waits until the other end has hung up, then does the same. */
export async function hungUp(socket: Socket): Promise<void> {
  socket.resume();
  await ended(socket);
  await gone(socket);
}

/** Destroys a socket, and waits until it is. */
export async function gone(socket: Socket): Promise<void> {
  socket.destroy();
  await closed(socket);
}

export interface RawUdp extends AsyncDisposable {
  readonly endpoint: UdpEndpoint;
  /** The next datagram, none lost from the start on. */
  next(): Promise<Buffer>;
  send(datagram: string | Buffer, to: Endpoint): void;
}

/** A UDP socket; `answer` makes a server of it. */
export async function udpSocket(
  answer?: (datagram: Buffer, from: UdpEndpoint) => Buffer | string,
): Promise<RawUdp> {
  const peer = await udpPeer((datagram, { address, port }, socket) => {
    if (answer) socket.send(answer(datagram, { kind: "udp", host: address, port }), port, address);
  });
  return {
    endpoint: { kind: "udp", host: "127.0.0.1", port: peer.port },
    next: async () => (await peer.next()).datagram,
    send(datagram, to) {
      if (to.kind === "udp") peer.send(datagram, to.port);
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
