/** Network interfaces by the numbers that the system gives them. */
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = "/sys/class/net";

let names: Map<number, string> | undefined;

/** The name of an interface; undefined where the system doesn't say. Reads the system's list at the first call. */
export function interfaceName(index: number): string | undefined {
  names ??= readNames();
  return names.get(index);
}

function readNames(): Map<number, string> {
  const found = new Map<number, string>();
  try {
    for (const name of readdirSync(FOLDER))
      found.set(Number(readFileSync(`${FOLDER}/${name}/ifindex`, "utf8")), name);
  } catch {
    // Another system, or an interface that has just gone: its number stands for it.
  }
  return found;
}
