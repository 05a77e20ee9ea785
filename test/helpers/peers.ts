/** The other end of a connection, as raw sockets on loopback: nothing of ncx is in it. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Server, Socket, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** Whether there is an IPv6 to test: containers often have none. */
export const HAS_IPV6: boolean = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

export interface TcpPeer extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
  /** The next client, in the order of their coming. */
  next(): Promise<Socket>;
}

/** A server on a free port of 127.0.0.1, or at a unix path; `serve` gets each client. Half-close is passed on as it is. */
export async function tcpPeer(
  serve: (socket: Socket) => void = () => {},
  at: { path: string } | { host: string; port: number } = { host: "127.0.0.1", port: 0 },
): Promise<TcpPeer> {
  const sockets = new Set<Socket>();
  const waiting: Socket[] = [];
  const server = new Server({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the test looks at what the other end does
    socket.once("close", () => sockets.delete(socket));
    serve(socket);
    waiting.push(socket);
    server.emit("taken");
  });
  server.listen(at);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async next() {
      while (waiting.length === 0) await once(server, "taken");
      return waiting.shift() as Socket; // the loop has seen one
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a server does with a client. */
export const serves = {
  echo: (socket: Socket): void => void socket.pipe(socket),
  /** Answers with all that it was sent, once that has ended. */
  late: (socket: Socket): void =>
    void read(socket).then((bytes) => setTimeout(() => socket.end(bytes), 300)),
  hangUp: (socket: Socket): void => void socket.end(),
  sink: (socket: Socket): void => void socket.resume(),
  says:
    (text: string | Buffer) =>
    (socket: Socket): void => {
      socket.resume();
      socket.end(text);
    },
} as const;

export interface TcpClient extends AsyncDisposable {
  readonly socket: Socket;
  /** Its own port. */
  readonly port: number | undefined;
  /** All that comes until the other end is done. */
  readonly received: Promise<Buffer>;
  /** Resolves once this text has come. */
  got(text: string): Promise<void>;
}

/** A connection to a port of 127.0.0.1, or a unix path. */
export async function tcpClient(to: number | string, host = "127.0.0.1"): Promise<TcpClient> {
  const socket = new Socket({ allowHalfOpen: true });
  let so = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => (so = Buffer.concat([so, chunk])));
  socket.connect(typeof to === "string" ? { path: to } : { host, port: to });
  await once(socket, "connect");
  socket.on("error", () => {});
  return {
    socket,
    port: socket.localPort,
    received: new Promise((resolve) => {
      socket.once("end", () => resolve(so)).once("close", () => resolve(so));
    }),
    async got(text) {
      while (!so.includes(text)) {
        if (socket.destroyed || socket.readableEnded)
          throw new Error(`"${text}" never came: ${so}`);
        const heard = new AbortController();
        const { signal } = heard;
        const events = ["data", "close", "end"].map((name) => once(socket, name, { signal }));
        await Promise.race(events);
        heard.abort();
      }
    },
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      socket.destroy();
      await new Promise((resolve) => socket.once("close", resolve));
    },
  };
}

export interface UdpPeer extends AsyncDisposable {
  readonly port: number;
  readonly socket: UdpSocket;
  /** The next datagram that came. */
  next(): Promise<{ readonly datagram: Buffer; readonly from: RemoteInfo }>;
  send(datagram: string | Buffer, port: number): void;
}

/** A UDP socket on a free port of 127.0.0.1. */
export async function udpPeer(
  receive: (datagram: Buffer, from: RemoteInfo, socket: UdpSocket) => void = () => {},
): Promise<UdpPeer> {
  const socket = createSocket("udp4");
  const waiting: { datagram: Buffer; from: RemoteInfo }[] = [];
  socket.on("message", (datagram, from) => {
    waiting.push({ datagram, from });
    receive(datagram, from, socket);
    socket.emit("taken");
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    socket,
    async next() {
      while (waiting.length === 0) await once(socket, "taken");
      return waiting.shift() as { datagram: Buffer; from: RemoteInfo }; // the loop has seen one
    },
    send: (datagram, port) => socket.send(datagram, port, "127.0.0.1"),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Ports that no system hands out by itself, to listeners on port 0 or as the source of a connection. */
const UNASKED = { from: 10_000, to: 32_000 };

/** A port of 127.0.0.1 that nobody listens on, and that nobody gets who asks for any: not even while a test uses it. */
export async function closedPort(): Promise<number> {
  for (let tries = 100; ; tries -= 1) {
    const port = UNASKED.from + Math.floor(Math.random() * (UNASKED.to - UNASKED.from));
    try {
      await using peer = await tcpPeer(() => {}, { host: "127.0.0.1", port });
      return peer.port;
    } catch (error) {
      // Somebody has it: another one will do.
      if (tries === 0) throw error;
    }
  }
}

/**
 * A listener whose backlog is full: a dial to it hangs, and no packet leaves the machine. It is a process of its own,
 * stopped, because a living one would accept.
 */
export async function stuckListener(): Promise<AsyncDisposable & { readonly port: number }> {
  const program = `require("node:net").createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, function () {
    console.log(this.address().port);
  })`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(child.stdout, "data");
  const port = Number(String(line));
  child.kill("SIGSTOP");
  const fillers: Socket[] = [];
  for (let room = true; room && fillers.length < 32;) {
    const filler = new Socket().on("error", () => {}).connect(port, "127.0.0.1");
    fillers.push(filler);
    room = await Promise.race([once(filler, "connect").then(() => true), delay(300, false)]);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

/** All of a stream, which stays writable. */
export function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("end", () => resolve(Buffer.concat(chunks)));
    stream.once("close", () => resolve(Buffer.concat(chunks)));
  });
}
