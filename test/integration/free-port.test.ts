import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { reservePort, reservePorts } from "../../src/index.ts";
import { tcpPeer } from "../helpers/peers.ts";

/** Whether a server can have this port. */
async function canBind(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  server.listen(port, host);
  const outcome = await new Promise<boolean>((resolve) => {
    server.once("listening", () => resolve(true)).once("error", () => resolve(false));
  });
  await new Promise((resolve) => server.close(resolve));
  return outcome;
}

describe("reservePort()", () => {
  test("holds a port that nobody else can have until it is released", async () => {
    const reserved = await reservePort();
    expect(await canBind(reserved.port)).toBe(false);
    expect(await canBind(reserved.port, "127.0.0.1")).toBe(false);
    await reserved.release();
    expect(await canBind(reserved.port)).toBe(true);
  });

  test.runIf(process.platform === "linux")(
    "leaves a port that the system gives to nobody who asks for any",
    async () => {
      // All of a small range but one: that one would be given, were it not guarded.
      const reserved = await reservePort({ host: "127.0.0.1" });
      await reserved.release();
      const others = [];
      for (let count = 0; count < 2000; count += 1) {
        const server = createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        others.push(server);
      }
      const given = others.map((server) => (server.address() as AddressInfo).port);
      await Promise.all(others.map((server) => new Promise((resolve) => server.close(resolve))));
      expect(given).not.toContain(reserved.port);
      expect(await canBind(reserved.port, "127.0.0.1")).toBe(true);
    },
  );

  test("is free when it is disposed of", async () => {
    let port = 0;
    {
      await using reserved = await reservePort();
      ({ port } = reserved);
    }
    expect(await canBind(port)).toBe(true);
  });

  test("gives different ports", async () => {
    const reserved = await reservePorts(20);
    expect(new Set(reserved.map(({ port }) => port)).size).toBe(20);
    await Promise.all(reserved.map((one) => one.release()));
  });

  test("takes the first of a range that nobody has", async () => {
    await using peer = await tcpPeer();
    await using reserved = await reservePort({ range: { first: peer.port, last: 65_535 } });
    expect(reserved.port).toBeGreaterThan(peer.port);
  });

  test("says that a range has none, and lets go of what it had", async () => {
    await using peer = await tcpPeer();
    const range = { first: peer.port, last: peer.port };
    await expect(reservePort({ range })).rejects.toMatchObject({
      code: "IN_USE",
      message: `Cannot find a free port: every port of ${peer.port}-${peer.port} is taken`,
    });
    await expect(reservePorts(2, { range: { first: 65_535, last: 65_535 } })).rejects.toThrow(
      "Cannot find 2 free ports",
    );
    expect(await canBind(65_535)).toBe(true);
  });

  test.each([
    { first: 0, last: 5 },
    { first: 5, last: 4 },
    { first: 1, last: 70_000 },
    { first: 1.5, last: 2 },
  ])("refuses the range %j", async (range) => {
    await expect(reservePort({ range })).rejects.toThrow(RangeError);
  });

  test("refuses a count and a host that are none", async () => {
    await expect(reservePorts(0)).rejects.toThrow(RangeError);
    await expect(reservePort({ host: "localhost" })).rejects.toThrow(TypeError);
  });
});
