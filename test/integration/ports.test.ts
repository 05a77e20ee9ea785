/** ports() and services() by library call, about sockets of this very process. */
import { spawn } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { ports, services } from "../../src/index.ts";
import {
  endProcess,
  holdsStill,
  killTargets,
  listPorts,
  watchPorts,
  type PortEntry,
} from "../../src/ports/index.ts";
import { readProcesses } from "../../src/platform/sockets.ts";
import { holdSockets } from "../helpers/socket-holder.ts";

const only = (port: number): { ports: { first: number; last: number }[] } => ({
  ports: [{ first: port, last: port }],
});

describe.skipIf(process.platform !== "linux")("ports()", () => {
  test("finds a listener of this process, with what is known of it", async () => {
    await using server = await tcp();
    const [entry, ...more] = await ports(only(server.port));
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      protocol: "tcp",
      family: 4,
      address: "127.0.0.1",
      port: server.port,
      state: "LISTEN",
      exposure: "loopback",
      pid: process.pid,
      receiveQueue: 0,
    });
    expect(entry?.processes.map(({ pid }) => pid)).toContain(process.pid);
  });

  test("has no connections, unless all are asked for", async () => {
    await using server = await tcp();
    const client = net.connect(server.port, "127.0.0.1");
    try {
      await once(client, "connect");
      expect(await ports(only(server.port))).toHaveLength(1);
      const states = (await ports({ ...only(server.port), all: true })).map(({ state }) => state);
      expect(states.sort()).toEqual(["ESTABLISHED", "LISTEN"]);
    } finally {
      client.destroy();
    }
  });

  test("finds UDP, and knows the peer of a connected one", async () => {
    const one = dgram.createSocket("udp4").bind(0, "127.0.0.1");
    await once(one, "listening");
    const two = dgram.createSocket("udp4");
    two.connect(one.address().port, "127.0.0.1");
    await once(two, "connect");
    const [entry] = await ports({ ...only(two.address().port), protocols: ["udp"], all: true });
    expect(entry).toMatchObject({ state: "ESTABLISHED", remotePort: one.address().port });
    one.close();
    two.close();
  });

  test("a socket that goes while it is looked for is left out or without a process, and nothing fails", async () => {
    const servers = await Promise.all(Array.from({ length: 50 }, () => tcp()));
    const listing = ports({ all: true });
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    expect(Array.isArray(await listing)).toBe(true);
  });

  test("a process that vanishes between its directory and its descriptors is passed over, the others are there", async () => {
    await using holder = await holdSockets();
    await using server = await tcp();
    const home = process.cwd();
    const enter = (path: string): void => {
      process.chdir(path);
      if (path === `/proc/${holder.pid}/fd`) killAtOnce(holder.pid);
    };
    const options = { ports: [holder.ports.tcp4, server.port].map(onePort) };
    const directory = { current: () => home, enter };
    const { entries } = await listPorts({ ...options, directory });
    expect(entries.find(({ port }) => port === server.port)?.pid).toBe(process.pid);
    // Its row was read before; whose it was nobody can tell any more.
    expect(entries.find(({ port }) => port === holder.ports.tcp4)?.processes).toEqual([]);
    expect(process.cwd()).toBe(home);
  });

  test("ends with its signal", async () => {
    await expect(ports({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    const stop = new AbortController();
    const listing = ports({ all: true, signal: stop.signal });
    stop.abort();
    await expect(listing).rejects.toMatchObject({ name: "AbortError" });
  });

  test("leaves the working directory where it was, even where it is lent to be quicker", async () => {
    const before = process.cwd();
    const entered: string[] = [];
    const directory = { current: () => before, enter: (path: string) => void entered.push(path) };
    await listPorts({ directory });
    expect(entered.at(-1)).toBe(before);
    expect(process.cwd()).toBe(before);
  });

  test("options of a wrong kind are a TypeError", async () => {
    // @ts-expect-error -- not an object
    await expect(ports(8080)).rejects.toBeInstanceOf(TypeError);
  });
});

test.skipIf(process.platform !== "linux")("watchPorts() gives what opens and closes", async () => {
  const stop = new AbortController();
  const ready = withResolvers();
  const changes = watchPorts({
    pids: [process.pid],
    every: 10,
    signal: stop.signal,
    onReady: () => ready.resolve(undefined),
  });
  const first = changes.next();
  await ready.promise;
  const server = await tcp();
  const opened = await first;
  expect(opened.value).toMatchObject({ change: "opened", entry: { port: server.port } });
  await server[Symbol.asyncDispose]();
  expect((await changes.next()).value).toMatchObject({
    change: "closed",
    entry: { port: server.port },
  });
  const last = changes.next();
  stop.abort();
  await expect(last).rejects.toMatchObject({ name: "AbortError" });
});

describe.skipIf(process.platform !== "linux")("endProcess()", () => {
  const never = (): void => {
    throw new Error("no signal may be sent");
  };

  test("leaves a process alone whose number was given away", async () => {
    const reused = { pid: process.pid, program: "x", started: "1" };
    expect(await endProcess(reused, { send: never })).toBe("reused");
  });

  test("has nothing to do where the process has gone", async () => {
    expect(await endProcess({ pid: 4194399, program: "x" }, { send: never })).toBe("gone");
  });

  test("leaves a process alone that has let go of its sockets, or whose start nobody knows", async () => {
    await using server = await tcp();
    const [entry] = await ports(only(server.port));
    const [self] = entry?.processes ?? [];
    expect(self && (await endProcess(self, { send: never, holds: false }))).toBe("released");
    const { started: _, ...startless } = { program: "", pid: 0, ...self };
    expect(await endProcess(startless, { send: never })).toBe("unsure");
  });

  test("takes a process for ended that is a zombie", async () => {
    // The shell's child ends; the shell, once it is sleep itself, never asks for it.
    const parent = spawn("sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"]);
    const [line] = await once(parent.stdout, "data");
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, "latin1")).toBe("sleep\n");
    const child = (await readProcesses()).facts(Number(line));
    expect(child).toMatchObject({ started: expect.any(String) });
    const subject = { pid: Number(line), program: "sleep", started: child?.started };
    const sent: string[] = [];
    const send = (pid: number, signal: NodeJS.Signals): void => {
      sent.push(signal);
      process.kill(pid, signal);
    };
    expect(await endProcess(subject, { send, grace: 20_000 })).toBe("ended");
    expect(readFileSync(`/proc/${Number(line)}/stat`, "latin1")).toMatch(/^\d+ \(.*\) Z /);
    expect(await endProcess(subject, { send })).toBe("gone");
    expect(sent).toEqual(["SIGTERM"]);
    parent.kill("SIGKILL");
    await once(parent, "close");
  });

  test("says when it may not", async () => {
    await using server = await tcp();
    const [entry] = await ports(only(server.port));
    const [self] = entry?.processes ?? [];
    const send = (): void => {
      throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
    };
    expect(self && (await endProcess(self, { send }))).toBe("denied");
  });

  test("asks first, then kills, and says when neither helps", async () => {
    await using server = await tcp();
    const [entry] = await ports(only(server.port));
    const [self] = entry?.processes ?? [];
    const sent: string[] = [];
    const send = (_pid: number, signal: string): void => void sent.push(signal);
    expect(self && (await endProcess(self, { send, grace: 10 }))).toBe("stays");
    expect(sent).toEqual(["SIGTERM", "SIGKILL"]);
  });
});

