/** ncx free-port. */
import { describe, expect, test } from "vitest";
import { tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, start } from "../helpers/run-cli.ts";

describe("ncx free-port", () => {
  test("prints a port that a server can have", async () => {
    const { code, stdout } = await run(["free-port"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
    await using peer = await tcpPeer(undefined, { host: "127.0.0.1", port: Number(stdout) });
    expect(peer.port).toBe(Number(stdout));
  });

  test("--count prints so many, all different", async () => {
    const { stdout } = await run(["free-port", "--count", "5"]);
    const ports = stdout.trimEnd().split("\n");
    expect([ports.length, new Set(ports).size]).toEqual([5, 5]);
  });

  test("--json prints an array", async () => {
    const { stdout, stderr } = await run(["free-port", "--count", "2", "--json"]);
    expect(JSON.parse(stdout)).toEqual([expect.any(Number), expect.any(Number)]);
    expect(stderr).toBe("");
  });

  test("--range takes one of it, and says when it has none", async () => {
    await using peer = await tcpPeer();
    const { stdout } = await run(["free-port", "--range", `${peer.port}-65535`]);
    expect(Number(stdout)).toBeGreaterThan(peer.port);
    const none = await run(["free-port", "--range", `${peer.port}-${peer.port}`]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("is taken")]);
  });

  test("hands the port to a command, in its words and its environment, and has its exit code", async () => {
    const script = 'echo "$0 $1 $NCX_PORT $NCX_PORT_2 $NCX_PORTS"; exit 3';
    const { code, stdout } = await run([
      "free-port",
      "--count",
      "2",
      "--",
      "sh",
      "-c",
      script,
      "{}",
      "p={2}",
    ]);
    const [one, two] = /^(\d+) p=(\d+) \1 \2 \1,\2\n$/.exec(stdout)?.slice(1) ?? [];
    expect(code).toBe(3);
    expect(one).toBeDefined();
    expect(two).not.toBe(one);
  });

  test("a command binds its port, with no one in between", async () => {
    const server = `require("net").createServer((socket) => socket.end("mine")).listen(process.env.NCX_PORT, "127.0.0.1",
      () => console.log(process.argv[1]))`;
    await using running = start([
      "free-port",
      "--hold",
      "--",
      process.execPath,
      "-e",
      server,
      "{}",
    ]);
    const [, port] = await running.gave(/^(\d+)\n/);
    await using client = await tcpClient(Number(port));
    expect(String(await client.received)).toBe("mine");
    running.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 143 });
  });

  test("--hold keeps it until the end of stdin", async () => {
    await using running = start(["free-port", "--hold"]);
    const [, port] = await running.gave(/^(\d+)\n/);
    await expect(tcpPeer(undefined, { host: "127.0.0.1", port: Number(port) })).rejects.toThrow(
      "EADDRINUSE",
    );
    running.stdin.end();
    expect(await running.ended).toMatchObject({ code: 0 });
    await using peer = await tcpPeer(undefined, { host: "127.0.0.1", port: Number(port) });
    expect(peer.port).toBe(Number(port));
  });

  test("--host wants the port to be free there alone", async () => {
    await using peer = await tcpPeer();
    const range = `${peer.port}-${peer.port}`;
    expect(await run(["free-port", "--range", range, "--host", "127.0.0.2"])).toMatchObject({
      code: 0,
      stdout: `${peer.port}\n`,
    });
  });

  test.each([
    [["8080"], "takes no operand"],
    [["--range", "9-8"], "ends before it begins"],
    [["--range", "0-10"], "a port is 1-65535"],
    [["--range", "70000"], "a port is 1-65535"],
    [["--range", "1,2"], "it is a list"],
    [["--count", "0"], "out of range"],
    [["--host", "localhost"], "not a numeric address"],
  ])("refuses %j", async (args, state) => {
    const { code, stderr } = await run(["free-port", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(state)]);
  });
});
