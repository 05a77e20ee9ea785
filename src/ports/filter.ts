/** Which sockets are wanted: what can be told from the socket alone, and what needs its processes. */
import { BlockList, isIP } from "node:net";
import { NcxError, quote } from "../core/errors.ts";
import { portCategory } from "../core/port-category.ts";
import { parsePortRanges, type PortRange } from "../core/ranges.ts";
import type { OpenSocket } from "../platform/sockets.ts";
import { exposureOf } from "./exposure.ts";
import type { PlaceFilter, PortEntry, PortsOptions } from "./options.ts";

type Test<T> = (subject: T) => boolean;
/** What a socket tells of itself, an entry's too. */
type Told = Omit<OpenSocket, "holders">;

/**
 * Whether a socket is wanted, as far as it tells itself.
 *
 * @throws {NcxError} USAGE for a remote place that is none.
 */
export function socketFilter(options: PortsOptions): Test<Told> {
  const { family, all, at, inet, ports, states, remotes, exposure, categories } = options;
  const tests: Test<Told>[] = [];
  if (states) tests.push(({ state }) => states.includes(state));
  else if (remotes) tests.push(isConnected);
  else if (!all) tests.push(isListening);
  if (family) tests.push((socket) => socket.family === family);
  if (ports) tests.push((socket) => socket.protocol !== "unix" && isIn(ports, socket.port));
  for (const places of [at, inet])
    if (places) tests.push((socket) => places.some((place) => isAt(socket, place)));
  if (remotes) {
    const places = remotes.map(parseRemote);
    tests.push((socket) => places.some((isThere) => isThere(socket)));
  }
  if (exposure)
    tests.push((socket) => isInet(socket) && exposure.includes(exposureOf(socket.address)));
  if (categories)
    tests.push((socket) => isInet(socket) && categories.includes(portCategory(socket.port)));
  return (socket) => tests.every((test) => test(socket));
}

/** Whether what listens is all that may be wanted. */
export function isListeningOnly({ all, states, remotes }: PortsOptions): boolean {
  return !all && !states && !remotes;
}

/** Whether an entry is wanted, now that it is known whose it is. */
export function entryFilter({ pids, programs, users }: PortsOptions): Test<PortEntry> {
  const tests: Test<PortEntry>[] = [];
  if (pids) tests.push(({ processes }) => processes.some(({ pid }) => pids.includes(pid)));
  if (programs) {
    const names = programs.map(namePattern);
    tests.push(({ processes }) =>
      processes.some(({ program, title = "" }) =>
        names.some((name) => name.test(program) || name.test(title.replace(/^.*\//, ""))),
      ),
    );
  }
  if (users)
    tests.push((entry) =>
      [entry.user, ...entry.processes.map(({ user }) => user)].some(
        (user) => user !== undefined && users.includes(user),
      ),
    );
  return (entry) => tests.every((test) => test(entry));
}

/**
 * The entries with only those of their processes that are meant, each by itself: who shares a socket with a process
 * that is asked for is not asked for. Left out are the entries that nobody is left of.
 */
export function withThoseMeant(entries: readonly PortEntry[], options: PortsOptions): PortEntry[] {
  const isMeant = entryFilter(options);
  return entries.flatMap((entry) => {
    const processes = entry.processes.filter((process) =>
      isMeant({ ...entry, user: process.user, processes: [process] }),
    );
    const [first] = processes;
    return first ? [{ ...entry, user: first.user, processes }] : [];
  });
}

/** Of these filters those that want none of the entries, each asked by itself. */
export function unmetFilters<F extends { readonly wants: PortsOptions }>(
  filters: readonly F[],
  entries: readonly PortEntry[],
): F[] {
  return filters.filter(({ wants }) => {
    const [isThere, isTheirs] = [socketFilter({ all: true, ...wants }), entryFilter(wants)];
    return !entries.some((entry) => isThere(entry) && isTheirs(entry));
  });
}

/** Whether somebody can come to it: a TCP or unix listener, or a UDP socket without a peer. */
function isListening({ protocol, state }: Told): boolean {
  return state === "LISTEN" || (protocol === "udp" && state === "UNCONNECTED");
}

function isConnected({ state }: Told): boolean {
  return state !== "LISTEN" && state !== "UNCONNECTED";
}

function isInet({ protocol }: Told): boolean {
  return protocol !== "unix";
}

function isIn(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ first, last }) => first <= port && port <= last);
}

function isAt(socket: Told, place: PlaceFilter): boolean {
  if (place.protocol && socket.protocol !== place.protocol) return false;
  if (place.family && socket.family !== place.family) return false;
  if (place.path !== undefined) return socket.protocol === "unix" && socket.address === place.path;
  if (socket.protocol === "unix") return place.addresses === undefined && place.ports === undefined;
  if (isEnd(place, socket.address, socket.port)) return true;
  return place.eitherEnd === true && isEnd(place, socket.remoteAddress, socket.remotePort);
}

function isEnd({ addresses, ports }: PlaceFilter, address: string, port: number): boolean {
  if (ports && !isIn(ports, port)) return false;
  return addresses === undefined || addresses.some((one) => isSame(one, address));
}

function isSame(one: string, other: string): boolean {
  return one === other || `::ffff:${one}` === other;
}

/** `192.0.2.1`, `10.0.0.0/8`, `::1`, `[::1]:443`, `192.0.2.1:443`, `:443`. */
function parseRemote(text: string): Test<Told> {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::([\d,-]+))?$/.exec(text);
  const host = isIP(text) === 6 || /^[\da-f:.]*::?[\da-f:.]*\/\d+$/i.test(text) ? text : undefined;
  const address = host ?? match?.[1] ?? match?.[2];
  const ports = host === undefined ? match?.[3] : undefined;
  if (address === undefined || (address === "" && ports === undefined)) throw badRemote(text);
  const ranges = ports === undefined ? undefined : parsePortRanges(ports);
  const list = address === "" ? undefined : addressList(address, text);
  return ({ remoteAddress, remotePort }) =>
    (!ranges || isIn(ranges, remotePort)) && (!list || holds(list, remoteAddress));
}

function addressList(address: string, text: string): BlockList {
  const [base = "", bits] = address.split("/");
  const version = isIP(base);
  const most = version === 6 ? 128 : 32;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  if (version === 0 || !(length <= most)) throw badRemote(text);
  const list = new BlockList();
  list.addSubnet(base, length, version === 6 ? "ipv6" : "ipv4");
  return list;
}

function holds(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 6 ? "ipv6" : "ipv4");
}

function namePattern(name: string): RegExp {
  const parts = name.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  // The kernel keeps 15 bytes of a name.
  const cut = name.length > 15 && !name.includes("*") ? `|${parts.join("").slice(0, 15)}` : "";
  return new RegExp(`^(?:${parts.join(".*")}${cut})$`, "i");
}

function badRemote(text: string): NcxError {
  return new NcxError("USAGE", `Cannot use remote ${quote(text)}: not an address`, {
    hint: "use 192.0.2.1, 10.0.0.0/8, ::1, 192.0.2.1:443 or :443",
  });
}
