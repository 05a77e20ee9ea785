/** makeBroker(): clients among themselves, over real sockets. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { makeBroker, type BrokerOptions } from "../../src/listen/index.ts";
import { listen, type LinkReport, type Server } from "../../src/index.ts";
import { rawSocket, TCP0, UDP0, udpSocket } from "../helpers/sockets.ts";

const KIB = Buffer.alloc(1024, "x");

interface Hall extends AsyncDisposable {
  readonly server: Server;
  /** How each client's link ended. */
  readonly reports: LinkReport[];
  enter(): Promise<Guest>;
}

interface Guest {
  readonly socket: Socket;
  heard(): string;
}

async function hall(options: Partial<BrokerOptions> = {}): Promise<Hall> {
  const broker = makeBroker({ input: null, ...options });
  const reports: LinkReport[] = [];
  const sockets: Socket[] = [];
  const server = await listen(
    TCP0,
    async (connection, signal) => void reports.push(await broker.join(connection, signal)),
  );
  return {
    server,
    reports,
    async enter() {
      const before = server.connections;
      const socket = await rawSocket(server.endpoint);
      sockets.push(socket);
      let heard = "";
      socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
      await expect.poll(() => server.connections).toBe(before + 1);
      return { socket, heard: () => heard };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("a broker", () => {
  test("passes what one client says on to all others, byte for byte", async () => {
    await using room = await hall();
    const [one, two, three] = [await room.enter(), await room.enter(), await room.enter()];
    one.socket.write("no newline \u001B[31m\0");
    await expect.poll(two.heard).toBe("no newline \u001B[31m\0");
    await expect.poll(three.heard).toBe("no newline \u001B[31m\0");
    three.socket.write("answer");
    await expect.poll(one.heard).toBe("answer");
  });

  test("lets a client go at its end, after what it had still to be told", async () => {
    await using room = await hall();
    const [one, two] = [await room.enter(), await room.enter()];
    two.socket.write("told");
    await expect.poll(one.heard).toBe("told");
    one.socket.end("last words");
    await once(one.socket, "close");
    await expect.poll(two.heard).toBe("last words");
    expect(room.reports).toMatchObject([{ reason: "eof", forward: 4, backward: 10 }]);
  });

  test("sends its input to everybody, and outlives its end", async () => {
    const input = new PassThrough();
    await using room = await hall({ input });
    const [one, two] = [await room.enter(), await room.enter()];
    input.end("hear, hear");
    await expect.poll(one.heard).toBe("hear, hear");
    await expect.poll(two.heard).toBe("hear, hear");
    one.socket.write("still here");
    await expect.poll(two.heard).toBe("hear, hearstill here");
  });

  test("keeps its input for the first client", async () => {
    const input = new PassThrough();
    input.write("early");
    await using room = await hall({ input });
    const one = await room.enter();
    await expect.poll(one.heard).toBe("early");
  });

  test("lets go of a client that does not read, and the others get everything", async () => {
    await using room = await hall({ maxBehind: 64 * 1024 });
    const [talker, listener] = [await room.enter(), await room.enter()];
    const stalled = await room.enter();
    stalled.socket.pause();
    let sent = 0;
    while (room.reports.length === 0 && sent < 32 * 1024) {
      for (let at = 0; at < 64; at += 1, sent += 1) talker.socket.write(KIB);
      await expect.poll(() => listener.heard().length).toBe(sent * KIB.length);
    }
    expect(room.reports).toMatchObject([{ reason: "limit", error: { code: "LIMIT" } }]);
    expect(room.reports[0]?.error?.message).toMatch(
      /^Cannot serve tcp:127\.0\.0\.1:\d+: it is more than 65536 bytes behind the others$/,
    );
    expect(room.server.connections).toBe(2);
  });

  test("lets nobody go who reads, however fast another speaks, and the stdin of the host", async () => {
    const input = new PassThrough();
    await using room = await hall({ input });
    const [talker, listener] = [await room.enter(), await room.enter()];
    const chunk = Buffer.alloc(64 * 1024, "x");
    const chunks = 256;
    let heard = 0;
    listener.socket
      .removeAllListeners("data")
      .on("data", ({ length }: Buffer) => (heard += length));
    for (const writer of [talker.socket, input])
      for (let at = 0; at < chunks; at += 1) if (!writer.write(chunk)) await once(writer, "drain");
    await expect.poll(() => heard).toBe(2 * chunks * chunk.length);
    expect(room.reports).toEqual([]);
  });

  test("passes datagrams on whole", async () => {
    const broker = makeBroker({ input: null });
    await using server = await listen(UDP0, async (connection, signal) => {
      await broker.join(connection, signal);
    });
    await using one = await udpSocket();
    await using two = await udpSocket();
    two.send("here", server.endpoint);
    await expect.poll(() => server.connections).toBe(1);
    one.send("first", server.endpoint);
    one.send("second\nline", server.endpoint);
    expect((await two.next()).toString()).toBe("first");
    expect((await two.next()).toString()).toBe("second\nline");
  });
});

describe("a chat", () => {
  test("says who comes, who speaks and who goes", async () => {
    await using room = await hall({ chat: true });
    const one = await room.enter();
    const two = await room.enter();
    await expect
      .poll(one.heard)
      .toBe(
        "<announce> 127.0.0.1 is connected as <user1>.\n<announce> already connected: nobody.\n" +
          "<announce> 127.0.0.1 is connected as <user2>.\n<announce> already connected: 127.0.0.1 as <user1>.\n",
      );
    two.socket.write("hi\u0007\n<announce> nobody");
    two.socket.end(" is here");
    await expect
      .poll(() => one.heard().split("\n").slice(4).join("\n"))
      .toBe(
        "<user2> hi\\007\n<user2> <announce> nobody is here\n<announce> <user2> is disconnected.\n",
      );
  });

  test("gives nobody the name of one who has gone", async () => {
    await using room = await hall({ chat: true });
    const one = await room.enter();
    one.socket.end();
    await once(one.socket, "close");
    const two = await room.enter();
    await expect.poll(two.heard).toContain("connected as <user2>");
  });
});
