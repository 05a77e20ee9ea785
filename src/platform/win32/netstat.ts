/** Which process holds a listening socket, by netstat and tasklist. The parsers take their text. */
import { type Held, type Owner, type Place, inTheWay, output } from "../_owner.ts";

export interface NetstatRow extends Held {
  readonly protocol: "tcp" | "udp";
  readonly listening: boolean;
  readonly pid: number;
}

/** The holder; the search is given up once `signal` aborts. Windows doesn't tell who holds a pipe. */
export async function findHolder(endpoint: Place, signal: AbortSignal): Promise<Owner | undefined> {
  if (endpoint.kind === "unix") return undefined;
  const rows = parseNetstat(await output("netstat", ["-ano"], signal)).filter(
    (row) => row.protocol === endpoint.kind && row.listening,
  );
  const holder = inTheWay(rows, endpoint)[0];
  if (!holder) return undefined;
  const filter = ["/FI", `PID eq ${holder.pid}`, "/FO", "CSV", "/NH"];
  const name = parseTasklist(await output("tasklist", filter, signal)).get(holder.pid);
  return name === undefined ? undefined : { name, pid: holder.pid };
}

/** Reads `netstat -ano`. State names are in the system's language, so a listener is told by its peer's port, 0. */
export function parseNetstat(text: string): NetstatRow[] {
  const rows: NetstatRow[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(TCP|UDP)\s+(\S+):(\d+)\s+(\S+):(\d+|\*)\s+(?:\S.*\s)?(\d+)\s*$/.exec(line);
    if (!match) continue;
    const [, protocol, address = "", port, , remotePort, pid] = match;
    rows.push({
      protocol: protocol === "TCP" ? "tcp" : "udp",
      address: address.replace(/^\[(.*)\]$/, "$1"),
      port: Number(port),
      listening: remotePort === "0" || remotePort === "*",
      pid: Number(pid),
    });
  }
  return rows;
}

/** Reads `tasklist /FO CSV /NH`: program names by pid. */
export function parseTasklist(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [, name = "", pid] of text.matchAll(/^"([^"]*)","(\d+)",/gm))
    names.set(Number(pid), name);
  return names;
}
