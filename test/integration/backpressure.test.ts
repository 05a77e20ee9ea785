/** A reader that doesn't read: what is meant for it waits at the sender, and not in the relay's memory. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import type { TcpEndpoint } from "../../src/core/endpoint.ts";
import { gone, rawSocket, tcpServer } from "../helpers/sockets.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const AMOUNT = 2 * GIB;
/** Far more than the buffers of a link, far less than what waits. */
const ALLOWED = 150 * MIB;

interface Memory {
  readonly rss: number;
  readonly peak: number;
}

test.each(["direct", "streams"])(
  "two gigabytes that nobody reads cost a relay no memory, and all arrive in the end (%s)",
  async (way) => {
    await using upstream = await tcpServer();
    const child = startRelay(way, upstream.endpoint.port);
    const stopped = once(child, "exit");
    try {
      const [at] = (await once(child, "message")) as [TcpEndpoint];
      const before = await memoryOf(child);
      const client = await rawSocket(at);
      const server = await upstream.next();
      const flood = pour(server, AMOUNT);
      await stalled(server);
      const waiting = await memoryOf(child);
      expect(waiting.rss - before.rss).toBeLessThan(ALLOWED);
      expect(await drink(client)).toBe(AMOUNT);
      await flood;
      expect((await memoryOf(child)).peak - before.rss).toBeLessThan(ALLOWED);
      await gone(client);
    } finally {
      child.disconnect();
      await stopped;
    }
  },
  120_000,
);

function startRelay(way: string, port: number): ChildProcess {
  const program = new URL("../helpers/relay-process.ts", import.meta.url);
  return fork(program, [way, `${port}`], { execArgv: ["--import", "tsx"] });
}

async function memoryOf(child: ChildProcess): Promise<Memory> {
  const answer = once(child, "message");
  child.send("memory");
  const [memory] = (await answer) as [Memory];
  return memory;
}

async function pour(socket: Socket, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(MIB, 7);
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!socket.write(chunk)) await once(socket, "drain");
  }
  socket.end();
}

/** Waits until the kernel has taken nothing more for a while. */
async function stalled(socket: Socket): Promise<void> {
  let last = -1;
  const still = (): boolean => {
    const written = socket.bytesWritten - socket.writableLength;
    const same = written === last;
    last = written;
    return same;
  };
  await expect.poll(still, { interval: 300, timeout: 60_000 }).toBe(true);
  expect(last).toBeLessThan(AMOUNT / 10);
}

/** Reads to the end; how much there was. */
async function drink(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await once(socket, "end");
  return bytes;
}
