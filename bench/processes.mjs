/** Programs under measurement: started in a group of their own, watched through /proc, stopped whatever happens. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** _SC_CLK_TCK of every Linux. */
const TICKS = 100;
const PAGE_KB = 4;
/** Milliseconds that a program has to listen, and to end once it is told to. */
const START = 10_000;
const STOP = 3000;

// This variable alone costs Node 20 more than its start.
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...environment } = process.env;
export { environment };

const running = new Set();
process.once("exit", () => running.forEach((child) => signal(child, "SIGKILL")));

/** Starts a program. `stdio` as in node:child_process; by default its errors are kept for the report of a failure. */
export function start(command, args, { stdio = ["ignore", "ignore", "pipe"], ...options } = {}) {
  const child = spawn(command, args, { env: environment, ...options, stdio, detached: true });
  let errors = "";
  child.stderr?.on("data", (chunk) => (errors = `${errors}${chunk}`.slice(-2000)));
  running.add(child);
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, name) => {
      running.delete(child);
      resolve(code ?? name);
    });
  });
  ended.catch(() => {}); // whoever waits for it is told
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    errors: () => errors,
    /** Waits for a good end. */
    async finished() {
      const status = await ended;
      if (status !== 0) throw new Error(`${command} ended with ${status}: ${errors}`);
    },
    async stop() {
      if (!running.has(child)) return;
      signal(child, "SIGTERM");
      const insist = setTimeout(() => signal(child, "SIGKILL"), STOP);
      await ended;
      clearTimeout(insist);
    },
  };
}

function signal({ pid }, name) {
  try {
    process.kill(-pid, name);
  } catch {
    // It has just ended.
  }
}

/** Runs a program to its end; gives what it wrote. */
export async function run(command, args, options = {}) {
  const program = start(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  program.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const timer = setTimeout(() => void program.stop(), options.timeout ?? 120_000);
  try {
    await program.finished();
  } catch (error) {
    throw new Error(`${error.message} ${output.slice(-500)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return output;
}

/** Starts one of the ends in ends/, and waits for its first line. `within` is a command that runs another. */
export async function startEnd(name, args, { within = [], ...options } = {}) {
  const file = new URL(`./ends/${name}.mjs`, import.meta.url).pathname;
  const words = [...within, process.execPath, "--no-deprecation", file, ...args.map(String)];
  const program = start(words[0], words.slice(1), {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
  });
  program.nextLine = lineReader(program);
  program.first = await program.nextLine();
  return program;
}

/** Reads a program's answers, each a line of JSON. */
function lineReader(program) {
  let text = "";
  program.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return async () => {
    while (!text.includes("\n")) {
      const more = await Promise.race([
        once(program.stdout, "data").then(() => true),
        program.ended.then(() => false),
      ]);
      if (!more && !text.includes("\n")) throw new Error(`an end has ended: ${program.errors()}`);
    }
    const end = text.indexOf("\n");
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return JSON.parse(line);
  };
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until somebody has the port, without connecting: a listener for one client must not be spent. */
export async function listening(port, program, protocol = "tcp") {
  for (let waited = 0; waited < START; waited += 10) {
    if (taken(port, protocol)) return;
    if (program && !isRunning(program.pid)) throw new Error(`cannot start: ${program.errors()}`);
    await sleep(10);
  }
  throw new Error(`nobody listens on ${protocol} ${port} after ${START} ms`);
}

function taken(port, protocol) {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  // 0A is LISTEN, 07 an unconnected UDP socket.
  const state = protocol === "tcp" ? "0A" : "07";
  return [protocol, `${protocol}6`].some((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .some((line) => {
        const [, local = "", , found] = line.trim().split(/\s+/);
        return local.endsWith(wanted) && found === state;
      }),
  );
}

function isRunning(pid) {
  return statOf(pid) !== undefined;
}

/** Seconds of user and system time of a program, its threads, its children that live and those that have ended. */
export function cpuSeconds(pid) {
  let ticks = 0;
  for (const member of groupOf(pid)) {
    const stat = statOf(member);
    // proc(5): 14 utime, 15 stime, 16 cutime, 17 cstime, counted from 1 at the pid; the split begins at field 3.
    if (stat) for (const field of [11, 12, 13, 14]) ticks += Number(stat[field]);
  }
  return ticks / TICKS;
}

/** Kilobytes of resident memory; with children, each one's proportional share. */
export function memoryKb(pid) {
  const group = groupOf(pid);
  if (group.length > 1) return group.reduce((sum, member) => sum + proportionalKb(member), 0);
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_KB;
}

function proportionalKb(pid) {
  try {
    const [, kb = 0] = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+)/m);
    return Number(kb);
  } catch {
    return 0; // it has just ended
  }
}

/** Descriptors that a program may have. */
export function descriptorLimit() {
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? Infinity : Number(limit);
}

function groupOf(leader) {
  return readdirSync("/proc").filter(
    (name) =>
      /^\d+$/.test(name) && (name === String(leader) || statOf(name)?.[2] === String(leader)),
  );
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
