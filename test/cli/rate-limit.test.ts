/** --rate-limit: at most so many bytes a second, each way and each connection for itself, and none lost. */
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { read, serves, tcpClient, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { run, startListening } from "../helpers/run-cli.ts";
import { relay } from "../../src/index.ts";

const BYTES = randomBytes(200_000);

const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

async function seconds(act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await act();
  return (performance.now() - started) / 1000;
}

describe("--rate-limit", () => {
  test("bounds what is sent and what is received, each for itself", async () => {
    await using peer = await tcpPeer(serves.echo);
    const took = await seconds(async () => {
      const args = ["--rate-limit", "200k", "127.0.0.1", `${peer.port}`];
      const { bytes, code } = await run(args, { input: BYTES });
      expect(digest(bytes)).toBe(digest(BYTES));
      expect(code).toBe(0);
    });
    // 195 KiB at 200 KiB a second, less a tenth of a second's worth; both ways at the same time.
    expect(took).toBeGreaterThan(0.85);
  });

  test("of a listener bounds each client", async () => {
    await using server = await startListening([
      "-l",
      "-k",
      "--rate-limit",
      "100k",
      "127.0.0.1",
      "0",
    ]);
    const took = await seconds(async () => {
      await using one = await tcpClient(server.port);
      await using two = await tcpClient(server.port);
      for (const { socket } of [one, two]) socket.end(BYTES.subarray(0, 100_000));
      await server.said(/100000 bytes received[^]*100000 bytes received/);
    });
    expect(took).toBeGreaterThan(0.8);
    expect((await stop(server)).bytes).toHaveLength(200_000);
  });

  test("of a relay bounds each connection, both ways", async () => {
    await using peer = await tcpPeer(serves.echo);
    const to = `127.0.0.1:${peer.port}`;
    await using server = await startListening(["relay", "127.0.0.1:0", to, "--rate-limit", "200k"]);
    const took = await seconds(async () => {
      await using client = await tcpClient(server.port);
      client.socket.end(BYTES);
      expect(digest(await client.received)).toBe(digest(BYTES));
    });
    expect(took).toBeGreaterThan(0.85);
  });

  test("keeps datagrams whole", async () => {
    await using peer = await udpPeer();
    const args = ["-u", "-q", "0", "--rate-limit", "20k", "127.0.0.1", `${peer.port}`];
    const ended = run(args, { input: BYTES.subarray(0, 9000) });
    expect((await peer.next()).datagram).toHaveLength(9000);
    expect((await ended).code).toBe(0);
  });

  test.each([
    ["0", "Ncx: Cannot use --rate-limit 0: nothing would pass\n"],
    ["fast", 'Ncx: Cannot parse size "fast": not a size\n'],
  ])("%s is refused", async (rate, sentence) => {
    for (const mode of [
      ["127.0.0.1", "1"],
      ["-l", "0"],
      ["relay", "0", "127.0.0.1:1"],
    ]) {
      const { code, stderr } = await run([...mode, "--rate-limit", rate]);
      expect(stderr).toContain(sentence);
      expect(code).toBe(2);
    }
  });
});

async function stop(
  server: Awaited<ReturnType<typeof startListening>>,
): Promise<{ bytes: Buffer }> {
  server.kill("SIGTERM");
  return await server.ended;
}

describe("relay({ rateLimit })", () => {
  test("bounds each direction", async () => {
    await using peer = await tcpPeer((socket) => void read(socket).then((all) => socket.end(all)));
    await using server = await relay("127.0.0.1:0", `127.0.0.1:${peer.port}`, {
      rateLimit: 100_000,
    });
    const { endpoint } = server;
    const took = await seconds(async () => {
      await using client = await tcpClient("port" in endpoint ? endpoint.port : 0);
      client.socket.end(BYTES.subarray(0, 60_000));
      expect(await client.received).toHaveLength(60_000);
    });
    // One after the other, because the peer answers at the end.
    expect(took).toBeGreaterThan(0.95);
  });

  test.each([0, -1, NaN])("refuses %d", async (rateLimit) => {
    await expect(relay("127.0.0.1:0", "127.0.0.1:1", { rateLimit })).rejects.toThrow(RangeError);
  });
});
