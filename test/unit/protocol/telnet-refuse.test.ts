import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { MAX_ANSWERS } from "../../../src/protocol/telnet/answering.ts";
import { literalAnswers, refuseTelnet } from "../../../src/protocol/telnet-refuse.ts";
import { link } from "../../../src/stream/link.ts";
import { memoryPair } from "../../helpers/memory-pair.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A link with -t: the user's end, the peer's end. */
function refusing(): {
  user: ReturnType<typeof memoryPair>["peer"];
  peer: ReturnType<typeof memoryPair>["peer"];
  answered: Buffer[];
} {
  const [left, right] = [memoryPair(), memoryPair()];
  const answered: Buffer[] = [];
  void link(
    left.connection,
    right.connection,
    refuseTelnet("strips", (_, answer) => answered.push(Buffer.from(answer))),
  );
  return { user: left.peer, peer: right.peer, answered };
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

describe("refuseTelnet()", () => {
  test("shows the data alone, answers in order, and doubles 255 in what is sent", async () => {
    const { user, peer, answered } = refusing();
    const [shown, sent] = [[] as Buffer[], [] as Buffer[]];
    user.on("data", (chunk: Buffer) => shown.push(chunk));
    peer.on("data", (chunk: Buffer) => sent.push(chunk));
    peer.write(hex("61 fffd18 62 ff"));
    peer.write(hex("ff fffb03 fff6 fffa1801fff0 63 fffe05"));
    user.write(hex("ff 0a"));
    await quiet();
    expect(Buffer.concat(shown)).toEqual(hex("61 62 ff 63"));
    expect(Buffer.concat(answered)).toEqual(hex("fffc18 fffe03"));
    const wire = Buffer.concat(sent).toString("hex");
    expect(wire).toHaveLength(18);
    for (const part of ["fffc18", "fffe03", "ffff0a"]) expect(wire).toContain(part);
  });

  test("still answers when the user's input has ended without ending the connection", async () => {
    const [left, right] = [memoryPair(), memoryPair()];
    void link(left.connection, right.connection, {
      ...refuseTelnet("strips"),
      eof: { left: "keep" },
    });
    left.peer.end();
    await quiet();
    const sent: Buffer[] = [];
    right.peer.on("data", (chunk: Buffer) => sent.push(chunk));
    right.peer.write(hex("fffd18"));
    await quiet();
    expect(Buffer.concat(sent)).toEqual(hex("fffc18"));
  });

  test("keeps a bounded number of answers for a peer that reads nothing, and reads on", async () => {
    const { user, peer, answered } = refusing();
    let shown = 0;
    user.on("data", (chunk: Buffer) => (shown += chunk.length));
    const proposals = Buffer.concat(Array.from({ length: 1000 }, () => hex("fffd18 61")));
    for (let time = 0; time < 200; time += 1) {
      peer.write(proposals);
      await setImmediate();
    }
    await quiet();
    expect(shown).toBe(200_000);
    const bytes = answered.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MAX_ANSWERS + 4096);
  });
});

describe("literalAnswers()", () => {
  test.each([
    ["a beginning", "fffd18 fffb03 61 fffd1f", "fffc18 fffe03", "fffc18 fffe03 fffc1f"],
    ["text first", "61 fffd18", "", "fffc18"],
    ["refusals", "fffc01 fffe02", "fffe01 fffc02", "fffe01 fffc02"],
    ["a part", "fffd18 fffd", "fffc18", "fffc18"],
    ["a doubled 255 as if it were a command", "fff1 ffff fd01", "", "fffc01"],
  ])("to %s", (_, given, first, all) => {
    expect(Buffer.concat(literalAnswers(hex(given), true))).toEqual(hex(first));
    expect(Buffer.concat(literalAnswers(hex(given), false))).toEqual(hex(all));
  });
});
