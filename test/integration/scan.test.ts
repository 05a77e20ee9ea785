/** scan() as a library: real sockets on loopback. */
import { describe, expect, test } from "vitest";
import { scan, type ScanOptions, type ScanResult } from "../../src/index.ts";
import { closedPort, HAS_IPV6, tcpPeer } from "../helpers/peers.ts";

async function all(hosts: string | string[], options: ScanOptions): Promise<ScanResult[]> {
  const results: ScanResult[] = [];
  for await (const result of scan(hosts, options)) results.push(result);
  return results.sort((a, b) => a.port - b.port);
}

describe.each([true, false])("scan(), raw: %s", (raw) => {
  test("gives each port once, with its state and reason", async () => {
    await using peer = await tcpPeer();
    const from = await closedPort();
    const list = [peer.port, ...Array.from({ length: 300 }, (_, at) => from + at)];
    const results = await all("127.0.0.1", { ports: list, raw });
    expect(results.map(({ port }) => port)).toEqual(list.toSorted((a, b) => a - b));
    expect(results.find(({ port }) => port === peer.port)).toMatchObject({
      state: "open",
      reason: "syn-ack",
    });
    expect(results.find(({ port }) => port === from)).toMatchObject({
      state: "closed",
      reason: "conn-refused",
    });
  });

  test.skipIf(!HAS_IPV6)("takes v6 addresses", async () => {
    await using peer = await tcpPeer(() => {}, { host: "::1", port: 0 });
    const results = await all("::1", { ports: [peer.port], raw });
    expect(results).toEqual([expect.objectContaining({ address: "::1", state: "open" })]);
  });

  test("is over when the loop is left", async () => {
    await using peer = await tcpPeer();
    for await (const { state } of scan("127.0.0.1", {
      ports: [peer.port, await closedPort()],
      raw,
      rate: 1,
    })) {
      expect(state).toBe("open");
      break;
    }
  });

  test("ends with ABORTED when the signal aborts", async () => {
    await using peer = await tcpPeer();
    const abort = new AbortController();
    const options = { ports: [peer.port, await closedPort()], raw, rate: 1, signal: abort.signal };
    const results = scan("127.0.0.1", options);
    expect((await results.next()).value).toMatchObject({ state: "open" });
    abort.abort();
    await expect(results.next()).rejects.toMatchObject({ code: "ABORTED" });
  });
});

test("scan() passes over a name that is none with onError, and tells its progress", async () => {
  await using peer = await tcpPeer();
  const bad: string[] = [];
  const seen: (readonly [number, number])[] = [];
  const results = await all(["127.0.0.1", "nosuch.invalid"], {
    ports: `${peer.port}`,
    onError: ({ code }, target) => void bad.push(`${code} ${target}`),
    onProgress: ({ done, total }) => void seen.push([done, total]),
  });
  expect(results).toHaveLength(1);
  expect(bad).toEqual(["RESOLVE nosuch.invalid"]);
  expect(seen).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

test("scan() asks who they are once all ports are told, and loses none when it is aborted then", async () => {
  await using silent = await tcpPeer();
  const closed = await closedPort();
  const abort = new AbortController();
  const phases: string[] = [];
  const found: ScanResult[] = [];
  const results = scan("127.0.0.1", {
    ports: [silent.port, closed],
    banner: true,
    signal: abort.signal,
    onProgress({ phase, done, total }) {
      phases.push(`${phase} ${done} of ${total}`);
      if (phase === "banners") abort.abort();
    },
  });
  await expect(
    (async () => {
      for await (const result of results) found.push(result);
    })(),
  ).rejects.toMatchObject({ code: "ABORTED" });
  expect(found.map(({ port, state, banner }) => [port, state, banner])).toEqual([
    [closed, "closed", undefined],
    [silent.port, "open", undefined],
  ]);
  expect(phases).toEqual(
    expect.arrayContaining(["ports 2 of 2", "banners 0 of 1", "banners 1 of 1"]),
  );
});

test.skipIf(!HAS_IPV6)("scan() takes [::1], as places are written elsewhere", async () => {
  await using peer = await tcpPeer(() => {}, { host: "::1", port: 0 });
  expect(await all("[::1]", { ports: [peer.port] })).toEqual([
    expect.objectContaining({ host: "::1", address: "::1", state: "open" }),
  ]);
});

test.each<[string, ScanOptions, string]>([
  ["127.0.0.1", { family: 6 }, 'Cannot scan "127.0.0.1" by v6: it is a v4 address'],
  ["127.0.0.1-9", { family: 6 }, 'Cannot scan "127.0.0.1-9" by v6: it is a v4 address'],
  ["::1", { family: 4 }, 'Cannot scan "::1" by v4: it is a v6 address'],
  ["fe80::1%lo", { family: 4 }, 'Cannot scan "fe80::1%lo" by v4: it is a v6 address'],
  ["127.0.0.1:22", {}, 'Cannot scan "127.0.0.1:22": the port is told apart from the host'],
  ["http://u:secret@127.0.0.1/", {}, 'Cannot scan "http://127.0.0.1": a URL is no host'],
  ["fe80::1%lo/64", {}, 'Cannot scan "fe80::1%lo/64": with a zone there is no mask'],
  ["0.0.0.0/0", {}, "that is more than a /8"],
])("scan(%j) with %j is refused: %s", async (target, options, message) => {
  await expect(all(target, { ports: "22", ...options })).rejects.toThrow(message);
});

test.each<[ScanOptions, string]>([
  [{ ports: [0] }, "A port must be 1 to 65535, not 0"],
  [{ ports: [70_000] }, "A port must be 1 to 65535, not 70000"],
  [{ timing: 6 }, "timing must be 0 to 5, not 6"],
  [{ rate: 0 }, "rate must be more than 0, not 0"],
  [{ retries: -1 }, "retries must be 0 or more, not -1"],
  [{ ports: "80-20" }, "the range ends before it begins"],
])("scan() refuses %j", async (options, message) => {
  await expect(all("127.0.0.1", options)).rejects.toThrow(message);
});
