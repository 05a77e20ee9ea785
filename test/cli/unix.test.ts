/** -U: unix sockets, and what may stand at their path. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { serves, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, scratch, start } from "../helpers/run-cli.ts";

describe.runIf(process.platform !== "win32")("-U", () => {
  test.each([
    ["-lU PATH", "-U PATH"],
    ["-l -U unix:PATH", "unix:PATH"],
    ["-Ul PATH", "--unixsock PATH"],
    ["-l unix:PATH", "PATH"],
  ])("%s and %s meet, and the socket's file is gone at the end", async (listen, dial) => {
    await using files = await scratch();
    const path = files.path("a.sock");
    const words = (line: string): string[] => line.replace("PATH", path).split(" ");
    await using server = start([...words(listen), "-v"]);
    await server.said(new RegExp(`^Ncx: Listening on ${path}$`, "m"));
    server.stdin.end("answer");
    const client = await run(words(dial), { input: "question" });
    expect(client).toMatchObject({ code: 0, stdout: "answer", stderr: "" });
    expect(await server.ended).toMatchObject({ code: 0, stdout: "question" });
    await expect(lstat(path)).rejects.toThrow("ENOENT");
  });

  test.runIf(process.platform === "linux")("an abstract name leaves no file", async () => {
    const name = `@ncx-test-${process.pid}`;
    await using server = start(["-lUv", name]);
    await server.said(new RegExp(`Listening on ${name}`));
    const client = await run(["-U", name], { input: "abstract" });
    expect(client.code).toBe(0);
    server.stdin.end();
    expect(await server.ended).toMatchObject({ code: 0, stdout: "abstract" });
  });

  test("a signal removes the socket's file, too", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using server = start(["-lkUv", path]);
    await server.said(/Listening/);
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(143);
    await expect(lstat(path)).rejects.toThrow("ENOENT");
  });

  test("a socket that nobody answers on any more is replaced", async () => {
    await using files = await scratch();
    const path = files.path("stale.sock");
    const program = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    const dead = spawn(process.execPath, ["-e", program, path], { stdio: "ignore" });
    await once(dead, "close");
    expect((await lstat(path)).isSocket()).toBe(true);
    await using server = start(["-lUv", path]);
    await server.said(/Listening/);
    await using client = await tcpClient(path);
    client.socket.end("fresh");
    expect(await server.ended).toMatchObject({ code: 0, stdout: "fresh" });
  });

  test("a socket that is in use is left alone", async () => {
    await using files = await scratch();
    const path = files.path("used.sock");
    await using peer = await tcpPeer(serves.says("still here"), { path });
    expect((await run(["-lU", path])).code).toBe(2);
    await using client = await tcpClient(path);
    expect(String(await client.received)).toBe("still here");
    expect(peer.server.listening).toBe(true);
  });

  test.each([
    ["a directory", async (path: string) => mkdir(path)],
    ["a regular file", async (path: string) => writeFile(path, "precious")],
  ])("%s is no socket, to dial or to listen on, and is left alone", async (what, make) => {
    await using files = await scratch();
    const path = files.path("place");
    await make(path);
    const before = (await lstat(path)).ino;
    for (const flags of ["-U", "-lU"]) {
      const { code, stderr } = await run([flags, path]);
      expect(stderr).toBe(`Ncx: Cannot use "${path}" as a socket: it is ${what}\n`);
      expect(code).toBe(2);
    }
    expect((await lstat(path)).ino).toBe(before);
  });

  test("nobody there: refused, with 1", async () => {
    await using files = await scratch();
    const path = files.path("none.sock");
    const { code, stderr } = await run(["-U", path]);
    expect([code, stderr]).toEqual([
      1,
      `Ncx: connect to ${path} (unix) failed: No such file or directory\n`,
    ]);
  });

  test("a folder that is not there: no place to listen, with 2", async () => {
    await using files = await scratch();
    const path = files.path("no/such/a.sock");
    const { code, stderr } = await run(["-lU", path]);
    expect([code, stderr]).toEqual([2, `Ncx: bind to ${path}: No such file or directory.\n`]);
  });

  test.each(["-U", "-lU"])("%s with a path that is too long, with 2", async (flags) => {
    const path = `/tmp/${"x".repeat(120)}`;
    const { code, stderr } = await run([flags, path]);
    expect(stderr).toMatch(
      /^Ncx: .+: the path is 125 bytes long, and the system takes \d+\.?\nNcx: hint: use a shorter path, or a relative one\n$/,
    );
    expect(code).toBe(2);
  });
});
