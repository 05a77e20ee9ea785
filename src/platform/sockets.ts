/** The sockets of this machine and the processes that hold them, by each system's own means. */
import type { OpenSocket, Processes, ProcessQuery, SocketQuery } from "./_sockets.ts";
import * as linux from "./linux/sockets.ts";
import * as linuxProcesses from "./linux/processes.ts";

export type {
  Directory,
  Holder,
  OpenSocket,
  ProcessFacts,
  Processes,
  ProcessQuery,
  SocketProtocol,
  SocketQuery,
  SocketState,
} from "./_sockets.ts";

interface System {
  listSockets(query: SocketQuery): Promise<OpenSocket[]>;
  readProcesses(query?: ProcessQuery): Promise<Processes>;
}

/**
 * The sockets that a query keeps, in the system's order, each with its holders as far as this user may see them. What
 * opens or closes meanwhile may be there or not.
 *
 * @throws {NcxError} UNSUPPORTED where the program that tells (lsof, netstat) is missing.
 */
export async function listSockets(query: SocketQuery): Promise<OpenSocket[]> {
  return (await systemOf(process.platform)).listSockets(query);
}

/**
 * The processes of this machine. On Linux each is read when it is asked for, elsewhere all are at once.
 *
 * @throws {NcxError} UNSUPPORTED where the program that tells (ps, PowerShell) is missing.
 */
export async function readProcesses(query: ProcessQuery = {}): Promise<Processes> {
  return (await systemOf(process.platform)).readProcesses(query);
}

async function systemOf(platform: NodeJS.Platform): Promise<System> {
  if (platform === "linux" || platform === "android") return { ...linux, ...linuxProcesses };
  return platform === "win32" ? import("./win32/sockets.ts") : import("./darwin/sockets.ts");
}
