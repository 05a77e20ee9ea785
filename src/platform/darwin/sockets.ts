/** The sockets and processes of macOS and the BSDs, by lsof and ps. The parsers take their text. */
import { basename } from "node:path";
import { printed } from "../_run.ts";
import type {
  Holder,
  OpenSocket,
  ProcessFacts,
  Processes,
  ProcessQuery,
  SocketQuery,
  SocketState,
} from "../_sockets.ts";

/** Every socket that the query keeps, in the order in which lsof meets them. */
export async function listSockets({ keep, signal }: SocketQuery): Promise<OpenSocket[]> {
  const text = await printed("lsof", ["-nP", "-i", "-U", "-FpcuLftPTdn"], signal);
  return parseLsofSockets(text).filter(keep);
}

/** The processes as ps sees them now; with `more` the directory of each, by lsof. */
export async function readProcesses({ more, signal }: ProcessQuery = {}): Promise<Processes> {
  const columns = "pid=,ppid=,uid=,user=,lstart=,command=";
  const facts = parsePs(await printed("ps", ["-axww", "-o", columns], signal));
  const directories = more
    ? parseDirectories(await printed("lsof", ["-nP", "-d", "cwd", "-Fpn"], signal))
    : new Map<number, string>();
  const users = new Map([...facts.values()].map(({ uid = -1, user }) => [uid, user] as const));
  return {
    user: (uid) => users.get(uid),
    facts(pid) {
      const known = facts.get(pid);
      const cwd = directories.get(pid);
      return known && cwd !== undefined ? { ...known, cwd } : known;
    },
  };
}

/** What lsof says of one file, by the letter of the line. */
type Fields = Map<string, string>;

/**
 * Reads `lsof -F pcuLftPTdn`: lines p, c, u and L for a process, then for each of its files f, t, d, P, n, and lines
 * TST=, TQR= and TQS= (state and queues). Sockets that several processes have open come as one.
 */
export function parseLsofSockets(text: string): OpenSocket[] {
  const sockets = new Map<string, OpenSocket & { holders: Holder[] }>();
  let owner: Fields = new Map();
  let file: Fields | undefined;
  const take = (): void => {
    const socket = file && toSocket(owner, file);
    if (!socket) return;
    const { key, ...row } = socket;
    const seen = sockets.get(key);
    if (seen) seen.holders.push(...row.holders);
    else sockets.set(key, row);
  };
  for (const line of text.split(/\r?\n/)) {
    const letter = line.charAt(0);
    if (letter === "p" || letter === "f") {
      take();
      file = letter === "f" ? new Map() : undefined;
      if (letter === "p") owner = new Map();
    }
    const [, detail, value] = /^T(ST|QR|QS)=(.*)$/.exec(line) ?? [];
    if (detail !== undefined) file?.set(detail, value ?? "");
    else (file ?? owner).set(letter, line.slice(1));
  }
  take();
  return [...sockets.values()];
}

function toSocket(
  owner: Fields,
  file: Fields,
): (OpenSocket & { key: string; holders: Holder[] }) | undefined {
  const pid = Number(owner.get("p"));
  const fd = Number.parseInt(file.get("f") ?? "", 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const name = owner.get("c");
  const holder: Holder = {
    pid,
    ...(fd >= 0 && { fd }),
    ...(name !== undefined && { name: unescaped(name) }),
  };
  const uid = Number(owner.get("u") ?? NaN);
  const common = { holders: [holder], ...(Number.isSafeInteger(uid) && { uid }) };
  const place = file.get("n") ?? "";
  const device = file.get("d") ?? "";
  if (file.get("t") === "unix") return { ...common, ...unixSocket(place, device, file) };
  const protocol = file.get("P")?.toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp") return undefined;
  const family = file.get("t") === "IPv6" ? 6 : 4;
  const [local, remote] = place.split("->").map((part) => parsePlace(part, family));
  if (!local) return undefined;
  const queues = { receiveQueue: file.get("QR"), sendQueue: file.get("QS") };
  return {
    ...common,
    // The kernel's address of the socket tells sockets apart that are bound to the same place.
    key: [protocol, device || pid, place].join(" "),
    protocol,
    family,
    ...local,
    remoteAddress: remote?.address ?? (family === 6 ? "::" : "0.0.0.0"),
    remotePort: remote?.port ?? 0,
    state: stateOf(protocol, file.get("ST"), remote !== undefined),
    ...numbers(queues),
  };
}

function unixSocket(
  place: string,
  device: string,
  file: Fields,
): Omit<OpenSocket, "holders"> & { key: string } {
  // `/path`, `->0x9a3f...` (the peer's address), or on Linux `/path type=STREAM`.
  const path = unescaped(place.replace(/(^| )type=\w+.*$/, ""));
  const state = file.get("ST");
  const isPeer = path.startsWith("->");
  const connected = isPeer || state === "CONNECTED";
  return {
    key: `unix ${device} ${place} ${device === "" ? (file.get("f") ?? "") : ""}`,
    protocol: "unix",
    address: isPeer ? "" : path,
    port: 0,
    remoteAddress: "",
    remotePort: 0,
    state: connected ? "ESTABLISHED" : path !== "" ? "LISTEN" : "UNCONNECTED",
  };
}

/** `*:8080`, `127.0.0.1:8080`, `[::1]:8080`, `*:*`. */
function parsePlace(text: string, family: 4 | 6): { address: string; port: number } | undefined {
  const match = /^(\*|[\d.]+|\[([^\]]*)\]):(\d{1,5}|\*)$/.exec(text.trim());
  if (!match) return undefined;
  const [, host = "", v6, port = ""] = match;
  const every = family === 6 ? "::" : "0.0.0.0";
  return { address: host === "*" ? every : (v6 ?? host), port: port === "*" ? 0 : Number(port) };
}

