/**
 * Ports that are taken before anybody uses them, and given back so that nobody else is given them meanwhile.
 *
 * A listener holds the port. On letting go, a connection is made through it whose listening side closes first: that
 * leaves the port in TIME_WAIT (RFC 9293 §3.3.2), for a minute on Linux. The system does not choose such a port when
 * somebody asks for any, and yet lets a server bind it that names it and reuses addresses, as all but a few do.
 */
import { once } from "node:events";
import { createServer, Socket, type AddressInfo, type Server } from "node:net";
import { errnoOf } from "../core/errors.ts";

export interface HeldPort {
  readonly port: number;
  /** Makes sure that for a while nobody is given the port who does not ask for it. */
  guard(): Promise<void>;
  /** Lets go of it, at once. */
  release(): void;
}

/** Milliseconds that the loopback has to carry one connection. */
const PATIENCE = 2000;

/**
 * Takes a port; 0 is any that is free. Without a host, it is free on every address, v4 and v6.
 *
 * @throws what the system says: EADDRINUSE, EACCES, EADDRNOTAVAIL.
 */
export async function holdPort(port: number, host: string | undefined): Promise<HeldPort> {
  const server = await listening(port, host);
  const { port: got, address } = server.address() as AddressInfo; // it is bound, and not to a path
  // Whoever comes is no client of ours.
  server.on("connection", (socket) => socket.on("error", () => {}).end());
  server.unref();
  return {
    port: got,
    guard: () => guard(address === "::" ? undefined : address, got),
    release: () => void server.close(),
  };
}

async function listening(port: number, host: string | undefined): Promise<Server> {
  if (host !== undefined) return listenOn(port, host);
  // A machine without v6.
  return listenOn(port, "::").catch((error: unknown) => {
    if (["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(errnoOf(error)))
      return listenOn(port, "0.0.0.0");
    throw error;
  });
}

async function listenOn(port: number, host: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: false });
  server.listen({ port, host, backlog: 16, exclusive: true });
  await once(server, "listening");
  return server;
}

/** A connection that the listener's side closes first. That it fails leaves the port free, and no more than that. */
async function guard(host: string | undefined, port: number): Promise<void> {
  const places =
    host === undefined ? ["127.0.0.1", "::1"] : [host === "0.0.0.0" ? "127.0.0.1" : host];
  await Promise.all(places.map((place) => passThrough(place, port)));
}

function passThrough(host: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = new Socket().on("error", () => {}).once("close", () => resolve());
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.resume().connect(port, host);
  });
}
