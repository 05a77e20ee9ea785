/** The same conversation through a real netcat and through ncx in its name: the dump files are the same. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { tcpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer } from "../helpers/real-peers.ts";
import { scratch, start, type Running } from "../helpers/run-cli.ts";

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
/** Whatever goes at once is one chunk to a netcat: not too much for its buffer. */
const QUESTIONS = [
  Buffer.from("hello\nworld, this is more than sixteen bytes\r\n"),
  EVERY_BYTE,
  Buffer.from("x"),
  Buffer.from("0123456789abcdef"),
];
const ANSWERS = [Buffer.from("an answer"), EVERY_BYTE, randomBytes(1500), Buffer.from("\n")];

/** The file that `program` with these flags leaves of the conversation. */
async function dumpOf(
  begin: (args: readonly string[]) => Running,
  flags: readonly string[],
): Promise<string> {
  await using folder = await scratch();
  const file = folder.path("dump");
  let turn = 0;
  let due = 0;
  await using server = await tcpPeer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      due += chunk.length;
      // With -C a question is longer than it was: what counts is its last byte.
      if (due < (QUESTIONS[turn]?.length ?? 0)) return;
      due = 0;
      socket.write(ANSWERS[turn] ?? "");
      turn += 1;
      if (turn === ANSWERS.length) socket.end();
    });
  });
  await using client = begin([...flags, file, "127.0.0.1", `${server.port}`]);
  const { stdout } = client.child;
  let got = 0;
  let awaited = 0;
  stdout?.on("data", (chunk: Buffer) => (got += chunk.length));
  for (const [at, question] of QUESTIONS.entries()) {
    client.stdin.write(question);
    awaited += ANSWERS[at]?.length ?? 0;
    while (stdout && got < awaited) await once(stdout, "data");
  }
  client.stdin.end();
  await client.ended;
  return await readFile(file, "latin1");
}

describe.each([
  ["ncat", "ncat", ["-o"]],
  ["ncat", "ncat", ["-x"]],
  ["ncat", "ncat", ["-C", "-x"]],
  ["nc.traditional", "traditional", ["-o"]],
  ["nc.traditional", "traditional", ["-C", "-o"]],
] as const)("%s as --compat %s, %j", (program, name, flags) => {
  needs(program)("leaves the same file", async () => {
    const real = await dumpOf((args) => startPeer(program, args), flags);
    const ours = await dumpOf((args) => start(["--compat", name, ...args]), flags);
    expect(ours).toBe(real);
    expect(real.length).toBeGreaterThan(2000);
  });
});
