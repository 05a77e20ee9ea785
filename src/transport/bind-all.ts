/** Which addresses a listener binds: one, those of a name, or all there are. */
import type { AddressInfo } from "node:net";
import { errnoOf } from "../core/errors.ts";
import { resolveHost, type Address } from "./resolve.ts";
import type { BindOptions } from "./transport.ts";

/** A numeric address and a port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Binds one address. */
export type Bind<S> = (at: Place & { readonly ipv6Only: boolean }) => Promise<S>;

/** What can be asked of a bound socket or server. */
export interface Bindable {
  /** A bound TCP server's or UDP socket's place; the other kinds are a unix server's. */
  address(): AddressInfo | string | null;
  close(): unknown;
}

export interface BoundAll<S> {
  readonly sockets: readonly S[];
  /** Every address that answers now; one dual-stack socket gives two. */
  readonly places: readonly Place[];
}

/** Binds `*` (every address, v4 and v6), or each address of a name, all on the same port. */
export async function bindAll<S extends Bindable>(
  { host, port }: Place,
  options: BindOptions,
  bind: Bind<S>,
): Promise<BoundAll<S>> {
  options.signal?.throwIfAborted();
  return host === "*"
    ? bindAny(port, options.family, bind)
    : bindName({ host, port }, options, bind);
}

async function bindAny<S extends Bindable>(
  port: number,
  family: 4 | 6 | undefined,
  bind: Bind<S>,
): Promise<BoundAll<S>> {
  const v4 = { host: "0.0.0.0", port, ipv6Only: false };
  if (family === 4) return single(await bind(v4));
  try {
    const bound = single(await bind({ host: "::", port, ipv6Only: family === 6 }));
    if (family === 6) return bound;
    return {
      ...bound,
      places: [...bound.places, ...bound.places.map((at) => ({ ...at, host: "0.0.0.0" }))],
    };
  } catch (error) {
    if (family === 6 || !isAbsent(error)) throw error;
    return single(await bind(v4));
  }
}

async function bindName<S extends Bindable>(
  { host, port }: Place,
  options: BindOptions,
  bind: Bind<S>,
): Promise<BoundAll<S>> {
  const sockets: S[] = [];
  const places: Place[] = [];
  let absent: unknown;
  for (const { address } of host === "localhost"
    ? loopback(options.family)
    : await resolveHost(host, options)) {
    try {
      const socket = await bind({ host: address, port: places[0]?.port ?? port, ipv6Only: true });
      sockets.push(socket);
      places.push(placeOf(socket));
    } catch (error) {
      // localhost may be ::1 even where there is no v6.
      absent = error;
      if (isAbsent(error)) continue;
      for (const socket of sockets) socket.close();
      throw error;
    }
  }
  if (sockets.length === 0) throw absent;
  return { sockets, places };
}

/** RFC 6761 §6.3: localhost is loopback, whatever a resolver says. */
function loopback(family: 4 | 6 | undefined): Address[] {
  const both: Address[] = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  return both.filter((address) => family === undefined || address.family === family);
}

function single<S extends Bindable>(socket: S): BoundAll<S> {
  return { sockets: [socket], places: [placeOf(socket)] };
}

function placeOf(socket: Bindable): Place {
  const { address, port } = socket.address() as AddressInfo; // it is bound, and not to a path
  return { host: address, port };
}

function isAbsent(error: unknown): boolean {
  return ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(errnoOf(error));
}

/** A v4 peer of a dual-stack socket shows as ::ffff:1.2.3.4: people mean 1.2.3.4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
