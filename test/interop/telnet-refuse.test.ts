/** -t of the real netcats, and of ncx in their names: the same answers, and the same bytes on stdout. */
import type { Socket } from "node:net";
import { describe, expect } from "vitest";
import { read, tcpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer } from "../helpers/real-peers.ts";
import { start, type Running } from "../helpers/run-cli.ts";

interface Proposal {
  readonly hex: string;
  /** Bytes of answer. */
  readonly answers: number;
}

/** Each is one chunk. */
const ANYWHERE: readonly Proposal[] = [
  { hex: "fffd18fffb03fffc05fffe06", answers: 12 },
  { hex: "6869fffd1f", answers: 3 },
  { hex: "fffb01fff9fffd27", answers: 6 },
  { hex: "fffa1801fff061", answers: 0 },
];
/** Any other command makes ncat answer with what was left in its memory, which ncx does not. */
const AT_THE_BEGINNING: readonly Proposal[] = [
  { hex: "fffd18fffb03fffc05fffe06", answers: 12 },
  { hex: "6869fffd1f", answers: 0 },
  { hex: "fffb0162fffd27", answers: 3 },
  { hex: "61", answers: 0 },
];

/**
 * What the server was sent, and what the user saw. The server says each chunk once the one before has been answered and
 * shown: nc.openbsd answers what still waits for stdout twice.
 */
async function converse(
  begin: (args: readonly string[]) => Running,
  proposals: readonly Proposal[],
): Promise<{ asked: string; shown: string }> {
  const answered = new Count();
  const shown = new Count();
  let asked: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));
  await using peer = await tcpPeer((socket) => {
    asked = read(socket);
    socket.on("data", (chunk: Buffer) => answered.add(chunk.length));
    void say(socket);
  });
  async function say(socket: Socket): Promise<void> {
    let answers = 0;
    let bytes = 0;
    for (const proposal of proposals) {
      answers += proposal.answers;
      bytes += proposal.hex.length / 2;
      socket.write(Buffer.from(proposal.hex, "hex"));
      await Promise.all([answered.reaches(answers), shown.reaches(bytes)]);
    }
    socket.end();
  }
  await using client = begin(["-t", "127.0.0.1", `${peer.port}`]);
  client.child.stdout?.on("data", (chunk: Buffer) => shown.add(chunk.length));
  await client.gave(/a$/);
  client.stdin.end();
  const { bytes } = await client.ended;
  return { asked: (await asked).toString("hex"), shown: bytes.toString("hex") };
}

/** Bytes that came, and who waits for them. */
class Count {
  #came = 0;
  #waiting: (() => void)[] = [];

  add(bytes: number): void {
    this.#came += bytes;
    for (const look of this.#waiting.splice(0)) look();
  }

  async reaches(bytes: number): Promise<void> {
    while (this.#came < bytes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

describe.each([
  ["nc.openbsd", "openbsd", ANYWHERE],
  ["nc.traditional", "traditional", ANYWHERE],
  ["ncat", "ncat", AT_THE_BEGINNING],
] as const)("%s -t", (program, name, proposals) => {
  needs(program)("answers as --compat does", async () => {
    const real = await converse((args) => startPeer(program, args), proposals);
    const ours = await converse((args) => start(["--compat", name, ...args]), proposals);
    expect(ours).toEqual(real);
    expect(real.shown).toBe(proposals.map(({ hex }) => hex).join(""));
  });
});
