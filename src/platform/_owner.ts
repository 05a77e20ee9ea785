/** What the systems' ways to find a port's owner share. */
import { execFile } from "node:child_process";
import { BlockList, isIP } from "node:net";
import type { TcpEndpoint, UdpEndpoint, UnixEndpoint } from "../core/endpoint.ts";

export type NetPlace = TcpEndpoint | UdpEndpoint;

/** What a process can hold. */
export type Place = NetPlace | UnixEndpoint;

/** The process that holds a port. */
export interface Owner {
  /** The program's name, as the system shortens it. */
  readonly name: string;
  readonly pid: number;
}

/** A socket's numeric local address, and its port. */
export interface Held {
  readonly address: string;
  readonly port: number;
}

const EVERY = new Set(["*", "0.0.0.0", "::"]);

/** The sockets that keep `host:port` from being bound, the likeliest first: the same address, then all addresses. */
export function inTheWay<Socket extends Held>(
  sockets: readonly Socket[],
  wanted: { readonly host: string; readonly port: number },
): Socket[] {
  return sockets
    .map((socket) => ({ socket, distance: distance(socket.address, wanted.host) }))
    .filter(({ socket, distance }) => socket.port === wanted.port && distance < Infinity)
    .sort((a, b) => a.distance - b.distance)
    .map(({ socket }) => socket);
}

function distance(address: string, host: string): number {
  if (isSame(address, host)) return 0;
  if (EVERY.has(address)) return 1;
  // All addresses are wanted, or a name whose addresses aren't known here: any holder may be the one.
  return EVERY.has(host) || isIP(host) === 0 ? 2 : Infinity;
}

/** What a program prints; nothing where it is missing, fails or is cut off by `signal`. */
export function output(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    // lsof says with its exit code that some file was not found, and still prints the others.
    execFile(program, args, { signal, windowsHide: true, maxBuffer: 2 ** 24 }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

/** Whether two addresses are one, however they are written: `::ffff:127.0.0.1` is 127.0.0.1. */
function isSame(address: string, host: string): boolean {
  const [one, other] = [withoutZone(address), withoutZone(host)];
  if (one === other) return true;
  if (isIP(one) === 0 || isIP(other) === 0) return false;
  const list = new BlockList();
  list.addAddress(one, familyOf(one));
  return list.check(other, familyOf(other));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, "");
}
