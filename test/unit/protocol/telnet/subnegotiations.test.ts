import { describe, expect, test } from "vitest";
import { encodeCharset, readCharset } from "../../../../src/protocol/telnet/charset.ts";
import { describe as inWords } from "../../../../src/protocol/telnet/describe.ts";
import { TelnetEnd } from "../../../../src/protocol/telnet/end.ts";
import {
  encodeEnviron,
  MAX_VARIABLES,
  readEnviron,
} from "../../../../src/protocol/telnet/environ.ts";
import { encodeGmcp, readGmcp } from "../../../../src/protocol/telnet/gmcp.ts";
import {
  modeAnswer,
  ownSpecials,
  readLinemode,
  refuseForwardmask,
  specialsAnswer,
} from "../../../../src/protocol/telnet/linemode.ts";
import { optionNumber } from "../../../../src/protocol/telnet/names.ts";
import { encodeNvt, NvtDecoder } from "../../../../src/protocol/telnet/nvt.ts";
import { encodeStatus, readStatus } from "../../../../src/protocol/telnet/status.ts";
import {
  askTerminalType,
  encodeTerminalSpeed,
  encodeTerminalType,
  encodeWindowSize,
  readAsked,
  readFlowControl,
  readWindowSize,
  terminalOf,
} from "../../../../src/protocol/telnet/terminal.ts";

const hex = (bytes?: Uint8Array): string => Buffer.from(bytes ?? []).toString("hex");
const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("the terminal", () => {
  test("is named as RFC 1091 has it, in at most 40 printable characters", () => {
    expect(hex(encodeTerminalType("XTERM"))).toBe("fffa1800585445524dfff0");
    expect(hex(askTerminalType())).toBe("fffa1801fff0");
    expect(readAsked(bytes("00 58 1b 5b 32 4a 54"))).toEqual({ is: "X[2JT" });
    expect(readAsked(Buffer.concat([bytes("00"), Buffer.alloc(500, "A")]))).toEqual({
      is: "A".repeat(40),
    });
    expect(readAsked(bytes("01"))).toBe("send");
    expect(readAsked(bytes("02"))).toBeUndefined();
  });

  test.each([
    ["XTERM-256COLOR", "xterm-256color"],
    ["-f root", undefined],
    ["../../etc", undefined],
    ["", undefined],
  ])("%s as TERM is %s", (name, expected) => expect(terminalOf(name)).toBe(expected));

  test("has the size of RFC 1073, with every 255 doubled", () => {
    expect(hex(encodeWindowSize({ columns: 80, rows: 24 }))).toBe("fffa1f00500018fff0");
    expect(hex(encodeWindowSize({ columns: 65_535, rows: 255 }))).toBe(
      "fffa1f" + "ffffffff" + "00ffff" + "fff0",
    );
    expect(hex(encodeWindowSize({ columns: 70_000, rows: -1 }))).toBe("fffa1fffffffff0000fff0");
    expect(readWindowSize(bytes("0000 0000"))).toEqual({ columns: 0, rows: 0 });
    expect(readWindowSize(bytes("ffff ffff"))).toEqual({ columns: 65_535, rows: 65_535 });
    expect(readWindowSize(bytes("0050 18"))).toBeUndefined();
    expect(readWindowSize(bytes("0050 0018 00"))).toBeUndefined();
  });

  test("has a speed and a flow control", () => {
    expect(hex(encodeTerminalSpeed("38400,38400"))).toBe("fffa200033383430302c3338343030fff0");
    expect(readFlowControl(bytes("02"))).toBe("restart-any");
    expect(readFlowControl(bytes("04"))).toBeUndefined();
  });
});

