/** -w and -i as the real programs take them: the same ends, the same words, no sooner. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect } from "vitest";
import { closedPort, serves, tcpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer } from "../helpers/real-peers.ts";
import { start, type Running } from "../helpers/run-cli.ts";

/** The real program, and ncx in its name. */
function pair(program: string, name: string): ((args: readonly string[]) => Running)[] {
  return [(args) => startPeer(program, args), (args) => start(["--compat", name, ...args])];
}

describe.each([
  { program: "nc.openbsd", name: "openbsd", flags: ["-w", "1"], least: 0.99, stdin: "open" },
  { program: "nc.openbsd", name: "openbsd", flags: ["-w", "1"], least: 0.99, stdin: "ended" },
  { program: "ncat", name: "ncat", flags: ["-i", "1"], least: 0.99, stdin: "open" },
  { program: "ncat", name: "ncat", flags: ["-i", "1"], least: 0.99, stdin: "ended" },
  {
    program: "nc.traditional",
    name: "traditional",
    flags: ["-w", "1"],
    least: 1.99,
    stdin: "ended",
  },
])("$program $flags, stdin $stdin, and a silent peer", ({ program, name, flags, least, stdin }) => {
  needs(program)("ends as --compat does", async () => {
    const ends = [];
    for (const begin of pair(program, name)) {
      await using peer = await tcpPeer(serves.sink);
      const started = performance.now();
      await using client = begin([...flags, "127.0.0.1", `${peer.port}`]);
      if (stdin === "ended") client.stdin.end("hi\n");
      const { code, stdout, stderr } = await client.ended;
      ends.push({ code, stdout, stderr });
      expect((performance.now() - started) / 1000).toBeGreaterThan(least);
    }
    expect(ends[1]).toEqual(ends[0]);
  });
});

describe("nc.traditional -w 1", () => {
  const test = needs("nc.traditional");

  test("is no bound while stdin is open", async () => {
    for (const begin of pair("nc.traditional", "traditional")) {
      await using peer = await tcpPeer(serves.sink);
      await using client = begin(["-w", "1", "127.0.0.1", `${peer.port}`]);
      const socket = await peer.next();
      await Promise.race([delay(2500), client.ended]);
      expect(client.child.exitCode).toBe(null);
      socket.end("late");
      client.stdin.end();
      expect(await client.ended).toMatchObject({ code: 0, stdout: "late" });
    }
  });

  test("with -l bounds the wait for a client", async () => {
    const port = await closedPort();
    const ends = [];
    for (const begin of pair("nc.traditional", "traditional")) {
      await using server = begin(["-l", "-p", `${port}`, "-w", "1"]);
      const { code, stdout, stderr } = await server.ended;
      ends.push({ code, stdout, stderr });
    }
    expect(ends[1]).toEqual(ends[0]);
  });
});
