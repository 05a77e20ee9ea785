/** ncx in a real terminal. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { CAPTURE_FAILURE } from "../helpers/capture-right.ts";
import { closedPort, read, serves, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, scratch, startListening } from "../helpers/run-cli.ts";
import { findPty, openNcx, openTerminal, type Terminal } from "../helpers/terminal.ts";

const found = await findPty();

describe.skipIf(!found)("in a terminal ncx", () => {
  const spawn = found as NonNullable<typeof found>; // else the suite is skipped

  test("sends each line that is typed, and shows what comes back", async () => {
    await using peer = await tcpPeer();
    const ncx = openNcx(spawn, ["127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    ncx.type("hello\n");
    expect(`${(await once(server, "data"))[0]}`).toBe("hello\n");
    server.write("and hello to you\n");
    await ncx.shows(/and hello to you\n/);
    ncx.type("more\n");
    expect(`${(await once(server, "data"))[0]}`).toBe("more\n");
    server.end();
    expect((await ncx.exited).exitCode).toBe(0);
  });

  test("--tap colours each direction of a relay, and not under NO_COLOR", async () => {
    await using peer = await tcpPeer(serves.echo);
    for (const env of [{}, { NO_COLOR: "1" }]) {
      const relay = openNcx(
        spawn,
        ["relay", "-v", "--tap", "127.0.0.1:0", `127.0.0.1:${peer.port}`],
        {
          env,
        },
      );
      const [, port] = await relay.shows(/istening on 127\.0\.0\.1:(\d+)/);
      await using client = await tcpClient(Number(port));
      client.socket.end("hello\n");
      await client.received;
      await relay.shows(/\(eof\)\n/);
      const isColoured = !("NO_COLOR" in env);
      expect(relay.raw.includes("\u001b[36m[1] > 00000000  hello\u001b[39m")).toBe(isColoured);
      expect(relay.raw.includes("\u001b[32m[1] < 00000000  hello\u001b[39m")).toBe(isColoured);
      expect(relay.raw.includes("\n[1] > 00000000  hello\r\n")).toBe(!isColoured);
      process.kill(relay.pid, "SIGTERM");
      await relay.exited;
    }
  });

  test("begins a new line after ^C, where it only printed", async () => {
    const port = await closedPort();
    const ncx = openNcx(spawn, ["wait", `127.0.0.1:${port}`]);
    await ncx.shows(/waiting for tcp:\S+.*at most\n/);
    ncx.type("\u0003");
    await ncx.shows(/^\^C\n/m);
    expect((await ncx.exited).exitCode).toBe(130);
  });

  test.skipIf(CAPTURE_FAILURE !== undefined)(
    "capture's counts begin on a line of their own after ^C",
    async () => {
      const ncx = openNcx(spawn, ["capture", "-i", "lo", "-B", "1024", "udp", "port", "9"]);
      await ncx.shows(/listening on lo.*\n/);
      ncx.type("\u0003");
      await ncx.shows(/\^C\n0 packets captured\n/);
      expect((await ncx.exited).exitCode).toBe(130);
    },
  );

  test("half-closes on ^D, and still shows the answer that comes late", async () => {
    await using peer = await tcpPeer();
    const ncx = openNcx(spawn, ["127.0.0.1", `${peer.port}`]);
    const server = await peer.next();
    const asked = read(server);
    ncx.type("question\n");
    await ncx.shows(/question\n/);
    ncx.type("\u0004");
    expect(`${await asked}`).toBe("question\n");
    server.end("the late answer\n");
    await ncx.shows(/the late answer\n/);
    expect((await ncx.exited).exitCode).toBe(0);
  });

  test("listens: the client's lines are shown, ours arrive, ^D ends ours alone", async () => {
    const ncx = openNcx(spawn, ["-l", "-v", "127.0.0.1", "0"]);
    const [, port] = await ncx.shows(/Listening on \S*:(\d+)/i);
    const client = openNcx(spawn, ["127.0.0.1", `${port}`]);
    await ncx.shows(/Connection from/);
    client.type("from the client\n");
    await ncx.shows(/from the client\n/);
    ncx.type("from the listener\n");
    await client.shows(/from the listener\n/);
    client.type("\u0004");
    ncx.type("\u0004");
    expect((await ncx.exited).exitCode).toBe(0);
    expect((await client.exited).exitCode).toBe(0);
  });

  test("ends with 130 on ^C, connected or not", async () => {
    await using peer = await tcpPeer(serves.sink);
    const connected = openNcx(spawn, ["-v", "127.0.0.1", `${peer.port}`]);
    await connected.shows(/Connected/);
    connected.type("\u0003");
    expect((await connected.exited).exitCode).toBe(130);
    const listening = openNcx(spawn, ["-l", "-v", "127.0.0.1", "0"]);
    await listening.shows(/Listening/);
    listening.type("\u0003");
    expect((await listening.exited).exitCode).toBe(130);
  });

  test("leaves the terminal as it was, after ^C and after a normal end", async () => {
    await using peer = await tcpPeer(serves.sink);
    const shell = openTerminal(spawn, "/bin/sh", [], { env: { PS1: "READY> " } });
    await shell.shows(/READY> /);
    const before = await settings(shell);
    shell.type(`"${process.execPath}" dist/cli.cjs -v 127.0.0.1 ${peer.port}\n`);
    await shell.shows(/Connected/);
    shell.type("\u0003");
    await shell.shows(/READY> /);
    expect(await settings(shell)).toBe(before);
    shell.type("echo still $((40 + 2)) here\n");
    await shell.shows(/still 42 here/);
  });

  test("has no colour and moves no cursor with NO_COLOR", async () => {
    await using peer = await tcpPeer(serves.says("plain\n"));
    const options = { env: { NO_COLOR: "1" } };
    const runs = [
      ["-v", "--hex", "127.0.0.1", `${peer.port}`],
      ["-v", "127.0.0.1", "1"],
      ["--no-such-flag"],
      ["--help"],
    ];
    for (const args of runs) {
      const ncx = openNcx(spawn, args, options);
      await ncx.exited;
      expect(ncx.raw).not.toContain("\u001B");
      expect(ncx.raw).not.toBe("");
    }
  });

  test("http -o draws its progress on a terminal, and nowhere else", async () => {
    await using folder = await scratch();
    const body = "x".repeat(200_000);
    await using server = await slowServer(body);
    const url = `http://127.0.0.1:${server.port}/file`;
    const ncx = openNcx(spawn, ["http", "-o", folder.path("a"), url]);
    await ncx.shows(/\d+ ?%/);
    expect((await ncx.exited).exitCode).toBe(0);
    await using piped = await startListening(["-l", "127.0.0.1", "0"]);
    piped.stdin.end(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const args = ["http", "-o", folder.path("b"), `http://127.0.0.1:${piped.port}/`];
    expect(await run(args)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

/** What stty says of the terminal that a shell runs in. */
async function settings(shell: Terminal): Promise<string> {
  shell.type("echo MODE $(stty -g) END\n");
  const [, mode = ""] = await shell.shows(/\nMODE ([\da-f:]+) END\n/);
  await shell.shows(/READY> /);
  return mode;
}

/** Sends a body in two halves: long enough apart for a progress bar to find something to draw. */
function slowServer(body: string): ReturnType<typeof tcpPeer> {
  return tcpPeer((socket) => {
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body.slice(body.length / 2));
      setTimeout(() => socket.end(body.slice(body.length / 2)), 1500);
    });
  });
}
