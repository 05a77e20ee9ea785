/** Which sockets are open, and whose they are. */
import { portCategory } from "../core/port-category.ts";
import { checkOptions } from "../core/arguments.ts";
import { loadServiceNames } from "../platform/service-list.ts";
import {
  listSockets,
  readProcesses,
  type Directory,
  type Holder,
  type OpenSocket,
  type Processes,
  type SocketState,
} from "../platform/sockets.ts";
import { exposureOf } from "./exposure.ts";
import { entryFilter, isListeningOnly, socketFilter } from "./filter.ts";
import type { Exposure, Listing, PortEntry, PortProcess, PortsOptions } from "./options.ts";

/** How a program that owns its process may ask. */
export interface ListingOptions extends PortsOptions {
  /** All processes that have a socket open, rather than the first. @default {true} */
  everyProcess?: boolean;
  /** The program's working directory, which reading many descriptors is quicker with. */
  directory?: Directory;
}

/**
 * The sockets that are open on this machine, in the system's order: what listens, or with `all` connections too.
 * Processes and sockets that go while they are looked at are left out; what this user may not see is absent.
 *
 * @throws {NcxError} USAGE for a remote place that is none; UNSUPPORTED where the system's program that tells is missing.
 * @example
 * const [web] = await ports({ ports: [{ first: 8080, last: 8080 }] });
 */
export async function ports(options: PortsOptions = {}): Promise<PortEntry[]> {
  return [...(await listPorts(options)).entries];
}

/** The same, with how many sockets belong to processes that this user may not see. */
export async function listPorts(options: ListingOptions = {}): Promise<Listing> {
  checkOptions(options);
  const { protocols = ["tcp", "udp"], names = true, everyProcess = true, directory } = options;
  const { signal } = options;
  signal?.throwIfAborted();
  const sockets = await listSockets({
    protocols: new Set(protocols),
    keep: socketFilter(options),
    listening: isListeningOnly(options),
    everyHolder: everyProcess || options.pids !== undefined || options.programs !== undefined,
    ...(directory && { directory }),
    ...(signal && { signal }),
  });
  const processes = await readProcesses({ ...(signal && { signal }) });
  // Every port below the dynamic ones may have a name.
  const nameOf = names ? loadServiceNames() : undefined;
  const toEntry = entryMaker(processes, nameOf);
  const wanted = entryFilter(options);
  const entries: PortEntry[] = [];
  let unseen = 0;
  for (const socket of sockets) {
    const entry = toEntry(socket);
    if (!wanted(entry)) continue;
    entries.push(entry);
    if (isUnseen(socket)) unseen += 1;
  }
  return { entries, unseen };
}

/** Closed on this side: the kernel keeps it until the other side is done, and mostly no process has it any more. */
const CLOSING: ReadonlySet<SocketState> = new Set([
  "FIN_WAIT1",
  "FIN_WAIT2",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
]);

/** Whether some process has it open that this user may not see. */
function isUnseen({ holders, inode, state }: OpenSocket): boolean {
  return holders.length === 0 && inode !== undefined && inode !== 0 && !CLOSING.has(state);
}

function entryMaker(
  system: Processes,
  nameOf: ((port: number, protocol: "tcp" | "udp") => string | undefined) | undefined,
): (socket: OpenSocket) => PortEntry {
  const describe = describer(system);
  // Most sockets of a machine share a few addresses.
  const exposures = new Map<string, Exposure>();
  const exposed = (address: string): Exposure => {
    let exposure = exposures.get(address);
    if (exposure === undefined) exposures.set(address, (exposure = exposureOf(address)));
    return exposure;
  };
  return (socket) => {
    const processes = present(socket.holders.map(describe));
    const [first] = processes;
    const { protocol, uid } = socket;
    const isInet = protocol !== "unix";
    // Field by field: a spread takes several times as long, and there may be thousands.
    return {
      protocol,
      family: socket.family,
      address: socket.address,
      port: socket.port,
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      state: socket.state,
      exposure: isInet ? exposed(socket.address) : undefined,
      category: isInet ? portCategory(socket.port) : undefined,
      service: isInet ? nameOf?.(socket.port, protocol) : undefined,
      user: first?.user ?? (uid === undefined ? undefined : (system.user(uid) ?? `${uid}`)),
      uid,
      pid: first?.pid,
      program: first?.program,
      command: first?.command,
      processes,
      receiveQueue: socket.receiveQueue,
      sendQueue: socket.sendQueue,
      inode: socket.inode,
      type: socket.type,
      references: socket.references,
    };
  };
}

/** The list itself, but where something is missing: there may be thousands of lists. */
function present<T>(list: readonly (T | undefined)[]): readonly T[] {
  const isThere = (one: T | undefined): one is T => one !== undefined;
  return list.every(isThere) ? list : list.filter(isThere);
}

/** Looks each process up once. One that has ended meanwhile is nobody. */
function describer(processes: Processes): (holder: Holder) => PortProcess | undefined {
  const known = new Map<number, PortProcess | undefined>();
  return ({ pid, fd, name }) => {
    let process = known.get(pid);
    if (!process && !known.has(pid)) known.set(pid, (process = factsOf(processes, pid, name)));
    return (
      process && {
        pid,
        fd,
        program: process.program,
        command: process.command,
        user: process.user,
        started: process.started,
        title: process.title,
      }
    );
  };
}

function factsOf(
  processes: Processes,
  pid: number,
  name: string | undefined,
): PortProcess | undefined {
  const facts = processes.facts(pid);
  if (!facts) return undefined;
  const { command, user, uid, started, title } = facts;
  const owner = user ?? (uid === undefined ? undefined : `${uid}`);
  return { pid, program: name ?? facts.name, command, user: owner, started, title };
}
