import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { whoHolds } from "../../../src/platform/owner.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server of this process; its port, or 0 for a unix one. */
async function hold(...at: [string] | [number, string]): Promise<number> {
  const server = createServer();
  closers.push(() => server.close());
  await once(server.listen(...(at as [string])), "listening");
  return typeof at[0] === "number" ? (server.address() as AddressInfo).port : 0;
}

async function holdUdp(host: string): Promise<number> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  closers.push(() => socket.close());
  socket.bind(0, host);
  await once(socket, "listening");
  return socket.address().port;
}

/** Another process that listens on a port, or path, after `prelude`; the port. */
async function holdElsewhere(
  where: string,
  prelude = "",
  cwd = tmpdir(),
): Promise<[pid: number, port: number]> {
  const script = `${prelude}; const s = require("node:net").createServer();
    s.listen(${where}, () => console.log(s.address().port ?? 0)); process.stdin.resume().on("end", () => process.exit())`;
  const child = spawn(process.execPath, ["-e", script], {
    cwd,
    stdio: ["pipe", "pipe", "inherit"],
  });
  closers.push(async () => {
    child.stdin.end();
    await once(child, "exit");
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return [child.pid ?? 0, Number(line.toString())];
}

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "ncx-"));
  closers.push(() => rmSync(directory, { recursive: true }));
  return directory;
}

const unknownPlace = process.platform !== "linux" && process.platform !== "darwin";

describe.skipIf(unknownPlace)("whoHolds()", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "localhost"],
    ["127.0.0.1", "0.0.0.0"],
    ["127.0.0.1", "*"],
    ["0.0.0.0", "127.0.0.1"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["::", "127.0.0.1"],
  ])("names this process for tcp on %s, asked for %s", async (bound, host) => {
    const port = await hold(0, bound);
    expect(await whoHolds({ kind: "tcp", host, port })).toMatchObject({ pid: process.pid });
  });

  test.each(["127.0.0.1", "::1"])("names this process for udp on %s", async (host) => {
    const port = await holdUdp(host);
    expect(await whoHolds({ kind: "udp", host, port })).toMatchObject({ pid: process.pid });
    expect(await whoHolds({ kind: "tcp", host, port })).toBeUndefined();
  });

  test("names this process for a unix path, absolute and relative", async () => {
    const path = join(scratch(), "a b.sock");
    await hold(path);
    expect(await whoHolds({ kind: "unix", path })).toMatchObject({ pid: process.pid });
    const near = relative(process.cwd(), path);
    expect(await whoHolds({ kind: "unix", path: near })).toMatchObject({ pid: process.pid });
  });

  test("names another process, by its program", async () => {
    const [pid, port] = await holdElsewhere(`0, "127.0.0.1"`);
    expect(await whoHolds({ kind: "tcp", host: "127.0.0.1", port })).toEqual({
      name: basename(process.execPath),
      pid,
    });
  });

  test("is undefined where nobody listens, or somebody on another address", async () => {
    const port = await hold(0, "127.0.0.1");
    expect(await whoHolds({ kind: "tcp", host: "127.0.0.2", port })).toBeUndefined();
    for (const close of closers.splice(0)) await close();
    expect(await whoHolds({ kind: "tcp", host: "127.0.0.1", port })).toBeUndefined();
    expect(await whoHolds({ kind: "unix", path: join(scratch(), "nobody") })).toBeUndefined();
  });
});

describe.runIf(process.platform === "linux")("whoHolds() on Linux", () => {
  test("names the holder of an abstract socket", async () => {
    await hold(`\0ncx-owner-${process.pid}`);
    const path = `@ncx-owner-${process.pid}`;
    expect(await whoHolds({ kind: "unix", path })).toMatchObject({ pid: process.pid });
  });

  test("prefers the same address to all addresses", async () => {
    const [pid, port] = await holdElsewhere(`0, "127.0.0.1"`);
    const everywhere = await holdElsewhere(`{ port: ${port}, host: "::", ipv6Only: true }`);
    expect(await whoHolds({ kind: "tcp", host: "127.0.0.1", port })).toMatchObject({ pid });
    expect(await whoHolds({ kind: "tcp", host: "::1", port })).toMatchObject({
      pid: everywhere[0],
    });
  });

  test("reads a relative path as its holder does", async () => {
    const directory = scratch();
    const [pid] = await holdElsewhere(`"own.sock"`, "", directory);
    expect(await whoHolds({ kind: "unix", path: join(directory, "own.sock") })).toMatchObject({
      pid,
    });
    expect(await whoHolds({ kind: "unix", path: join(scratch(), "own.sock") })).toBeUndefined();
  });

  test("names the program where the kernel has only its main thread's name", async () => {
    const rename = `require("node:fs").writeFileSync("/proc/self/comm", "node-MainThread")`;
    const [pid, port] = await holdElsewhere(`0, "127.0.0.1"`, rename);
    expect(await whoHolds({ kind: "tcp", host: "127.0.0.1", port })).toEqual({
      name: basename(process.execPath),
      pid,
    });
  });
});
