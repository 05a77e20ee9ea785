/** -z: which ports are open. */
import { once } from "node:events";
import { createSocket } from "node:dgram";
import { describe, expect, test } from "vitest";
import { servicePort } from "../../src/platform/services.ts";
import { closedPort, HAS_IPV6, serves, stuckListener, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { run } from "../helpers/run-cli.ts";

/** Ports that are said to be open. */
function openPorts(stderr: string): number[] {
  return Array.from(stderr.matchAll(/(\d+) port \[\w+\/\S+\] succeeded!/g), ([, port]) =>
    Number(port),
  );
}

describe("-z", () => {
  test("takes a list, a range and several operands, and says which are open, in order", async () => {
    await using one = await tcpPeer();
    await using two = await tcpPeer();
    const closed = await closedPort();
    const [low, high] = [one.port, two.port].sort((a, b) => a - b) as [number, number];
    const list = await run(["-z", "127.0.0.1", `${high},${closed},${low}`]);
    expect([list.code, openPorts(list.stderr)]).toEqual([0, [high, low]]);
    const several = await run(["-z", "127.0.0.1", String(low), String(closed), String(high)]);
    expect([several.code, openPorts(several.stderr)]).toEqual([0, [low, high]]);
    const range = await run(["-z", "127.0.0.1", `${low}-${low + 1}`]);
    expect(openPorts(range.stderr)).toContain(low);
  });

  test("takes a service's name, and says it", async () => {
    const http = servicePort("http", "tcp");
    const { code, stderr } = await run(["-zv", "127.0.0.1", "http"]);
    expect(http).toBe(80);
    // Whether something runs there is not ours to say; that the name was understood shows either way.
    expect(stderr).toMatch(/ 80 port \[tcp\/http\] succeeded!\n|port 80 \(tcp\) failed/);
    expect(code).toBe(stderr.includes("succeeded") ? 0 : 1);
  });

  test("with -v says of each closed port why", async () => {
    await using peer = await tcpPeer();
    const closed = await closedPort();
    const { stderr } = await run(["-zv", "127.0.0.1", String(closed), String(peer.port)]);
    expect(stderr).toBe(
      `Ncx: connect to 127.0.0.1 port ${closed} (tcp) failed: Connection refused\n` +
        `Connection to 127.0.0.1 ${peer.port} port [tcp/*] succeeded!\n`,
    );
  });

  test("with --all-open succeeds only if every port is open", async () => {
    await using peer = await tcpPeer();
    const closed = await closedPort();
    const args = ["--all-open", "-z", "127.0.0.1", String(peer.port)];
    expect((await run(args)).code).toBe(0);
    expect((await run([...args, String(closed)])).code).toBe(1);
  });

  test("with -r tries them all, in an order of its own", async () => {
    await using peer = await tcpPeer();
    const ports = `${peer.port},1-40`;
    const { stderr } = await run(["-zvr", "127.0.0.1", ports]);
    const order = Array.from(stderr.matchAll(/ port (\d+) \(tcp\)/g), ([, port]) => Number(port));
    expect(openPorts(stderr)).toContain(peer.port);
    const found = [...order, ...openPorts(stderr)];
    expect(found.toSorted((a, b) => a - b)).toEqual(
      [peer.port, ...Array.from({ length: 40 }, (_, at) => at + 1)].toSorted((a, b) => a - b),
    );
    expect(order).not.toEqual(order.toSorted((a, b) => a - b)); // by chance once in 40!
  });

  test("with -i waits between ports", async () => {
    await using peer = await tcpPeer();
    const started = performance.now();
    await run(["-z", "-i", "300ms", "127.0.0.1", `${peer.port}`, "1", "2"]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(600);
  });

  test("with -w gives up on a port that does not answer", async () => {
    await using stuck = await stuckListener();
    const { code, stderr } = await run(["-z", "-w", "300ms", "127.0.0.1", String(stuck.port)]);
    expect([code, stderr]).toEqual([
      1,
      `Ncx: connect to 127.0.0.1 port ${stuck.port} (tcp) failed: Operation timed out\n`,
    ]);
  });

  test("sends no byte, and reads none of stdin", async () => {
    await using peer = await tcpPeer();
    const asked = (async () => {
      const socket = await peer.next();
      let bytes = 0;
      socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
      if (!socket.closed && !socket.readableEnded) await once(socket, "end").catch(() => {});
      return bytes;
    })();
    await run(["-z", "127.0.0.1", String(peer.port)], { input: "not for the peer" });
    expect(await asked).toBe(0);
  });

  test.runIf(HAS_IPV6)("with -6 and -4 tries that family alone", async () => {
    await using peer = await tcpPeer(() => {}, { host: "::1", port: 0 });
    const port = String(peer.port);
    expect((await run(["-z6", "::1", port])).code).toBe(0);
    const four = await run(["-z4", "::1", port]);
    expect([four.code, four.stderr]).toEqual([
      2,
      'Ncx: Could not resolve hostname "::1": it is not an IPv4 address\n',
    ]);
  });
});

describe("-zu", () => {
  test("an answer is an open port", async () => {
    await using peer = await udpPeer((_, from, socket) =>
      socket.send("yes", from.port, from.address),
    );
    const { code, stderr } = await run(["-zu", "127.0.0.1", String(peer.port)]);
    expect([code, stderr]).toEqual([
      0,
      `Connection to 127.0.0.1 ${peer.port} port [udp/*] succeeded!\n`,
    ]);
  });

  test("silence is said to be open or filtered, with 0 as in every netcat", async () => {
    await using peer = await udpPeer();
    const { code, stderr } = await run(["-zu", "-w", "300ms", "127.0.0.1", String(peer.port)]);
    expect([code, stderr]).toEqual([
      0,
      `Connection to 127.0.0.1 ${peer.port} port [udp/*] open or filtered: no answer\n`,
    ]);
  });

  test("a refusal by ICMP is a closed port, with 1", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    const { code, stderr } = await run(["-zu", "127.0.0.1", String(port)]);
    expect([code, stderr]).toEqual([
      1,
      `Ncx: connect to 127.0.0.1 port ${port} (udp) failed: Connection refused\n`,
    ]);
  });
});

test.each(["--random-ports", "--all-open"])(
  "%s without -z says that it is ignored",
  async (flag) => {
    await using peer = await tcpPeer(serves.hangUp);
    const { code, stderr } = await run([flag, "127.0.0.1", String(peer.port)]);
    expect([code, stderr]).toEqual([0, `Ncx: Ignored ${flag}: it is for the ports of -z\n`]);
  },
);
