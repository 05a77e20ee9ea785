/** -u -U: unix datagrams. */
import { lstat, readdir, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { udpPeer } from "../helpers/peers.ts";
import { run, scratch, start, type Running } from "../helpers/run-cli.ts";

/** Starts a listener there and waits for its socket. */
async function listening(...args: readonly string[]): Promise<Running> {
  const running = start([...args, "-v"]);
  await running.said(/(Listening|Bound|listening) on/);
  return running;
}

describe.runIf(process.platform !== "win32")("-u -U", () => {
  test.each([
    ["-luU PATH", "-uU PATH"],
    ["-l -u -U unixgram:PATH", "unixgram:PATH"],
    ["-l unixgram:PATH", "-u -U PATH"],
    ["--compat openbsd -luU PATH", "--compat openbsd -uUN -q1 PATH"],
    ["--compat ncat -luU PATH", "--compat ncat -uU PATH"],
  ])("%s and %s meet, and no file is left at the end", async (listen, dial) => {
    await using files = await scratch();
    const path = files.path("a.sock");
    const words = (line: string): string[] => line.replace("PATH", path).split(" ");
    await using server = await listening(...words(listen));
    await using client = start(words(dial), { env: { TMPDIR: files.path(".") } });
    client.stdin.write("question");
    await server.gave(/question/);
    server.stdin.write("answer");
    await client.gave(/answer/);
    client.stdin.end();
    expect(await client.ended).toMatchObject({ code: 0, stdout: "answer" });
    server.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ stdout: "question" });
    expect(await readdir(files.path("."))).toEqual([]);
  });

  test("stays with the first peer that speaks", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using server = await listening("-luU", path);
    await using first = start(["-uU", path]);
    first.stdin.write("first ");
    await server.gave(/first/);
    await using other = start(["-uU", path]);
    other.stdin.write("other ");
    expect((await other.ended).code).toBe(1);
    first.stdin.write("again ");
    await server.gave(/again/);
    server.kill("SIGTERM");
    expect((await server.ended).stdout).toBe("first again ");
  });

  test("-k serves every peer", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using server = await listening("-lkuU", path);
    await using first = start(["-uU", path]);
    await using second = start(["-uU", path]);
    first.stdin.write("first ");
    await server.gave(/first/);
    second.stdin.write("second ");
    await server.gave(/second/);
    server.stdin.write("all");
    await Promise.all([first.gave(/all/), second.gave(/all/)]);
    server.kill("SIGTERM");
    expect((await server.ended).stdout).toBe("first second ");
  });

  test("-s names the socket of a client", async () => {
    await using files = await scratch();
    await using server = await listening("-luU", files.path("a.sock"));
    await using client = start(["-uU", "-s", files.path("own.sock"), files.path("a.sock")]);
    client.stdin.write("hello");
    await server.said(new RegExp(`Connection from ${files.path("own.sock")}`));
    client.stdin.end();
    expect((await client.ended).code).toBe(0);
    await expect(lstat(files.path("own.sock"))).rejects.toThrow("ENOENT");
  });

  test("what a slow reader has not read holds the sender back, and nothing is lost", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using server = await listening("-luU", path);
    server.child.stdout?.pause();
    server.stdin.end("begin");
    await using client = start(["-uU", path]);
    client.stdin.write("first");
    await client.gave(/begin/);
    client.stdin.end(Buffer.alloc(8 * 1024 * 1024, "ncx "));
    server.child.stdout?.resume();
    expect((await client.ended).code).toBe(0);
    expect((await server.ended).bytes.length).toBe(5 + 8 * 1024 * 1024);
  });

  test("nobody there, and what is no such socket, is said in one line", async () => {
    await using files = await scratch();
    const [missing, plain, stream] = ["missing", "plain", "stream"].map(files.path);
    await writeFile(plain!, "");
    await using _other = await listening("-lkU", stream!);
    const ends = await Promise.all([missing, plain, stream].map((at) => run(["-uU", at!])));
    expect(ends.map(({ code }) => code)).toEqual([1, 2, 1]);
    expect(ends.map(({ stderr }) => stderr.trim().split(": ").at(-1))).toEqual([
      "No such file or directory",
      "it is a regular file",
      "Protocol wrong type for socket",
    ]);
    const taken = await run(["-luU", plain!]);
    expect(taken.code).toBe(2);
  });

  test("a socket file that nobody has open is replaced, one in use is not", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using first = await listening("-lkuU", path);
    expect((await run(["-luU", path])).stderr).toContain("Address already in use");
    first.kill("SIGKILL");
    await first.ended;
    await using second = await listening("-luU", path);
    expect((await run(["-uU", path], { input: "there" })).code).toBe(0);
    await second.gave(/there/);
  });

  test("relay joins unix datagrams and UDP, both ways", async () => {
    await using files = await scratch();
    const path = files.path("a.sock");
    await using peer = await udpPeer((datagram, { port }, socket) =>
      socket.send(String(datagram).toUpperCase(), port, "127.0.0.1"),
    );
    await using _relay = await listening("relay", `unixgram:${path}`, `udp:127.0.0.1:${peer.port}`);
    await using client = start(["-uU", path]);
    client.stdin.write("hello");
    await client.gave(/HELLO/);
  });
});
