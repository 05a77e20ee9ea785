/** Finding ports that nobody has, and keeping them so until they are used. */
import { isIP } from "node:net";
import { errnoOf, NcxError, wrap } from "../core/errors.ts";
import type { PortRange } from "../core/ranges.ts";
import { holdPort, type HeldPort } from "../transport/held-port.ts";

export interface ReserveOptions {
  /** The first free port of this range, both ends included. Default: any that the system gives. */
  range?: PortRange;
  /** Free on this numeric address is enough. Default: on every address, v4 and v6. */
  host?: string;
  signal?: AbortSignal;
}

/**
 * A port that is held. Let go of it right before the server that is to have it binds: for a minute afterwards (Linux)
 * the system gives it to nobody who asks for any port, and to whoever asks for this one.
 */
export interface Reservation extends AsyncDisposable {
  readonly port: number;
  /** Lets go of it. */
  release(): Promise<void>;
  /** Prepares for `releaseNow`. */
  guard(): Promise<void>;
  /** Lets go of it before it returns; `guard` first. */
  releaseNow(): void;
}

/**
 * Reserves a port that nobody has.
 *
 * @throws {NcxError} IN_USE when the range has none; DENIED, ADDRESS, ABORTED; RangeError for a range that is none.
 * @example
 * const { port, release } = await reservePort();
 * await release(); // right before your own server listens
 * await using mine = await listen({ kind: "tcp", host: "127.0.0.1", port });
 */
export async function reservePort(options: ReserveOptions = {}): Promise<Reservation> {
  const [reservation] = await reservePorts(1, options);
  if (!reservation) throw new Error("one port was reserved");
  return reservation;
}

/** Reserves so many different ports: all of them, or none. */
export async function reservePorts(
  count: number,
  options: ReserveOptions = {},
): Promise<Reservation[]> {
  checkRange(options);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`count must be 1 or more, not ${count}`);
  const held: HeldPort[] = [];
  try {
    for (const port of candidates(options, count)) {
      options.signal?.throwIfAborted();
      const got = await take(port, options);
      if (got) held.push(got);
      if (held.length === count) return held.map(reservation);
    }
    throw tooFew(count, held.length, options);
  } catch (error) {
    for (const one of held) one.release();
    throw wrap("find a free port", error);
  }
}

/** Ports to try, in turn: those of the range, or whatever the system gives. */
function* candidates({ range }: ReserveOptions, count: number): Generator<number> {
  if (!range) for (let left = count; left > 0; left -= 1) yield 0;
  else for (let port = range.first; port <= range.last; port += 1) yield port;
}

/** Undefined where somebody has it, or where only root may. */
async function take(port: number, { host, range }: ReserveOptions): Promise<HeldPort | undefined> {
  try {
    return await holdPort(port, host);
  } catch (error) {
    const taken =
      errnoOf(error) === "EADDRINUSE" ||
      (errnoOf(error) === "EACCES" && range?.first !== range?.last);
    if (range && taken) return undefined;
    throw error;
  }
}

function reservation(held: HeldPort): Reservation {
  const release = async (): Promise<void> => {
    await held.guard();
    held.release();
  };
  return {
    port: held.port,
    release,
    guard: () => held.guard(),
    releaseNow: () => held.release(),
    [Symbol.asyncDispose]: async () => held.release(),
  };
}

function checkRange({ range, host }: ReserveOptions): void {
  if (host !== undefined && isIP(host) === 0)
    throw new TypeError(`host must be a numeric address, not ${host}`);
  if (!range) return;
  const { first, last } = range;
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;
  if (!isPort(first) || !isPort(last) || last < first)
    throw new RangeError(`range must be ports from 1 to 65535, not ${first}-${last}`);
}

function tooFew(count: number, found: number, { range, host }: ReserveOptions): NcxError {
  const where = `${range?.first}-${range?.last}${host === undefined ? "" : ` of ${host}`}`;
  const state =
    found === 0 ? `every port of ${where} is taken` : `${where} has ${found} free ports`;
  return new NcxError(
    "IN_USE",
    `Cannot find ${count === 1 ? "a free port" : `${count} free ports`}: ${state}`,
    {
      state,
      hint: "use a wider --range",
    },
  );
}
