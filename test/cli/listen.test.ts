/** -l in every spelling, and who may come: addresses, limits, clients that stall. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  closedPort,
  HAS_IPV6,
  serves,
  tcpClient,
  tcpPeer,
  type TcpClient,
} from "../helpers/peers.ts";
import { run, start, startListening } from "../helpers/run-cli.ts";

describe("-l", () => {
  // P is a port that is free, A is 127.0.0.1.
  test.each([
    ["-l P", "0.0.0.0"],
    ["-l -p P", "0.0.0.0"],
    ["-lp P", "0.0.0.0"],
    ["-lpP", "0.0.0.0"],
    ["-lvp P", "0.0.0.0"],
    ["-lnvp P", "0.0.0.0"],
    ["--listen P", "0.0.0.0"],
    ["listen P", "0.0.0.0"],
    ["P -l", "0.0.0.0"],
    ["-p P -l", "0.0.0.0"],
    ["-4l P", "0.0.0.0"],
    ["-l A P", "A"],
    ["A P -l", "A"],
    ["-l A:P", "A"],
    ["-l tcp:A:P", "A"],
    ["-l -p P A", "A"],
    ["-l A -p P", "A"],
    ["-l -s A -p P", "A"],
    ["-l -s A P", "A"],
    ["-l -p P P", "0.0.0.0"],
    ["-l -s A A P", "A"],
    ["-l localhost P", "A"],
    ...(HAS_IPV6
      ? [
          ["-6l ::1 P", "::1"],
          ["-l [::1]:P", "::1"],
          ["-l ::1 P", "::1"],
        ]
      : []),
  ] as [string, string][])("%s serves its client", async (line, at) => {
    const port = await closedPort();
    const args = line
      .split(" ")
      .map((word) => word.replace("P", `${port}`).replace("A", "127.0.0.1"));
    await using server = start([...args, "-v"]);
    await server.said(
      new RegExp(`^Ncx: Listening on ${at.replace("A", "127.0.0.1")}:${port}$`, "m"),
    );
    await using client = await tcpClient(port, at.includes(":") ? at : "127.0.0.1");
    client.socket.end("hello");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "hello" });
  });

  test.runIf(HAS_IPV6)("-l P takes v6 clients as well", async () => {
    await using server = await startListening(["-l", "0"]);
    await using client = await tcpClient(server.port, "::1");
    client.socket.end("six");
    expect((await server.ended).stdout).toBe("six");
  });

  test.runIf(HAS_IPV6).each([
    ["-4", "::1"],
    ["-6", "127.0.0.1"],
  ])("%s -l P takes no client from %s", async (family, host) => {
    const port = await closedPort();
    await using _server = await startListening([family, "-l", `${port}`]);
    await expect(tcpClient(port, host)).rejects.toThrow("ECONNREFUSED");
  });

  test("names itself by the port that was free with -l 0 and -l -p 0", async () => {
    await using one = await startListening(["-l", "127.0.0.1", "0"]);
    await using two = await startListening(["-l", "-p", "0"]);
    expect(one.port).toBeGreaterThan(0);
    expect(two.port).not.toBe(one.port);
  });
});

describe("dialling", () => {
  test.each([
    ["A P", []],
    ["P A", undefined],
    ["-n A P", []],
    ["-4 A P", []],
    ["A:P", []],
    ["tcp:A:P", []],
    ["tcp://A:P", []],
    ["connect A P", []],
    ["--keepalive A P", []],
    ["-b A P", []],
    ["localhost P", []],
  ] as const)("%s", async (line, expected) => {
    await using peer = await tcpPeer(serves.says("hello"));
    const words = line
      .split(" ")
      .map((word) => word.replace("P", String(peer.port)).replace("A", "127.0.0.1"));
    const { code, stdout } = await run(words, { stdin: "ignore" });
    expect([code, stdout]).toEqual(expected ? [0, "hello"] : [2, ""]);
  });

  test("-p and -s are where it comes from", async () => {
    await using peer = await tcpPeer(serves.hangUp);
    const port = await closedPort();
    const ended = run(["-s", "127.0.0.2", "-p", String(port), "127.0.0.1", String(peer.port)]);
    const { remoteAddress, remotePort } = await peer.next();
    expect([remoteAddress, remotePort]).toEqual(["127.0.0.2", port]);
    expect((await ended).code).toBe(0);
  });

  test.runIf(HAS_IPV6)("-6 reaches ::1, and a name's other family is left out", async () => {
    const port = await closedPort();
    await using peer = await tcpPeer(serves.says("six"), { host: "::1", port });
    const { stdout } = await run(["-6", "::1", String(peer.port)]);
    expect(stdout).toBe("six");
    const { code } = await run(["-4", "localhost", String(peer.port)]);
    expect(code).toBe(1);
  });

  test.runIf(process.platform === "linux")("--keepalive is set on the socket", async () => {
    await using peer = await tcpPeer();
    await using client = start(["-v", "--keepalive", "127.0.0.1", String(peer.port)]);
    await client.said(/Connected/);
    const [, timer] = socketLine(peer.port) ?? [];
    // proc(5): timer 02 is the keepalive timer.
    expect(timer).toBe("02");
  });
});

describe("who may come", () => {
  test("-m 2 turns the third client of -k away, says so with -v, and takes the next when one has left", async () => {
    await using server = await startListening(["-lk", "-m", "2", "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    await using two = await tcpClient(server.port);
    one.socket.write("1");
    two.socket.write("2");
    await server.gave(/12|21/);
    await using three = await tcpClient(server.port);
    expect(String(await three.received)).toBe("");
    await server.said(
      new RegExp(
        `^Ncx: 127\\.0\\.0\\.1:${three.port} turned away: the limit of 2 connections is reached$`,
        "m",
      ),
    );
    one.socket.end();
    await one.received;
    await server.said(/bytes received in/);
    await using four = await tcpClient(server.port);
    four.socket.write("4");
    await server.gave(/4/);
  });

  test("the limit of -k is 100 clients by itself", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"]);
    await using clients = new Clients();
    for (let count = 0; count < 101; count += 1) clients.add(await tcpClient(server.port));
    await server.said(/turned away: the limit of 100 connections is reached/);
    server.stdin.write("to all");
    await Promise.all(clients.all.slice(0, 100).map((client) => client.got("to all")));
    expect(String(await clients.all[100]?.received)).toBe("");
  });

  test("--max-accepts ends -k after so many, even at once", async () => {
    await using server = await startListening(["-lk", "--max-accepts", "3", "127.0.0.1", "0"]);
    await using clients = new Clients();
    for (const word of ["a", "b", "c"]) {
      const client = await tcpClient(server.port);
      clients.add(client);
      client.socket.end(word);
    }
    const { code, stdout } = await server.ended;
    expect([code, [...stdout].toSorted().join("")]).toEqual([0, "abc"]);
  });

  test.runIf(process.platform === "linux")(
    "a client of -k that reads nothing holds stdin back: memory stays small",
    async () => {
      await using server = await startListening(["-lk", "127.0.0.1", "0"]);
      await using stalled = await tcpClient(server.port);
      stalled.socket.pause();
      stalled.socket.write("here");
      await server.gave(/here/);
      const chunk = Buffer.alloc(1_000_000, "x");
      let accepted = 0;
      // Until the pipe takes no more: everything between us and the client is full then.
      for (; accepted < 400; accepted += 1) {
        if (server.stdin.write(chunk)) continue;
        const drained = once(server.stdin, "drain").then(() => true);
        if (!(await Promise.race([drained, patience(1000)]))) break;
      }
      expect(accepted).toBeLessThan(100);
      const [, resident] =
        /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8")) ?? [];
      expect(Number(resident)).toBeLessThan(200_000);
    },
  );
});

/** Many clients, let go of together. */
class Clients implements AsyncDisposable {
  readonly all: TcpClient[] = [];

  add(client: TcpClient): void {
    this.all.push(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((client) => client[Symbol.asyncDispose]()));
  }
}

function patience(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms));
}

/** The timer of the socket that is connected to this port, as proc(5) has it. */
function socketLine(port: number): RegExpExecArray | null {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return new RegExp(`: \\w+:\\w+ 0100007F:${hex} 01 \\w+:\\w+ (\\w\\w):`).exec(
    readFileSync("/proc/net/tcp", "utf8"),
  );
}
