/** Terminal manners: what goes where, and nothing coloured where nobody asked for it. */
import { describe, expect, test } from "vitest";
import { makeReporter } from "../../src/cli/report.ts";
import type { World } from "../../src/cli/world.ts";
import { runInMemory } from "../helpers/memory-world.ts";
import { serves, tcpPeer } from "../helpers/peers.ts";
import { run } from "../helpers/run-cli.ts";

const ESCAPE = /\u001b/;

describe("stdout has the payload only", () => {
  test.each([
    [["-v"]],
    [["-vv"]],
    [["--json"]],
    [["--hex"]],
    [["-v", "--compat", "ncat"]],
    [["-v", "--compat", "openbsd"]],
    [["-v", "--compat", "traditional"]],
  ])("%j", async (flags) => {
    await using peer = await tcpPeer(serves.says("payload"));
    const { stdout, stderr } = await run([...flags, "127.0.0.1", String(peer.port)], {
      stdin: "ignore",
    });
    expect(stdout).toBe("payload");
    expect(stderr).not.toBe("");
  });

  test("of what fails and of -z nothing is there", async () => {
    await using peer = await tcpPeer();
    expect((await run(["-zv", "127.0.0.1", String(peer.port)])).stdout).toBe("");
    expect((await run(["--nonsense"])).stdout).toBe("");
  });

  test.each([[["--help"]], [["--version"]], [["relay", "--help"]], [["completion", "bash"]]])(
    "%j is asked for, and goes there",
    async (argv) => {
      const { code, stdout, stderr } = await run(argv);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).not.toBe("");
    },
  );
});

describe("colour", () => {
  test("is never there in a pipe", async () => {
    await using peer = await tcpPeer(serves.says("payload"));
    const { stdout, stderr } = await run(["-vv", "--hex", "127.0.0.1", String(peer.port)], {
      stdin: "ignore",
      env: { TERM: "xterm-256color" },
    });
    expect(stdout + stderr).not.toMatch(ESCAPE);
    expect((await run(["--help"])).stdout).not.toMatch(ESCAPE);
  });

  test("is never there with NO_COLOR, a terminal or not", async () => {
    for (const argv of [["--help"], ["--nonsense"], ["127.0.0.1", "0"]]) {
      const { stdout, stderr } = await runInMemory(argv, { tty: true, env: { NO_COLOR: "1" } });
      expect(stdout + stderr).not.toMatch(ESCAPE);
    }
  });

  test("marks a failure, and with http -v what happens, on a terminal", async () => {
    const failed = await runInMemory(["--nonsense"], { tty: true });
    expect(failed.stderr).toMatch(/^\u001b\[31mNcx: unknown option "--nonsense"\u001b\[39m\n/);
    await using peer = await tcpPeer(serves.says("HTTP/1.0 200 OK\r\n\r\n"));
    const asked = await runInMemory(["http", "-v", `127.0.0.1:${peer.port}`], { tty: true });
    expect(asked.stderr).toContain("\u001b[2m* Connected to 127.0.0.1");
  });

  test.each([
    [true, {}, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [false, {}, false],
  ])("on a terminal %j with %j: %j", (tty, env, coloured) => {
    const isTTY = { stdin: tty, stdout: tty, stderr: tty };
    const world = { isTTY, env, stderr: process.stderr } as unknown as World; // all that a reporter looks at
    const { paint } = makeReporter({ personality: "ncx", verbose: 0, mode: "connect" }, world);
    expect(ESCAPE.test(paint("red", "text"))).toBe(coloured);
  });
});
