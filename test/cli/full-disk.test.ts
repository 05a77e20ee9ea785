/** Output that cannot be written: said once, with 2, and nothing that can still pass is held back. */
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { serves, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, startListening } from "../helpers/run-cli.ts";

const FULL = "/dev/full";
const NO_SPACE = "no space left on device\n";

describe.skipIf(!existsSync(FULL))("a full disk", () => {
  test.each([[["--help"]], [["--version"]], [["completion", "bash"]]])(
    "under what %j prints",
    async (args) => {
      await using full = await open(FULL, "w");
      const { code, stderr } = await run(args, { stdout: full.fd });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `ncx: Cannot write to stdout: ${NO_SPACE}`,
      });
    },
  );

  test("under stdout of a connection", async () => {
    await using peer = await tcpPeer(serves.says(Buffer.from("answer")));
    await using full = await open(FULL, "w");
    const { code, stderr } = await run(["127.0.0.1", String(peer.port)], { stdout: full.fd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `Ncx: Cannot write to stdout: ${NO_SPACE}`,
    });
  });

  test.each([[["-l"]], [["-l", "-k"]]])("under stdout of %j", async (flags) => {
    await using full = await open(FULL, "w");
    await using listener = await startListening([...flags, "127.0.0.1", "0"], {
      stdin: "ignore",
      stdout: full.fd,
    });
    await using client = await tcpClient(listener.port);
    client.socket.end("hi");
    const { code, stderr } = await listener.ended;
    expect(stderr).toContain(`Cannot write to stdout: ${NO_SPACE}`);
    expect(code).toBe(2);
  });

  test.each(["-o", "--hex-dump"])("under %s: what passes still arrives", async (flag) => {
    await using peer = await tcpPeer(serves.says(Buffer.from("answer")));
    const args = [flag, FULL, "127.0.0.1", String(peer.port)];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "answer",
      stderr: `Ncx: Cannot write to "${FULL}": ${NO_SPACE}`,
    });
  });
});
