/** What TCP and unix sockets share: a node:net socket, dialled or accepted. */
import { Server, Socket, type ListenOptions, type SocketConnectOpts } from "node:net";
import { onAbort } from "../core/abort.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { describe } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import type { Accepts } from "./accepts.ts";
import type { BindOptions } from "./transport.ts";

/** How many connections the kernel may hold for us, as far as it agrees (net.core.somaxconn). */
const BACKLOG = 4096;

interface Manners {
  keepAlive?: number;
  tos?: number;
}

/** Newer releases of Node have it. */
type TosSocket = Socket & { setTypeOfService(tos: number): unknown };

/** Whether this Node can set the type of service of a TCP socket. */
export function canSetTos(): boolean {
  return "setTypeOfService" in Socket.prototype;
}

/** Connects a socket. */
export function openSocket(
  to: SocketConnectOpts,
  options: Manners,
  signal?: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const socket = new Socket({ ...manners(options), allowHalfOpen: true });
    const forget = onAbort(signal, () => void socket.destroy(signal?.reason));
    function failed(error: unknown): void {
      forget();
      reject(error);
    }
    socket.once("error", failed);
    socket.connect(to, () => {
      forget();
      socket.off("error", failed).on("error", ignore);
      setTos(socket, options);
      resolve(socket);
    });
  });
}

/** Binds a server. */
export function openServer(at: ListenOptions, options: Manners): Promise<Server> {
  const server = new Server({ ...manners(options), allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ backlog: BACKLOG, ...at }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

/** Hands every accepted socket to a listener. */
export function acceptInto<E extends Endpoint>(
  accepts: Accepts,
  server: Server,
  options: BindOptions,
  remoteOf: (socket: Socket) => E,
  connectionOf: (socket: Socket, remote: E) => Connection,
): void {
  server.on("connection", (socket) => {
    const remote = remoteOf(socket);
    const take = (): Connection => {
      socket.on("error", ignore);
      socket.once("close", () => accepts.leave(remote));
      setTos(socket, options);
      return connectionOf(socket, remote);
    };
    accepts.offer(remote, take, () => turnAway(socket, options));
  });
  // From here on an error is one accept that failed (EMFILE, ECONNABORTED); the next may do.
  server.on("error", (error) => options.onReject?.(accepts.endpoint, describe(error)[1]));
}

/** Nothing has been read from it, or written to it. */
function turnAway(socket: Socket, { denyMode }: BindOptions): void {
  socket.on("error", ignore);
  if (denyMode === "reset") socket.resetAndDestroy();
  else socket.destroy();
}

/** A unix socket has no such byte. */
function setTos(socket: Socket, { tos }: Manners): void {
  if (tos === undefined || socket.remoteAddress === undefined || !canSetTos()) return;
  (socket as TosSocket).setTypeOfService(tos);
}

function manners({ keepAlive }: Manners): {
  noDelay: true;
  keepAlive?: true;
  keepAliveInitialDelay?: number;
} {
  return {
    noDelay: true,
    ...(keepAlive !== undefined && { keepAlive: true, keepAliveInitialDelay: keepAlive }),
  };
}

/** A peer's reset before anybody uses the connection is found by whoever does. */
function ignore(): void {}
