/** What is said, word for word: scripts grep for it (netcat.md §1.4). */
import { once } from "node:events";
import { createSocket } from "node:dgram";
import { readFile, symlink } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import {
  closedPort,
  serves,
  stuckListener,
  tcpClient,
  tcpPeer,
  udpPeer,
} from "../helpers/peers.ts";
import { CLI, run, scratch, start, startListening } from "../helpers/run-cli.ts";

const ME = `node, pid ${process.pid}`;

describe("ncx says", () => {
  test("that a connection is refused, without -v", async () => {
    const port = await closedPort();
    expect(await run(["127.0.0.1", String(port)])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `Ncx: connect to 127.0.0.1 port ${port} (tcp) failed: Connection refused\n`,
    });
  });

  test("every address of a name that was tried", async () => {
    const port = await closedPort();
    const { code, stderr } = await run(["localhost", String(port)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^Ncx: connect to localhost port ${port} \\(tcp\\) failed: Connection refused \\(tried (127\\.0\\.0\\.1|::1)(, (127\\.0\\.0\\.1|::1))?\\)\\n$`,
      ),
    );
  });

  test("that a name is unknown, with 2", async () => {
    const { code, stderr } = await run(["no-such-host.invalid", "80"]);
    expect(stderr).toMatch(/^Ncx: Could not resolve hostname "no-such-host\.invalid": .+\n$/);
    expect(code).toBe(2);
  });

  test("that no name is looked up with -n", async () => {
    const { code, stderr } = await run(["-n", "localhost", "80"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'Ncx: Could not resolve hostname "localhost": Name or service not known\n' +
        "Ncx: hint: no name is looked up with -n: give a numeric address\n",
    );
  });

  test("who holds a TCP port that is taken, with 2", async () => {
    await using peer = await tcpPeer();
    expect(await run(["-l", "127.0.0.1", String(peer.port)])).toMatchObject({
      code: 2,
      stderr: `Ncx: bind to 127.0.0.1:${peer.port}: Address already in use (held by ${ME}).\n`,
    });
  });

  test("who holds a UDP port that is taken, with 2", async () => {
    await using peer = await udpPeer();
    expect(await run(["-lu", "127.0.0.1", String(peer.port)])).toMatchObject({
      code: 2,
      stderr: `Ncx: bind to 127.0.0.1:${peer.port}: Address already in use (held by ${ME}).\n`,
    });
  });

  test("who holds a unix path that is taken, with 2", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using _peer = await tcpPeer(() => {}, { path });
    expect(await run(["-lU", path])).toMatchObject({
      code: 2,
      stderr: `Ncx: bind to ${path}: Address already in use (held by ${ME}).\n`,
    });
  });

  test("nothing of a failure with --quiet, and keeps the code", async () => {
    const port = await closedPort();
    const failed = await run(["--quiet", "127.0.0.1", String(port)]);
    expect(failed).toMatchObject({ code: 1, stderr: "" });
    expect(await run(["--quiet", "--nonsense"])).toMatchObject({ code: 2, stderr: "" });
    const events = await run(["--quiet", "--json", "127.0.0.1", String(port)]);
    expect(events).toMatchObject({ code: 1, stderr: "" });
    expect(await run(["--quiet", "--json", "--nonsense"])).toMatchObject({ code: 2, stderr: "" });
  });

  test("with -v the version, the peer and the amounts", async () => {
    await using peer = await tcpPeer(serves.late);
    const { stderr } = await run(["-v", "127.0.0.1", String(peer.port)], { input: "1234567" });
    expect(stderr).toMatch(
      new RegExp(
        `^Ncx: Version \\S+\nNcx: Connected to 127\\.0\\.0\\.1:${peer.port}\\.\n` +
          "Ncx: 7 bytes sent, 7 bytes received in \\d+\\.\\d\\d seconds\\.\n$",
      ),
    );
  });

  test("with -lv where it listens, who came, and the amounts", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0"], { stdin: "ignore" });
    await using client = await tcpClient(server.port);
    const from = client.socket.localPort;
    client.socket.end("123");
    const { stderr } = await server.ended;
    expect(
      stderr
        .replace(/in [\d.]+ seconds/, "in T seconds")
        .split("\n")
        .slice(1),
    ).toEqual([
      `Ncx: Listening on 127.0.0.1:${server.port}`,
      `Ncx: Connection from 127.0.0.1:${from}.`,
      "Ncx: 0 bytes sent, 3 bytes received in T seconds.",
      "",
    ]);
  });

  test("with -lkv whose amounts they are", async () => {
    await using server = await startListening(["-lk", "127.0.0.1", "0"], { stdin: "ignore" });
    await using client = await tcpClient(server.port);
    const from = client.socket.localPort;
    client.socket.end("123");
    await client.received;
    await server.said(
      new RegExp(`Ncx: 127\\.0\\.0\\.1:${from}: 0 bytes sent, 3 bytes received in `),
    );
  });

  test("with -lv both wildcards, as ncat does", async () => {
    await using server = start(["-lv", "0"]);
    const [, port] = await server.said(/^Ncx: Listening on 0\.0\.0\.0:(\d+)$/m);
    expect(server.stderr()).toContain(`Ncx: Listening on :::${port}\n`);
  });

  test("with -l 0 the port that it got, without -v", async () => {
    await using server = start(["-l", "127.0.0.1", "0"], { stdin: "ignore" });
    const [, port] = await server.said(/^Ncx: Listening on 127\.0\.0\.1:(\d+)\n$/);
    await using client = await tcpClient(Number(port));
    client.socket.end("hi");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "hi" });
  });

  test("nothing about a port that was asked for, without -v", async () => {
    const port = await closedPort();
    await using server = start(["-l", "127.0.0.1", String(port), "--idle-timeout", "300ms"]);
    await using client = await reach(port);
    client.socket.end("x");
    expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("with --port-file FILE the port in a file, once it can be dialled", async () => {
    await using files = await scratch();
    const file = files.path("port");
    await using server = start(["-l", "--port-file", file, "127.0.0.1", "0", "-v"]);
    await server.said(/Listening/);
    await using client = await reach(async () => Number(await readFile(file, "utf8")));
    client.socket.end();
    expect((await server.ended).code).toBe(0);
    expect(await readFile(file, "utf8")).toMatch(/^\d+\n$/);
  });

  test("that a --port-file cannot be written, with 2", async () => {
    const { code, stderr } = await run([
      "-l",
      "--port-file",
      "/no/such/dir/port",
      "127.0.0.1",
      "0",
    ]);
    expect(stderr).toContain(
      'Ncx: Cannot write to "/no/such/dir/port": no such file or directory\n',
    );
    expect(code).toBe(2);
  });

  test("that a UDP port is closed, once something was sent to it", async () => {
    const port = await closedUdpPort();
    const { code, stderr } = await run(["-u", "127.0.0.1", String(port)], { input: "?" });
    expect(stderr).toBe(
      `Ncx: connect to 127.0.0.1 port ${port} (udp) failed: Connection refused\n`,
    );
    expect(code).toBe(1);
  });
});

describe("-z says", () => {
  test.each(["-z", "-zv"])("%s: that a port is open, in OpenBSD's words", async (flag) => {
    await using peer = await tcpPeer();
    expect(await run([flag, "127.0.0.1", String(peer.port)])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: `Connection to 127.0.0.1 ${peer.port} port [tcp/*] succeeded!\n`,
    });
  });

  test("that the one port is refused, with 1", async () => {
    const port = await closedPort();
    expect(await run(["-z", "127.0.0.1", String(port)])).toMatchObject({
      code: 1,
      stderr: `Ncx: connect to 127.0.0.1 port ${port} (tcp) failed: Connection refused\n`,
    });
  });

  test("that no port of several is open, with 1", async () => {
    const port = await closedPort();
    const { code, stderr } = await run(["-z", "127.0.0.1", `${port}`, "1"]);
    expect([code, stderr]).toEqual([1, "Ncx: no port of 2 is open on 127.0.0.1\n"]);
  });
});

describe("under --compat", () => {
  const failures = {
    ncat: () => "Ncat: Connection refused.\n",
    openbsd: () => "",
    traditional: (port: number) => `(UNKNOWN) [127.0.0.1] ${port} (?) : Connection refused\n`,
  } as const;

  test.each(["ncat", "openbsd", "traditional"] as const)("%s: refused", async (who) => {
    const port = await closedPort();
    const { code, stderr } = await run(["--compat", who, "127.0.0.1", String(port)]);
    expect([code, stderr]).toEqual([1, failures[who](port)]);
  });

  test("openbsd: refused, with -v", async () => {
    const port = await closedPort();
    const { stderr } = await run(["--compat", "openbsd", "-v", "127.0.0.1", String(port)]);
    expect(stderr).toBe(`nc: connect to 127.0.0.1 port ${port} (tcp) failed: Connection refused\n`);
  });

  test.each([
    [
      "ncat",
      (port: number) =>
        `Ncat: Connected to 127.0.0.1:${port}.\nNcat: 0 bytes sent, 0 bytes received in 0.00 seconds.\n`,
    ],
    ["openbsd", (port: number) => `Connection to 127.0.0.1 ${port} port [tcp/*] succeeded!\n`],
    ["traditional", (port: number) => `localhost [127.0.0.1] ${port} (?) open\n`],
  ] as const)("%s: -zv an open port, and nothing without -v", async (who, said) => {
    await using peer = await tcpPeer();
    const port = String(peer.port);
    expect((await run(["--compat", who, "-zv", "127.0.0.1", port])).stderr).toBe(said(peer.port));
    expect(await run(["--compat", who, "-z", "127.0.0.1", port])).toMatchObject({
      code: 0,
      stderr: "",
    });
  });

  test.each([
    ["ncat", 2, /^Ncat: Could not resolve hostname "x\.invalid": .+\. QUITTING\.\n$/],
    ["openbsd", 1, /^nc: getaddrinfo for host "x\.invalid" port 80: .+\n$/],
    ["traditional", 1, /^x\.invalid: forward host lookup failed: Unknown host\n$/],
  ] as const)("%s: an unknown name ends with %i", async (who, code, said) => {
    const ended = await run(["--compat", who, "x.invalid", "80"]);
    expect(ended.stderr).toMatch(said);
    expect(ended.code).toBe(code);
  });

  test.each([
    ["ncat", "Ncat: TIMEOUT.\n"],
    ["openbsd", ""],
    ["traditional", "(UNKNOWN) [127.0.0.1] PORT (?) : Connection timed out\n"],
  ] as const)("%s: a dial that hangs", async (who, said) => {
    await using stuck = await stuckListener();
    const { code, stderr } = await run([
      "--compat",
      who,
      "-w",
      "1",
      "127.0.0.1",
      String(stuck.port),
    ]);
    expect([code, stderr]).toEqual([1, said.replace("PORT", String(stuck.port))]);
  });

  test.each([
    ["ncat", ["-lv", "127.0.0.1"], "Ncat: Listening on 127.0.0.1:PORT\n"],
    ["openbsd", ["-lv", "127.0.0.1"], "Listening on localhost PORT\n"],
    ["traditional", ["-lv", "-s", "127.0.0.1", "-p"], "listening on [127.0.0.1] PORT ...\n"],
  ] as const)("%s: listening, and a client", async (who, flags, said) => {
    const came = {
      ncat: "Ncat: Connection from 127.0.0.1.\nNcat: Connection from 127.0.0.1:FROM.\n",
      openbsd: "Connection received on localhost FROM\n",
      traditional: "connect to [127.0.0.1] from localhost [127.0.0.1] FROM\n",
    };
    const port = await closedPort();
    await using server = start(["--compat", who, ...flags, String(port)]);
    await server.said(new RegExp(said.replace("PORT", String(port)).replace(/[[\].]/g, "\\$&")));
    await using client = await tcpClient(port);
    await server.said(
      new RegExp(
        came[who].replaceAll("FROM", String(client.socket.localPort)).replace(/[[\].]/g, "\\$&"),
      ),
    );
  });

  test.each([
    ["ncat", 1, "Ncat: Connection reset by peer.\n"],
    ["openbsd", 0, ""],
    ["traditional", 0, ""],
  ] as const)("%s: a reset ends with %i", async (who, code, said) => {
    await using peer = await tcpPeer((socket) => void socket.write("abc"));
    await using client = start(["--compat", who, "127.0.0.1", String(peer.port)]);
    await client.gave(/abc/);
    (await peer.next()).resetAndDestroy();
    expect(await client.ended).toMatchObject({ code, stdout: "abc", stderr: said });
  });

  test("ncat: -i is the idle timeout", async () => {
    await using peer = await tcpPeer();
    await using client = start(["--compat", "ncat", "-i", "1", "127.0.0.1", String(peer.port)]);
    expect(await client.ended).toMatchObject({
      code: 1,
      stderr: "Ncat: Idle timeout expired (1000 ms).\n",
    });
  });

  test("the name that it is called by chooses, too", async () => {
    const port = await closedPort();
    await using files = await scratch();
    await symlink(CLI, files.path("ncat"));
    const { stderr } = await run([files.path("ncat"), "127.0.0.1", String(port)], {
      program: process.execPath,
    });
    expect(stderr).toBe("Ncat: Connection refused.\n");
  });
});

/** Connects as soon as somebody listens there. */
async function reach(port: number | (() => Promise<number>)): ReturnType<typeof tcpClient> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await tcpClient(typeof port === "number" ? port : await port());
    } catch (error) {
      if (attempt > 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function closedUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
