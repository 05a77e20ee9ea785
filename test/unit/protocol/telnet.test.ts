import { describe, expect, test } from "vitest";
import {
  encodeNegotiation,
  encodeSubnegotiation,
  escapeIac,
  MAX_SUBNEGOTIATION,
  refusalOf,
  TelnetParser,
  type TelnetEvent,
} from "../../../src/protocol/telnet.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Events as short words: `hi`, `DO 24`, `[241]`, `SB 24 00`. */
function words(events: readonly TelnetEvent[]): string {
  return events.map(word).join(" | ");
}

function word(event: TelnetEvent): string {
  switch (event.type) {
    case "data":
      return Buffer.from(event.bytes).toString("latin1");
    case "command":
      return `[${event.code}]`;
    case "negotiation":
      return `${event.verb.toUpperCase()} ${event.option}`;
    case "subnegotiation":
      return `SB ${event.option} ${Buffer.from(event.bytes).toString("hex")}`;
  }
}

describe("TelnetParser", () => {
  test.each([
    ["plain text", "68 69", "hi"],
    ["a doubled 255", "61 ff ff 62", "a\xffb"],
    ["the four verbs", "fffb01 fffc02 fffd18 fffe ff", "WILL 1 | WONT 2 | DO 24 | DONT 255"],
    ["commands among text", "61 fff1 62 fff6", "a | [241] | b | [246]"],
    ["a subnegotiation", "fffa 18 01 fff0 78", "SB 24 01 | x"],
    ["an empty one", "fffa 18 fff0", "SB 24 "],
    ["one of option 255", "fffa ff 01 fff0", "SB 255 01"],
    ["one with a doubled 255", "fffa 1f 00ffff50 fff0", "SB 31 00ff50"],
    ["one that another command cuts off", "fffa 18 01 fffb 03 78", "WILL 3 | x"],
    ["one that another one cuts off", "fffa 18 01 fffa 1f 02 fff0", "SB 31 02"],
    ["an end without a beginning", "fff0 61", "[240] | a"],
  ])("reads %s", (_, bytes, expected) => {
    expect(words(new TelnetParser().push(hex(bytes)))).toBe(expected);
  });

  test("goes on where the chunk before ended", () => {
    const parser = new TelnetParser();
    const events = [...hex("61 ff fd 18 62 ff ff ff fa 18 ff ff ff f0")].map((byte) =>
      words(parser.push(Buffer.of(byte))),
    );
    expect(events.filter((event) => event !== "")).toEqual(["a", "DO 24", "b", "\xff", "SB 24 ff"]);
  });

  test("passes over a subnegotiation that is too long, and reads on after it", () => {
    const parser = new TelnetParser();
    expect(words(parser.push(hex("fffa 18")))).toBe("");
    for (let kib = 0; kib < 1024; kib += 1)
      expect(parser.push(Buffer.alloc(1024, "x"))).toHaveLength(0);
    expect(words(parser.push(hex("fff0 61")))).toBe("a");
    const exact = encodeSubnegotiation(24, Buffer.alloc(MAX_SUBNEGOTIATION, "x"));
    expect(parser.push(exact)).toHaveLength(1);
  });
});

describe("the encoder", () => {
  test("doubles every 255 and leaves the rest alone", () => {
    expect(Buffer.from(escapeIac(hex("ff 61 ffff 62")))).toEqual(hex("ffff 61 ffffffff 62"));
    const plain = hex("00 61 fe");
    expect(escapeIac(plain)).toBe(plain);
  });

  test("writes negotiations and subnegotiations", () => {
    expect(Buffer.from(encodeNegotiation("wont", 24))).toEqual(hex("fffc18"));
    expect(Buffer.from(encodeSubnegotiation(31, hex("00ff")))).toEqual(hex("fffa1f00fffffff0"));
  });
});

describe("refusalOf()", () => {
  test.each([
    ["fffd18", "fffc18"],
    ["fffb03", "fffe03"],
    ["fffc03", ""],
    ["fffe03", ""],
    ["fff6", ""],
    ["fffa1801fff0", ""],
    ["61", ""],
  ])("answers %s with %j", (bytes, expected) => {
    const answers = new TelnetParser().push(hex(bytes)).flatMap((event) => refusalOf(event) ?? []);
    expect(Buffer.concat(answers).toString("hex")).toBe(expected);
  });
});
