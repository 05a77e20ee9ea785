/** The sockets and processes of Windows, by netstat and PowerShell. The parsers take their text. */
import { printed } from "../_run.ts";
import type {
  OpenSocket,
  ProcessFacts,
  Processes,
  ProcessQuery,
  SocketQuery,
  SocketState,
} from "../_sockets.ts";

const POWERSHELL = ["-NoProfile", "-NonInteractive", "-Command"];
const UTF8 = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; ";
const CONNECTIONS =
  "Get-NetTCPConnection | Select-Object LocalAddress, LocalPort, RemoteAddress, RemotePort," +
  " @{n='State';e={[int]$_.State}} | ConvertTo-Json -Compress";
const PROCESSES =
  "Get-CimInstance Win32_Process | Select-Object ProcessId, ParentProcessId, Name, CommandLine," +
  " @{n='Started';e={$_.CreationDate.ToUniversalTime().ToString('o')}} | ConvertTo-Json -Compress";

/** Every socket that the query keeps. Windows doesn't list the unix sockets it has, nor who holds a pipe. */
export async function listSockets({ keep, signal }: SocketQuery): Promise<OpenSocket[]> {
  const text = await printed("netstat", ["-ano"], signal);
  let sockets = parseNetstatSockets(text);
  // netstat speaks the system's language; PowerShell knows the states by number.
  if (sockets.some(({ state }) => state === "UNKNOWN")) {
    const numbered = await printed("powershell", [...POWERSHELL, UTF8 + CONNECTIONS], signal);
    const states = parseTcpConnections(numbered);
    sockets = sockets.map((socket) => ({
      ...socket,
      state: states.get(placesOf(socket)) ?? socket.state,
    }));
  }
  return sockets.filter(keep);
}

/** The processes as they are now. Who owns them only an administrator could ask, and slowly: users are left out. */
export async function readProcesses({ signal }: ProcessQuery = {}): Promise<Processes> {
  const text = await printed("powershell", [...POWERSHELL, UTF8 + PROCESSES], signal);
  const processes = parseProcesses(text);
  return { user: () => undefined, facts: (pid) => processes.get(pid) };
}

const WORDS: Readonly<Record<string, SocketState>> = {
  LISTENING: "LISTEN",
  ESTABLISHED: "ESTABLISHED",
  SYN_SENT: "SYN_SENT",
  SYN_RECEIVED: "SYN_RECV",
  FIN_WAIT_1: "FIN_WAIT1",
  FIN_WAIT_2: "FIN_WAIT2",
  TIME_WAIT: "TIME_WAIT",
  CLOSE_WAIT: "CLOSE_WAIT",
  LAST_ACK: "LAST_ACK",
  CLOSING: "CLOSING",
  CLOSED: "CLOSE",
};

/** Reads `netstat -ano`. A state that isn't in English is UNKNOWN; a listener is told by its peer's port, 0. */
export function parseNetstatSockets(text: string): OpenSocket[] {
  const sockets: OpenSocket[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match =
      /^ *(TCP|UDP) +(\S+):(\d{1,5}) +(\S+):(\d{1,5}|\*)(?: +(\S.*?))? +(\d{1,10}) *$/.exec(line);
    if (!match) continue;
    const [, kind, local = "", port, remote = "", remotePort = "", word = "", pid] = match;
    const address = withoutBrackets(local);
    const family = address.includes(":") ? 6 : 4;
    const every = family === 6 ? "::" : "0.0.0.0";
    sockets.push({
      protocol: kind === "TCP" ? "tcp" : "udp",
      family,
      address,
      port: Number(port),
      remoteAddress: remote === "*" ? every : withoutBrackets(remote),
      remotePort: remotePort === "*" ? 0 : Number(remotePort),
      state: kind === "UDP" ? "UNCONNECTED" : stateOf(word, remotePort),
      // 0 is nobody's: what is left of a connection whose process has gone.
      holders: Number(pid) === 0 ? [] : [{ pid: Number(pid) }],
    });
  }
  return sockets;
}

function stateOf(word: string, remotePort: string): SocketState {
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  return known ?? (remotePort === "0" ? "LISTEN" : "UNKNOWN");
}

// MSFT_NetTCPConnection's numbers.
const NUMBERS: readonly (SocketState | undefined)[] = [
  undefined,
  "CLOSE",
  "LISTEN",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "CLOSE_WAIT",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
];

/** Reads Get-NetTCPConnection as JSON: the state of each connection by its two places. */
export function parseTcpConnections(text: string): Map<string, SocketState> {
  const states = new Map<string, SocketState>();
  for (const row of records(text)) {
    const state = NUMBERS[Number(row["State"])];
    if (!state) continue;
    const places = placesOf({
      address: String(row["LocalAddress"]),
      port: Number(row["LocalPort"]),
      remoteAddress: String(row["RemoteAddress"]),
      remotePort: Number(row["RemotePort"]),
    });
    states.set(places, state);
  }
  return states;
}

/** Reads Win32_Process as JSON. */
export function parseProcesses(text: string): Map<number, ProcessFacts> {
  const processes = new Map<number, ProcessFacts>();
  for (const row of records(text)) {
    const [pid, parent] = [Number(row["ProcessId"]), Number(row["ParentProcessId"])];
    const { Name: name, CommandLine: command, Started: started } = row;
    if (!Number.isSafeInteger(pid) || typeof name !== "string") continue;
    processes.set(pid, {
      pid,
      name,
      title: name,
      ...(Number.isSafeInteger(parent) && { parent }),
      ...(typeof command === "string" && { command }),
      ...(typeof started === "string" && { started }),
    });
  }
  return processes;
}

/** The objects in a JSON text: ConvertTo-Json writes a single one without an array. Nothing where the text is cut. */
function records(text: string): Readonly<Record<string, unknown>>[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return [];
  }
  const rows: readonly unknown[] = Array.isArray(value) ? value : [value];
  return rows.filter((row) => typeof row === "object" && row !== null) as Record<string, unknown>[]; // as the filter says
}

function placesOf({
  address,
  port,
  remoteAddress,
  remotePort,
}: Pick<OpenSocket, "address" | "port" | "remoteAddress" | "remotePort">): string {
  return `${address} ${port} ${remoteAddress} ${remotePort}`;
}

function withoutBrackets(text: string): string {
  return text.replace(/^\[(.*)\]$/, "$1");
}
