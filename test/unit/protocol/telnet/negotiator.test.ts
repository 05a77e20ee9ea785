import { describe, expect, test } from "vitest";
import { Negotiator } from "../../../../src/protocol/telnet/negotiator.ts";
import { OPTIONS } from "../../../../src/protocol/telnet/names.ts";
import { step, type QInput, type QState } from "../../../../src/protocol/telnet/q-method.ts";

const hex = (bytes?: Uint8Array): string => Buffer.from(bytes ?? []).toString("hex");

describe("the Q method of RFC 1143", () => {
  // §7, case by case: state, what happens, the next state, what is sent.
  test.each<[QState, QInput, QState, "yes" | "no" | undefined]>([
    ["no", "peer-yes", "yes", "yes"],
    ["no", "peer-no", "no", undefined],
    ["no", "enable", "want-yes", "yes"],
    ["no", "disable", "no", undefined],
    ["yes", "peer-yes", "yes", undefined],
    ["yes", "peer-no", "no", "no"],
    ["yes", "enable", "yes", undefined],
    ["yes", "disable", "want-no", "no"],
    ["want-no", "peer-yes", "no", undefined],
    ["want-no", "peer-no", "no", undefined],
    ["want-no", "enable", "want-no-opposite", undefined],
    ["want-no", "disable", "want-no", undefined],
    ["want-no-opposite", "peer-yes", "yes", undefined],
    ["want-no-opposite", "peer-no", "want-yes", "yes"],
    ["want-no-opposite", "enable", "want-no-opposite", undefined],
    ["want-no-opposite", "disable", "want-no", undefined],
    ["want-yes", "peer-yes", "yes", undefined],
    ["want-yes", "peer-no", "no", undefined],
    ["want-yes", "enable", "want-yes", undefined],
    ["want-yes", "disable", "want-yes-opposite", undefined],
    ["want-yes-opposite", "peer-yes", "want-no", "no"],
    ["want-yes-opposite", "peer-no", "no", undefined],
    ["want-yes-opposite", "enable", "want-yes", undefined],
    ["want-yes-opposite", "disable", "want-yes-opposite", undefined],
  ])("%s, %s: %s, and sends %s", (state, input, next, send) => {
    expect(step(state, input, true)).toEqual({ next, ...(send && { send }) });
  });

  test("refuses what is off and not wanted, and stays where it is", () => {
    expect(step("no", "peer-yes", false)).toEqual({ next: "no", send: "no" });
  });
});

describe("Negotiator", () => {
  test("agrees to what it is willing to, once", () => {
    const negotiator = new Negotiator({ us: [OPTIONS.NAWS], him: [OPTIONS.ECHO] });
    const agreed = negotiator.receive("do", OPTIONS.NAWS);
    expect(hex(agreed.send)).toBe("fffb1f");
    expect(agreed.changed).toEqual({ side: "us", option: OPTIONS.NAWS, active: true });
    expect(negotiator.receive("do", OPTIONS.NAWS)).toEqual({});
    expect(hex(negotiator.receive("will", OPTIONS.ECHO).send)).toBe("fffd01");
    expect(negotiator.active("us", OPTIONS.NAWS)).toBe(true);
    expect(negotiator.active("him", OPTIONS.NAWS)).toBe(false);
    expect(negotiator.actives("him")).toEqual([OPTIONS.ECHO]);
  });

  test("refuses an unknown option once, on either side", () => {
    const negotiator = new Negotiator();
    expect(hex(negotiator.receive("do", 99).send)).toBe("fffc63");
    expect(negotiator.receive("do", 99)).toEqual({});
    expect(hex(negotiator.receive("will", 99).send)).toBe("fffe63");
    expect(negotiator.receive("will", 99)).toEqual({});
  });

  test("does not answer the answer to its own request", () => {
    const negotiator = new Negotiator();
    expect(hex(negotiator.enable("us", OPTIONS.ECHO).send)).toBe("fffb01");
    const agreed = negotiator.receive("do", OPTIONS.ECHO);
    expect(agreed).toEqual({ changed: { side: "us", option: OPTIONS.ECHO, active: true } });
    expect(hex(negotiator.disable("us", OPTIONS.ECHO).send)).toBe("fffc01");
    expect(negotiator.active("us", OPTIONS.ECHO)).toBe(false);
    expect(negotiator.receive("dont", OPTIONS.ECHO)).toEqual({});
  });

  test("gives an option up when the peer does, and takes it up again", () => {
    const negotiator = new Negotiator({ him: [OPTIONS.ECHO] });
    negotiator.receive("will", OPTIONS.ECHO);
    const ended = negotiator.receive("wont", OPTIONS.ECHO);
    expect(hex(ended.send)).toBe("fffe01");
    expect(ended.changed?.active).toBe(false);
    expect(hex(negotiator.receive("will", OPTIONS.ECHO).send)).toBe("fffd01");
  });

  test("keeps what the peer does until the peer has stopped", () => {
    const negotiator = new Negotiator({ him: [OPTIONS.BINARY] });
    negotiator.receive("will", OPTIONS.BINARY);
    expect(negotiator.disable("him", OPTIONS.BINARY).changed).toBeUndefined();
    expect(negotiator.active("him", OPTIONS.BINARY)).toBe(true);
    expect(negotiator.receive("wont", OPTIONS.BINARY).changed?.active).toBe(false);
  });

  test("answers every timing mark, and none where it isn't willing", () => {
    const negotiator = new Negotiator({ us: [OPTIONS["TIMING-MARK"]] });
    expect(hex(negotiator.receive("do", 6).send)).toBe("fffb06");
    expect(hex(negotiator.receive("do", 6).send)).toBe("fffb06");
    expect(negotiator.receive("dont", 6)).toEqual({});
    expect(hex(new Negotiator().receive("do", 6).send)).toBe("fffc06");
  });
});