test.skipIf(process.platform !== "linux")(
  "killTargets() spares pid 1, ncx itself and what started it",
  async () => {
    const held = [1, process.pid, process.ppid].map((pid) => ({ pid, program: "x" }));
    const entry = { protocol: "tcp", port: 80, processes: held } as unknown as PortEntry; // all it looks at
    const targets = await killTargets([entry], process.pid);
    expect(targets.map(({ spared }) => spared)).toEqual(["init", "self", "ancestor"]);
  },
);

test.skipIf(process.platform !== "linux")(
  "holdsStill() tells by the socket, the pid and its start whether it is the one that was listed",
  async () => {
    await using server = await tcp();
    const entries = await ports(only(server.port));
    const [target] = await killTargets(entries, 1);
    const [entry] = entries;
    if (!target || !entry) throw new Error("a listener is listed");
    const later = (change: object): PortEntry[] => [
      { ...entry, processes: [{ ...target.process, ...change }] },
    ];
    expect(holdsStill(target, entries)).toBe(true);
    expect(holdsStill(target, [])).toBe(false);
    expect(holdsStill(target, later({}))).toBe(true);
    expect(holdsStill(target, later({ started: "1" }))).toBe(false);
    expect(holdsStill(target, later({ pid: 1 }))).toBe(false);
    expect(holdsStill(target, [{ ...entry, inode: 1 }])).toBe(false);
  },
);

describe("services()", () => {
  test("knows a port's name and range, IANA's where the system has none", async () => {
    const [https] = await services({ wanted: ["443/tcp"] });
    expect(https).toMatchObject({ name: "https", port: 443, category: "well-known" });
    const registered = await services({ category: "registered", protocol: "tcp" });
    const sources = new Set(registered.map(({ source }) => source));
    expect(sources).toContain("iana");
    expect(registered.every(({ name }) => name !== "")).toBe(true);
  });

  test("gives all of a range", async () => {
    const all = await services({ category: "well-known", protocol: "tcp" });
    expect(all.length).toBeGreaterThan(300);
    expect(all.every(({ port, protocol }) => port < 1024 && protocol === "tcp")).toBe(true);
  });

  test("refuses a port that there isn't", async () => {
    await expect(services({ wanted: ["70000"] })).rejects.toMatchObject({ code: "ADDRESS" });
  });
});

const onePort = (port: number): { first: number; last: number } => ({ first: port, last: port });

/** Ends a process of ours, and comes back when it has closed all that it had. */
function killAtOnce(pid: number): void {
  process.kill(pid, "SIGKILL");
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if (/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))) return;
  }
  throw new Error(`${pid} does not end`);
}

async function tcp(): Promise<AsyncDisposable & { port: number }> {
  const server = net.createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo; // it listens at a port
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

function withResolvers(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