// lsof's names of states, which are the BSDs'.
const STATES: Readonly<Record<string, SocketState>> = {
  CLOSED: "CLOSE",
  LISTEN: "LISTEN",
  SYN_SENT: "SYN_SENT",
  SYN_RCDV: "SYN_RECV",
  SYN_RECEIVED: "SYN_RECV",
  SYN_RECV: "SYN_RECV",
  ESTABLISHED: "ESTABLISHED",
  CLOSE_WAIT: "CLOSE_WAIT",
  FIN_WAIT_1: "FIN_WAIT1",
  FIN_WAIT1: "FIN_WAIT1",
  FIN_WAIT_2: "FIN_WAIT2",
  FIN_WAIT2: "FIN_WAIT2",
  CLOSING: "CLOSING",
  LAST_ACK: "LAST_ACK",
  TIME_WAIT: "TIME_WAIT",
};

function stateOf(
  protocol: "tcp" | "udp",
  state: string | undefined,
  connected: boolean,
): SocketState {
  if (protocol === "udp") return connected ? "ESTABLISHED" : "UNCONNECTED";
  return (state !== undefined && Object.hasOwn(STATES, state) && STATES[state]) || "UNKNOWN";
}

function numbers(values: Record<"receiveQueue" | "sendQueue", string | undefined>): {
  receiveQueue?: number;
  sendQueue?: number;
} {
  const { receiveQueue = "", sendQueue = "" } = values;
  return {
    ...(/^\d+$/.test(receiveQueue) && { receiveQueue: Number(receiveQueue) }),
    ...(/^\d+$/.test(sendQueue) && { sendQueue: Number(sendQueue) }),
  };
}

/** lsof writes what isn't printable as `\x20`, `\n`, `^A`. */
function unescaped(text: string): string {
  return text.replace(/\\x([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
}

/** Reads `ps -o pid=,ppid=,uid=,user=,lstart=,command=`. */
export function parsePs(text: string): Map<number, ProcessFacts> {
  const processes = new Map<number, ProcessFacts>();
  for (const line of text.split("\n")) {
    const match = /^ *(\d+) +(\d+) +(\d+) +(\S+) +(\w+ +\w+ +\d+ [\d:]{8} \d{4}) +(\S.*)$/.exec(
      line,
    );
    if (!match) continue;
    const [, pid, parent, uid, user = "", started = "", command = ""] = match;
    const title = command.split(" ")[0] ?? "";
    processes.set(Number(pid), {
      pid: Number(pid),
      parent: Number(parent),
      name: basename(title),
      title,
      command: command.trimEnd(),
      uid: Number(uid),
      user,
      started: started.replace(/ +/g, " "),
    });
  }
  return processes;
}

/** Reads `lsof -d cwd -F pn`: the directory of each process. */
export function parseDirectories(text: string): Map<number, string> {
  const directories = new Map<number, string>();
  let pid = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    else if (line.startsWith("n") && pid > 0) directories.set(pid, unescaped(line.slice(1)));
  }
  return directories;
}
