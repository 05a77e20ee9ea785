/** Which process holds a listening socket, by lsof. The parser takes the text of `lsof -F pcn`. */
import { resolve } from "node:path";
import { type Held, type Owner, type Place, inTheWay, output } from "../_owner.ts";

/** One open socket. For a unix socket the address is its path, and the port 0. */
export interface LsofRow extends Held, Owner {}

/** The holder, as far as this user may see it; the search is given up once `signal` aborts. */
export async function findHolder(endpoint: Place, signal: AbortSignal): Promise<Owner | undefined> {
  const rows = parseLsof(await output("lsof", [...query(endpoint), "-Fpcn"], signal));
  const [holder] =
    endpoint.kind === "unix"
      ? rows.filter((row) => row.address === resolve(endpoint.path))
      : inTheWay(rows, endpoint);
  return holder && { name: holder.name, pid: holder.pid };
}

/** Reads `lsof -F pcn`: a line p (pid) and c (command) for each process, then a line n (name) for each of its files. */
export function parseLsof(text: string): LsofRow[] {
  const rows: LsofRow[] = [];
  let pid = 0;
  let name = "";
  for (const line of text.split("\n")) {
    const value = line.slice(1);
    if (line.startsWith("p")) [pid, name] = [Number(value), ""];
    else if (line.startsWith("c")) name = value;
    else if (line.startsWith("n")) rows.push({ ...parsePlace(value), name, pid });
  }
  return rows;
}

function query(endpoint: Place): string[] {
  switch (endpoint.kind) {
    case "tcp":
      return ["-nP", `-iTCP:${endpoint.port}`, "-sTCP:LISTEN"];
    case "udp":
      return ["-nP", `-iUDP:${endpoint.port}`];
    case "unix":
      return ["-U"];
  }
}

/** `*:8080`, `127.0.0.1:8080`, `[::1]:8080`, of a connected socket the part before `->`; else a path. */
function parsePlace(text: string): Held {
  const match = /^(\*|[\d.]+|\[([^\]]*)\]):(\d+)(?:->.*)?$/.exec(text);
  return match
    ? { address: match[2] ?? match[1] ?? "", port: Number(match[3]) }
    : { address: text.replace(/ type=\w+.*$/, ""), port: 0 };
}
