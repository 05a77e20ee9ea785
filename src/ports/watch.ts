/** What opens and closes, by looking again and again. */
import { sleep } from "../core/sleep.ts";
import { listPorts, type ListingOptions } from "./ports.ts";
import type { Listing, PortEntry } from "./options.ts";

export interface PortChange {
  readonly change: "opened" | "closed";
  readonly entry: PortEntry;
}

export interface WatchOptions extends ListingOptions {
  /** Milliseconds between two looks. @default {1000} */
  every?: number;
  /** What was there at the first look, before anything has changed. */
  onReady?(listing: Listing): void;
}

/** Milliseconds between two looks. */
const WATCH_EVERY = 1000;

/**
 * What opens and closes from now on: at each look first what closed, then what opened. A socket that comes and goes
 * between two looks is not seen. Ends by its signal alone: it rejects with the reason.
 */
export async function* watchPorts(options: WatchOptions = {}): AsyncGenerator<PortChange, never> {
  const { every = WATCH_EVERY, onReady, signal } = options;
  const first = await listPorts(options);
  let before = byIdentity(first.entries);
  onReady?.(first);
  for (;;) {
    await sleep(every, signal);
    const now = byIdentity((await listPorts(options)).entries);
    yield* changesBetween(before, now);
    before = now;
  }
}

/** What is in one listing only. */
export function changesBetween(
  before: ReadonlyMap<string, PortEntry>,
  now: ReadonlyMap<string, PortEntry>,
): PortChange[] {
  const changes: PortChange[] = [];
  for (const [identity, entry] of before)
    if (!now.has(identity)) changes.push({ change: "closed", entry });
  for (const [identity, entry] of now)
    if (!before.has(identity)) changes.push({ change: "opened", entry });
  return changes;
}

/** Entries by what tells one socket from another. */
export function byIdentity(entries: readonly PortEntry[]): Map<string, PortEntry> {
  return new Map(entries.map((entry) => [identityOf(entry), entry]));
}

/** What tells a socket from all others. A connection is its two places, whatever state it goes through; of others there may be several at one place. */
export function identityOf(entry: PortEntry): string {
  const { protocol, family, address, port, remoteAddress, remotePort, inode, pid } = entry;
  const places = `${protocol}${family} ${address} ${port} ${remoteAddress} ${remotePort}`;
  return remotePort === 0 ? `${places} ${inode ?? pid}` : places;
}