describe("NEW-ENVIRON", () => {
  test("reads the example of RFC 1572 §5", () => {
    // IS VAR "SYSTEMTYPE" VALUE "UNIX" USERVAR "TEST" VALUE; and SEND of two.
    const is = Buffer.concat([
      bytes("00 00"),
      Buffer.from("SYSTEMTYPE"),
      bytes("01"),
      Buffer.from("UNIX"),
      bytes("03"),
      Buffer.from("TEST"),
      bytes("01"),
    ]);
    expect(readEnviron(is)).toEqual({
      verb: "is",
      variables: [
        { kind: "var", name: "SYSTEMTYPE", value: "UNIX" },
        { kind: "uservar", name: "TEST", value: "" },
      ],
    });
    expect(readEnviron(bytes("01 00 03"))?.variables).toEqual([
      { kind: "var", name: "" },
      { kind: "uservar", name: "" },
    ]);
    expect(readEnviron(bytes("07"))).toBeUndefined();
  });

  test("escapes its own separators, and reads no more than 256 variables", () => {
    const variables = [{ kind: "var" as const, name: "A\x01B", value: "\x00\x02\x03" }];
    expect(hex(encodeEnviron({ verb: "is", variables }))).toBe(
      "fffa2700" + "00" + "410201" + "42" + "01" + "020002020203" + "fff0",
    );
    expect(readEnviron(Buffer.alloc(5000))?.variables).toHaveLength(MAX_VARIABLES);
  });
});

describe("CHARSET", () => {
  test("reads a request with any separator, and one with a table", () => {
    expect(readCharset(Buffer.from("\x01;UTF-8;US-ASCII"))).toEqual({
      verb: "request",
      names: ["UTF-8", "US-ASCII"],
    });
    expect(readCharset(Buffer.from("\x01[TTABLE]\x01 UTF-8 KOI8-R"))).toEqual({
      verb: "request",
      names: ["UTF-8", "KOI8-R"],
    });
    expect(readCharset(Buffer.from("\x01"))).toEqual({ verb: "request", names: [] });
  });

  test("accepts and rejects", () => {
    expect(hex(encodeCharset({ verb: "accepted", name: "UTF-8" }))).toBe("fffa2a025554462d38fff0");
    expect(hex(encodeCharset({ verb: "rejected" }))).toBe("fffa2a03fff0");
    expect(hex(encodeCharset({ verb: "table" }))).toBe("fffa2a05fff0");
  });
});

describe("LINEMODE", () => {
  test("acknowledges a mode as it is, hints and all, once", () => {
    expect(hex(modeAnswer(3, 0))).toBe("fffa220107fff0");
    expect(hex(modeAnswer(0x1b, 0))).toBe("fffa22011ffff0");
    expect(modeAnswer(7, 0)).toBeUndefined();
    expect(modeAnswer(3, 3)).toBeUndefined();
  });

  test("tells its special characters and takes the server's", () => {
    expect(hex(ownSpecials())).toMatch(/^fffa2203010000020000030203/);
    const asked = readLinemode(bytes("03 030203 030300 060203 0a0208 0a8208"));
    expect(asked).toMatchObject({ type: "slc" });
    // IP as it is: nothing. The last word on a function counts; an acknowledgement gets none.
    expect(hex(specialsAnswer(asked?.type === "slc" ? asked.specials : []))).toBe(
      "fffa2203" + "030203" + "060000" + "fff0",
    );
    expect(hex(refuseForwardmask())).toBe("fffa22fc02fff0");
  });
});

describe("STATUS", () => {
  test("tells what is on, with SE doubled", () => {
    expect(hex(encodeStatus([24, 240], [1]))).toBe(
      "fffa0500" + "fb18" + "fbf0f0" + "fd01" + "fff0",
    );
    expect(readStatus(bytes("00 fb18 fbf0f0 fd01"))).toEqual({
      is: [
        { verb: "will", option: 24 },
        { verb: "will", option: 240 },
        { verb: "do", option: 1 },
      ],
    });
    expect(readStatus(bytes("00 fa 21 f0f0 01 f0 fb01"))).toEqual({
      is: [{ verb: "will", option: 1 }],
    });
    expect(readStatus(bytes("01"))).toBe("send");
  });
});

describe("GMCP", () => {
  test("has a name and what follows it", () => {
    expect(readGmcp(Buffer.from('Char.Vitals {"hp":5}'))).toEqual({
      name: "Char.Vitals",
      value: { hp: 5 },
    });
    expect(readGmcp(Buffer.from("Core.Ping"))).toEqual({ name: "Core.Ping" });
    expect(readGmcp(Buffer.from("A.B not json"))).toEqual({ name: "A.B", value: "not json" });
    expect(hex(encodeGmcp({ name: "A", value: 1 }))).toBe(
      "fffac9" + hex(Buffer.from("A 1")) + "fff0",
    );
  });
});

