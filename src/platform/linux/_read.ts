/** Reading /proc: a process may end while it is looked at, and others' are closed to us; both read as nothing. */
import { closeSync, openSync, readFileSync, readSync, readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** The names in a directory. */
export function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Where a link leads. */
export function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

/** A file's text. */
export function read(file: string, encoding: "utf8" | "latin1" = "utf8"): string {
  try {
    return readFileSync(file, encoding);
  } catch {
    return "";
  }
}

/** Bytes for one read: the kernel gives a page of a table at a time. */
const PAGE = 65536;

/**
 * The listeners of /proc/net/tcp or tcp6, and perhaps some connections: the kernel lists all listeners first, so that
 * the rest, which may be most of it, need not be read.
 */
export function readListeners(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const page = Buffer.allocUnsafe(PAGE);
    let text = "";
    for (;;) {
      const bytes = readSync(fd, page);
      if (bytes === 0) return text;
      const part = page.toString("latin1", 0, bytes);
      text += part;
      // The state stands between two places and the queues: 0A is LISTEN.
      const state = /:[\dA-F]{4} ([\dA-F]{2}) [\dA-F]{8}:/.exec(part.slice(-400));
      if (state && state[1] !== "0A") return text;
    }
  } catch {
    return "";
  } finally {
    closeSync(fd);
  }
}

/** The processes that there are, the oldest number first. */
export function pids(): number[] {
  return list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** The name of a process: the kernel's, or of Node's main thread the program's. */
export function nameFrom(comm: string, cmdline: string): string {
  const name = comm.trimEnd();
  // Node 24 calls its main thread so, and that is what the kernel then takes for the process's name.
  if (!name.endsWith("MainThread")) return name;
  return basename(cmdline.split("\0")[0] ?? "") || name;
}
