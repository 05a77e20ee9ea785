/** A bound, and perhaps connected, node:dgram socket that does no look-ups of its own. */
import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { isIPv6 } from "node:net";
import type { UdpEndpoint } from "../core/endpoint.ts";
import { plainAddress, type Place } from "./bind-all.ts";

export interface UdpSocketOptions {
  broadcast?: boolean;
  ttl?: number;
  recvBuffer?: number;
  sendBuffer?: number;
}

/** Binds a socket. Without a place: any free port, any address of the family. */
export async function openUdpSocket(
  family: 4 | 6,
  at: Partial<Place> & { readonly ipv6Only?: boolean },
  options: UdpSocketOptions,
): Promise<Socket> {
  const { broadcast, ttl, recvBuffer, sendBuffer } = options;
  const { host, port = 0, ipv6Only = false } = at;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    // libuv refuses the flag with EINVAL for a v4 socket.
    ipv6Only: ipv6Only && family === 6,
    lookup: numericOnly,
    ...(recvBuffer !== undefined && { recvBufferSize: recvBuffer }),
    ...(sendBuffer !== undefined && { sendBufferSize: sendBuffer }),
  });
  try {
    const address = host === undefined ? {} : { address: host };
    await settled(socket, (done) => socket.bind({ ...address, port, exclusive: true }, done));
    if (broadcast) socket.setBroadcast(true);
    if (ttl !== undefined) socket.setTTL(ttl);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/**
 * Joins a socket to one peer: from now on the kernel passes only its datagrams on, and reports its ICMP errors.
 * Datagrams that had already arrived stay in the queue: Linux keeps them over connect(2).
 */
export function connectUdpSocket(socket: Socket, { host, port }: Place): Promise<void> {
  return settled(socket, (done) => socket.connect(port, host, done));
}

/** Where a socket sends from. */
export function localOf(socket: Socket): UdpEndpoint {
  const { address, port } = socket.address();
  return { kind: "udp", host: plainAddress(address), port };
}

/** Every address here is numeric; the default look-up would cost each datagram a trip through the event loop. */
const numericOnly: NonNullable<SocketOptions["lookup"]> = (address, _options, callback) =>
  callback(null, address, isIPv6(address) ? 6 : 4);

function settled(socket: Socket, act: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    act((error?: Error) => {
      socket.off("error", reject);
      if (error) reject(error);
      else resolve();
    });
  });
}
