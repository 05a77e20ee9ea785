import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { announcement, makeSpeaker, printable } from "../../../src/listen/handlers/chat.ts";

describe("printable()", () => {
  test.each([
    ["hello", "hello"],
    ["a\tb", "a\tb"],
    ["ends with CR\r", "ends with CR"],
    ["over\rwritten", "over\\015written"],
    ["\u001B[31mred\u0007", "\\033[31mred\\007"],
    ["naïve 日本 🙂", "naïve 日本 🙂"],
    ["del\u007F", "del\\177"],
    ["csi\u009B1m", "csi\\302\\2331m"],
    ["turn\u202Ee", "turn\\342\\200\\256e"],
    ["two\u2028lines", "two\\342\\200\\250lines"],
    ["nul\0", "nul\\000"],
  ])("%j → %j", (given, expected) => expect(printable(Buffer.from(given))).toBe(expected));

  test("shows bytes that are not UTF-8 as what they are", () => {
    expect(printable(Buffer.from([0x61, 0xff, 0xc3, 0x09]))).toBe("a\\377\\303\t");
  });

  test("leaves nothing that a terminal acts on, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = printable(Buffer.from(bytes));
        expect(text).not.toMatch(/[^\P{C}\t]|\p{Zl}|\p{Zp}/u);
      }),
    );
  });
});

describe("a speaker", () => {
  test("says its whole lines, each under its name", () => {
    const { hear } = makeSpeaker("user7");
    expect(hear(Buffer.from("one\n<announce> forged\nthr"))?.toString()).toBe(
      "<user7> one\n<user7> <announce> forged\n",
    );
    expect(hear(Buffer.from("ee"))).toBeUndefined();
    expect(hear(Buffer.from("\n"))?.toString()).toBe("<user7> three\n");
  });

  test("says what is left when it goes", () => {
    const { hear } = makeSpeaker("user1");
    hear(Buffer.from("bye"));
    expect(hear(Buffer.alloc(0), true)?.toString()).toBe("<user1> bye\n");
    expect(hear(Buffer.alloc(0), true)).toBeUndefined();
  });

  test("cuts a line without an end, and keeps no more than one", () => {
    const said = makeSpeaker("u").hear(Buffer.alloc(20_000, "x"))?.toString();
    expect(said?.split("\n").map((line) => line.length)).toEqual([8196, 8196, 0]);
  });

  test("says the same however its bytes are cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.nat(40)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const whole = makeSpeaker("u").hear(bytes, true)?.toString();
        const { hear } = makeSpeaker("u");
        let said = "";
        let at = 0;
        for (const length of cuts) {
          said += hear(bytes.subarray(at, at + length))?.toString() ?? "";
          at += length;
        }
        said += hear(bytes.subarray(at), true)?.toString() ?? "";
        expect(said).toBe(whole ?? "");
      }),
    );
  });
});

test("announcements are in ncat's words", () => {
  expect(announcement.joined("127.0.0.1 as <user1>", []).toString()).toBe(
    "<announce> 127.0.0.1 is connected as <user1>.\n<announce> already connected: nobody.\n",
  );
  expect(announcement.joined("::1 as <user3>", ["a as <user1>", "b as <user2>"]).toString()).toBe(
    "<announce> ::1 is connected as <user3>.\n<announce> already connected: a as <user1>, b as <user2>.\n",
  );
  expect(announcement.left("user3").toString()).toBe("<announce> <user3> is disconnected.\n");
});