describe("the line ends", () => {
  test.each([
    ["\r\n", "a\r\nb\r\0c\nd\re", "a\r\nb\rc\nd\re"],
    ["\n", "a\r\nb\r\0c\nd\re", "a\nb\rc\nd\re"],
    ["\r", "a\r\nb\r\0c\nd\re", "a\rb\rc\nd\re"],
  ] as const)("received, for %j", (newline, given, expected) => {
    const decoder = new NvtDecoder(newline);
    const parts = [...given].map((byte) => decoder.decode(Buffer.from(byte)));
    expect(Buffer.concat([...parts, decoder.flush()]).toString()).toBe(expected);
  });

  test.each([
    [{}, "a\rb\r\nc\nd", "a\r\0b\r\nc\nd"],
    [{ cr: "\r\n" }, "a\rb\r\nc\n", "a\r\nb\r\nc\n"],
    [{ lf: "\r\n" }, "a\rb\r\nc\n", "a\r\0b\r\nc\r\n"],
  ] as const)("sent, with %j", (newlines, given, expected) => {
    expect(Buffer.from(encodeNvt(Buffer.from(given), newlines)).toString()).toBe(expected);
  });
});

describe("TelnetEnd", () => {
  test("answers the negotiation of a telnetd", () => {
    const end = new TelnetEnd({ us: [24, 31, 39], him: [1, 3] });
    const events = end.receive(bytes("fffd18 fffd1f fffd27 fffb01 fffb03 fffd25"));
    const sent = Buffer.concat(
      events.flatMap((event) => (event.type === "send" ? event.bytes : [])),
    );
    expect(hex(sent)).toBe("fffb18fffb1ffffb27fffd01fffd03fffc25");
  });

  test("keeps line ends and 255 apart from text, and not in BINARY", () => {
    const end = new TelnetEnd({ us: [0], him: [0] });
    expect(hex(end.encode(bytes("0dff0a")))).toBe("0d00ffff0a");
    end.receive(bytes("fffd00 fffb00"));
    expect(hex(end.encode(bytes("0dff0a")))).toBe("0dffff0a");
    expect(end.receive(bytes("0d00"))).toEqual([{ type: "data", bytes: bytes("0d00") }]);
  });

  test("tells its status to who asks, and passes over what no option covers", () => {
    const end = new TelnetEnd({ us: [5, 31] });
    expect(end.receive(bytes("fffa1f 00500018 fff0 fffa0501fff0"))).toEqual([]);
    const [, , event, answer] = [
      ...end.receive(bytes("fffd05")).slice(0, 2),
      ...end.receive(bytes("fffa0501fff0")),
    ].slice(-4);
    expect([event, answer].map((one) => one?.type)).toContain("subnegotiation");
  });

  test("stops where the stream is deflated from here on", () => {
    const end = new TelnetEnd({ him: [86] });
    expect(end.receive(bytes("fffa56fff0 41")).map(({ type }) => type)).toEqual(["data"]);
    end.receive(bytes("fffb56"));
    expect(end.receive(bytes("42 fffa56fff0 789c"))).toEqual([
      { type: "data", bytes: bytes("42") },
      { type: "subnegotiation", option: 86, bytes: bytes("") },
      { type: "compressed", rest: bytes("789c") },
    ]);
  });
});

describe("a trace", () => {
  test.each([
    [{ type: "negotiation", verb: "do", option: 24 }, "DO TERMINAL-TYPE"],
    [{ type: "negotiation", verb: "wont", option: 99 }, "WONT 99"],
    [{ type: "command", code: 246 }, "AYT"],
    [{ type: "subnegotiation", option: 31, bytes: bytes("00500018") }, "SB NAWS 80x24"],
    [{ type: "subnegotiation", option: 24, bytes: bytes("0058") }, "SB TERMINAL-TYPE IS X"],
    [
      { type: "subnegotiation", option: 39, bytes: Buffer.from("\0\0USER\x01secret") },
      "SB NEW-ENVIRON IS USER",
    ],
    [{ type: "subnegotiation", option: 99, bytes: bytes("1b5b") }, "SB 99 1b5b"],
  ] as const)("says %j as %s", (event, expected) => expect(inWords(event)).toBe(expected));

  test("knows options by name, short name and number", () => {
    expect(["naws", "TTYPE", "200", "256", "nonsense"].map(optionNumber)).toEqual([
      31,
      24,
      200,
      undefined,
      undefined,
    ]);
  });
});
