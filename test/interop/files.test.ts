/** Files through ncx and a real netcat at the other end, in both roles: what arrives is what was sent. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { describe, expect } from "vitest";
import { allEnded, roomyFolder } from "../helpers/hang.ts";
import { closedPort } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { NETCATS, startPeer, untilListening } from "../helpers/real-peers.ts";
import { scratch, start, startListening, type Running } from "../helpers/run-cli.ts";

const MIB = 1 << 20;
/** A gigabyte is for the machines that have the time. */
const LARGE = process.env["CI"] || process.env["NCX_BIG"] ? 1024 * MIB : 64 * MIB;
const SMALL = 16 * MIB;
const LONG = 300_000;
/** Milliseconds after which nobody waits any more, but looks what the two are doing. */
const WATCHDOG = 120_000;
/** Free bytes in memory from which on the files are there. */
const ROOMY = 4 * 1024 * MIB;

describe.each(NETCATS)("a file between ncx and $name", (netcat) => {
  const test = needs(netcat.name);

  test("is sent by ncx, which dials", { timeout: LONG }, async () => {
    await carry(LARGE, async (input, output) => {
      const port = await closedPort();
      const receiver = startPeer(netcat.name, netcat.listen(port, "receive"), {
        stdin: "ignore",
        stdout: output.fd,
      });
      await untilListening(receiver);
      return [receiver, start(["127.0.0.1", `${port}`], { stdin: input.fd, stdout: "ignore" })];
    });
  });

  test("is received by ncx, which listens", { timeout: LONG }, async () => {
    await carry(LARGE, async (input, output) => {
      const receiver = await startListening(["-l", "127.0.0.1", "0"], {
        stdin: "ignore",
        stdout: output.fd,
      });
      const sender = startPeer(netcat.name, netcat.dial(receiver.port, "send"), {
        stdin: input.fd,
      });
      return [receiver, sender];
    });
  });

  test("is sent by ncx, which listens", { timeout: LONG }, async () => {
    await carry(SMALL, async (input, output) => {
      const sender = await startListening(["-l", "127.0.0.1", "0"], { stdin: input.fd });
      const receiver = startPeer(netcat.name, netcat.dial(sender.port, "receive"), {
        stdin: "ignore",
        stdout: output.fd,
      });
      return [sender, receiver];
    });
  });

  test("is received by ncx, which dials", { timeout: LONG }, async () => {
    await carry(SMALL, async (input, output) => {
      const port = await closedPort();
      const sender = startPeer(netcat.name, netcat.listen(port, "send"), { stdin: input.fd });
      await untilListening(sender);
      // -d: a stdin that ends at once would half-close, and OpenBSD's listener leaves then, its file half sent.
      const receiver = start(["-d", "127.0.0.1", `${port}`], {
        stdin: "ignore",
        stdout: output.fd,
      });
      return [sender, receiver];
    });
  });
});

/** Has two processes carry a file from one place to another; both must end well, and the copy be the same. */
async function carry(
  bytes: number,
  begin: (input: FileHandle, output: FileHandle) => Promise<readonly Running[]>,
): Promise<void> {
  await using folder = await scratch(roomyFolder(ROOMY));
  const [from, to] = [folder.path("from"), folder.path("to")];
  const digest = await writeRandom(from, bytes);
  const input = await open(from, "r");
  const output = await open(to, "w");
  try {
    const both = await begin(input, output);
    await using _first = both[0];
    await using _second = both[1];
    await allEnded(both, WATCHDOG, to);
    expect(await digestOf(to)).toBe(digest);
  } finally {
    await input.close();
    await output.close();
  }
}

/** Writes a file in which no two blocks are alike, and gives its digest. */
async function writeRandom(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const block = randomBytes(MIB);
  async function* blocks(): AsyncGenerator<Buffer, void> {
    for (let at = 0; at < bytes; at += MIB) {
      const next = Buffer.from(block);
      next.writeUInt32LE(at / MIB);
      hash.update(next);
      yield next;
    }
  }
  await pipeline(blocks(), createWriteStream(path));
  return hash.digest("hex");
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash);
  return hash.digest("hex");
}
