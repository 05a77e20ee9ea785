/** Unix stream sockets, Linux's abstract names (`@name`) and Windows pipes (`\\.\pipe\name`). */
import { lstat, unlink } from "node:fs/promises";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { formatEndpoint, type UnixEndpoint, type UnixgramEndpoint } from "../core/endpoint.ts";
import { NcxError, errnoOf, wrap } from "../core/errors.ts";
import { hasAbstractSockets, isWindows, unixPathLimit } from "../platform/limits.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { makeAccepts } from "./accepts.ts";
import { dialSignal } from "./deadline.ts";
import { acceptInto, openServer, openSocket } from "./sockets.ts";
import { pumpSockets } from "./tcp-pump.ts";
import type { BindOptions, DialOptions, Listener } from "./transport.ts";

export async function dial(endpoint: UnixEndpoint, options: DialOptions): Promise<Connection> {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  try {
    const socket = await openSocket({ path: systemPath(endpoint) }, options, dialSignal(options));
    return connectionOf(socket, { kind: "unix", path: "" }, endpoint);
  } catch (error) {
    throw wrap(act, await explain(endpoint, error), { endpoint });
  }
}

/** Listens. A socket file that nobody answers on any more is replaced; ours is removed on closing. */
export async function listen(endpoint: UnixEndpoint, options: BindOptions): Promise<Listener> {
  try {
    options.signal?.throwIfAborted();
    const server = await openServer({ path: systemPath(endpoint) }, options).catch(
      async (error: unknown) => {
        await removeStale(endpoint, error);
        return openServer({ path: systemPath(endpoint) }, options);
      },
    );
    // close() also removes the socket's file.
    const accepts = makeAccepts([endpoint], async () => void server.close(), options);
    const unnamed: UnixEndpoint = { kind: "unix", path: "" };
    acceptInto(
      accepts,
      server,
      options,
      () => unnamed,
      (socket) => connectionOf(socket, endpoint, unnamed),
    );
    return accepts;
  } catch (error) {
    throw wrap(`listen on ${formatEndpoint(endpoint)}`, await explain(endpoint, error), {
      endpoint,
    });
  }
}

function connectionOf(socket: Socket, local: UnixEndpoint, remote: UnixEndpoint): Connection {
  return makeConnection({ stream: socket, local, remote, direct: pumpSockets(socket) });
}

/**
 * The path as Node's own sockets take it.
 *
 * @throws {NcxError} UNSUPPORTED, ADDRESS for one that this system cannot have.
 */
export function systemPath(endpoint: UnixEndpoint | UnixgramEndpoint): string {
  const { path } = endpoint;
  const abstract = path.startsWith("@");
  const at = `Cannot use socket ${formatEndpoint(endpoint)}`;
  if (abstract && !hasAbstractSockets()) {
    throw new NcxError("UNSUPPORTED", `${at}: only Linux has abstract names`, { endpoint });
  }
  const length = Buffer.byteLength(path);
  if (length > unixPathLimit()) {
    const hint = "use a shorter path, or a relative one";
    const state = `the path is ${length} bytes long, and the system takes ${unixPathLimit()}`;
    throw new NcxError("ADDRESS", `${at}: ${state}`, { endpoint, hint, state });
  }
  return abstract ? `\0${path.slice(1)}` : path;
}

/** Removes a socket file that refuses connections; rethrows when the address is really taken. */
async function removeStale(endpoint: UnixEndpoint, error: unknown): Promise<void> {
  if (errnoOf(error) !== "EADDRINUSE" || endpoint.path.startsWith("@") || isWindows()) throw error;
  if (!(await lstat(endpoint.path)).isSocket()) throw error;
  const answer = await openSocket({ path: endpoint.path }, {}).catch((refused: unknown) =>
    errnoOf(refused),
  );
  if (typeof answer !== "string") answer.destroy();
  if (answer !== "ECONNREFUSED") throw error;
  await unlink(endpoint.path);
}

/** Says what is at the path, where the system's own word doesn't. */
export async function explain(
  { path }: UnixEndpoint | UnixgramEndpoint,
  error: unknown,
): Promise<unknown> {
  const errno = errnoOf(error);
  if (path.startsWith("@") || !["ECONNREFUSED", "EADDRINUSE", "ENOTSOCK", "EACCES"].includes(errno))
    return error;
  // libuv says EACCES for a folder that isn't there, as Windows does.
  const missing = await lstat(dirname(path)).catch((reason: unknown) => reason);
  if (errno === "EACCES" && errnoOf(missing) === "ENOENT") return missing;
  const found = await lstat(path).catch(() => undefined);
  if (!found || found.isSocket()) return error;
  const what = found.isDirectory()
    ? "a directory"
    : found.isFile()
      ? "a regular file"
      : "not a socket";
  return new NcxError("ADDRESS", `Cannot use "${path}" as a socket: it is ${what}`, {
    state: `Is ${what}`,
    cause: error,
  });
}
