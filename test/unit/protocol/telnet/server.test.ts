/** What a terminal's server offers, learns and answers. Bytes by hand, as RFC 854 and its options have them. */
import { describe, expect, test } from "vitest";
import { isHarmless, TelnetServer } from "../../../../src/protocol/telnet/server.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

function receive(
  server: TelnetServer,
  bytes: Uint8Array,
): { data: string; sent: string; other: string[] } {
  const events = server.receive(bytes);
  const of = (type: "data" | "send"): string =>
    events
      .map((event) => (event.type === type ? Buffer.from(event.bytes).toString("hex") : ""))
      .join("");
  const other = events.filter(({ type }) => type === "logout").map(({ type }) => type);
  return { data: Buffer.from(of("data"), "hex").toString("latin1"), sent: of("send"), other };
}

function started(onSize?: (columns: number, rows: number) => void): TelnetServer {
  const server = new TelnetServer(onSize && { onSize });
  server.start();
  return server;
}

describe("TelnetServer", () => {
  test("offers echo and character mode, asks for terminal, size and environment, and wants no LINEMODE", () => {
    const offers = Buffer.from(new TelnetServer().start()).toString("hex");
    expect(offers).toBe("fffb01 fffb03 fffd18 fffd1f fffd27 fffe22".replaceAll(" ", ""));
  });

  test("knows inetutils telnet's terminal and size once it has answered", () => {
    const server = started();
    // As telnet 2.4 answers, with the size that follows at once.
    const first = receive(server, hex("fffd01 fffd03 fffb18 fffb1f fffa1f00500018fff0 fffb27"));
    expect(server.settled).toBe(false);
    expect(first.sent).toMatch(/^fffa1801fff0fffa2701.*fff0$/);
    receive(server, Buffer.concat([hex("fffa1800"), Buffer.from("XTERM-256COLOR"), hex("fff0")]));
    receive(server, hex("fffa2700fff0"));
    expect(server.settled).toBe(true);
    expect(server.client).toMatchObject({
      terminal: "xterm-256color",
      size: { columns: 80, rows: 24 },
    });
    expect(server.echoes).toBe(true);
  });

  test("is settled by refusals as well", () => {
    const server = started();
    expect(receive(server, hex("fffc18 fffc1f fffc27 fffe01 fffe03")).sent).toBe("");
    expect(server.settled).toBe(true);
    expect(server.echoes).toBe(false);
  });

  test.each([
    ["61 0d00 62", "a\rb"],
    ["61 0d0a 62", "a\rb"],
    ["61 0d 62", "a\rb"],
    ["61 ffff 62", "a\xffb"],
    ["fff4", "\x03"], // IP
    ["fff3", "\x1c"], // BRK
    ["fff7", "\x7f"], // EC
    ["fff8", "\x15"], // EL
    ["ffec", "\x04"], // EOF
    ["ffed", "\x1a"], // SUSP
    ["ffee", "\x1c"], // ABORT
    ["fff1 fff9 ffef fff2", ""], // NOP, GA, EOR, DM
  ])("gives %s to the program as %j, however it is cut", (bytes, typed) => {
    expect(receive(started(), hex(bytes)).data).toBe(typed);
    const server = started();
    const cut = [...hex(bytes)].map((byte) => receive(server, Buffer.of(byte)).data);
    expect(cut.join("")).toBe(typed);
  });

  test("takes a client's bytes as they are once it sends BINARY", () => {
    const server = started();
    expect(receive(server, hex("fffb00 61 0d0a 0d00 62"))).toMatchObject({
      data: "a\r\n\r\0b",
      sent: "fffd00",
    });
  });

  test.each([
    ["fff6", Buffer.from("\r\n[Yes]\r\n").toString("hex")], // AYT
    ["fff5", "fff2"], // AO: DM
    ["fffd06", "fffb06"], // DO TIMING-MARK: WILL
    ["fffd06 fffd06", "fffb06fffb06"],
    ["fffd00", "fffb00"], // BINARY, where it is asked for
    ["fffd63", "fffc63"], // unknown: refused
    ["fffb63 fffb63", "fffe63"], // and once
    ["fffb22", "fffe22"], // LINEMODE
    ["fffb2a fffa2a013b41534349493b5554462d38fff0", "fffd2afffa2a025554462d38fff0"], // CHARSET
    ["fffb2a fffa2a013b4b4f4938fff0", "fffd2afffa2a03fff0"],
  ])("answers %s with %s", (bytes, sent) => {
    expect(receive(started(), hex(bytes)).sent).toBe(sent);
  });

  test("hangs up when the client asks for LOGOUT", () => {
    expect(receive(started(), hex("fffd12"))).toMatchObject({ sent: "fffb12", other: ["logout"] });
  });

  test.each([
    ["0000 0000", { columns: 80, rows: 24 }],
    ["0000 0028", { columns: 80, rows: 40 }],
    ["ffffffffffffffff", { columns: 1000, rows: 1000 }], // doubled
    ["0001 0001", { columns: 1, rows: 1 }],
  ])("takes a window of %s as %j", (bytes, size) => {
    const sizes: unknown[] = [];
    const server = started((columns, rows) => sizes.push({ columns, rows }));
    receive(server, hex(`fffb1f fffa1f ${bytes} fff0 fffa1f ${bytes} fff0`));
    expect(server.client.size).toEqual(size);
    expect(sizes).toEqual([size]); // and once: nothing has changed
  });

  test.each(["", "../../etc/passwd", "-rm", "x y", "vt100;id", "$(id)", "xterm\n"])(
    "takes no terminal called %j, and asks for another a few times",
    (name) => {
      const server = started();
      receive(server, hex("fffb18 fffc1f fffc27"));
      const answer = Buffer.concat([hex("fffa1800"), Buffer.from(name), hex("fff0")]);
      const asked = Array.from({ length: 10 }, () => receive(server, answer).sent);
      if (name === "xterm\n") expect(server.client.terminal).toBe("xterm");
      else expect(server.client.terminal).toBeUndefined();
      expect(asked.filter((sent) => sent !== "").length).toBeLessThanOrEqual(3);
      expect(server.settled).toBe(true);
    },
  );

  test("puts NULs behind bare CRs only for those who speak telnet, and doubles 255", () => {
    const server = started();
    expect(server.encode(hex("61 0d 62 ff"))).toEqual(hex("61 0d 62 ffff"));
    receive(server, hex("fffd01"));
    expect(server.encode(hex("61 0d 62 ff 0d0a"))).toEqual(hex("61 0d00 62 ffff 0d0a"));
  });
});

describe("the environment", () => {
  function told(...variables: readonly (readonly [string, string])[]): Map<string, string> {
    const server = started();
    const bytes = variables.flatMap(([name, value], at) => [
      Buffer.of(at % 2 === 0 ? 3 : 0),
      Buffer.from(name),
      Buffer.of(1),
      Buffer.from(value),
    ]);
    receive(server, Buffer.concat([hex("fffb27 fffa2700"), ...bytes, hex("fff0")]));
    return server.client.environment;
  }

  test("takes what is plain, and of the whitelist", () => {
    const given = [
      ["LANG", "de_DE.UTF-8"],
      ["LC_ALL", "C"],
      ["LC_TIME", "de_DE@euro"],
      ["COLORTERM", "truecolor"],
    ] as const;
    expect([...told(...given)]).toEqual(given);
  });

  test.each([
    ["LD_PRELOAD", "/tmp/evil.so"],
    ["LD_PRELOAD", "evil"],
    ["LD_LIBRARY_PATH", "evil"],
    ["PATH", "evil"],
    ["IFS", "x"],
    ["USER", "-f root"],
    ["USER", "-froot"],
    ["ENV", "evil"],
    ["BASH_ENV", "evil"],
    ["SHELL", "evil"],
    ["HOME", "evil"],
    ["TERMCAP", "evil"],
    ["TERMINFO", "evil"],
    ["NLSPATH", "evil"],
    ["DISPLAY", "host"],
    ["NODE_OPTIONS", "evil"],
    ["__proto__", "evil"],
    ["LANG", "/tmp/evil"],
    ["LANG", "$(id)"],
    ["LANG", "a b"],
    ["LANG", "a\nb"],
    ["LANG", ""],
    ["LANG", "x".repeat(65)],
    ["LANG=x", "y"],
    ["lang", "C"],
    ["XLANG", "C"],
    ["LC_", "C"],
    ["LC_ALL;x", "C"],
    ["LC_all", "C"],
    ["BASH_FUNC_x%%", "() { id; }"],
  ])("does not take %s=%j", (name, value) => {
    expect(isHarmless(name, value)).toBe(false);
    expect([...told([name, value])]).toEqual([]);
  });

  test("takes TERM for a terminal's name, where it can be one", () => {
    for (const [value, terminal] of [
      ["XTERM", "xterm"],
      ["/tmp/x", undefined],
    ] as const) {
      const server = started();
      const term = Buffer.concat([Buffer.from("TERM"), Buffer.of(1), Buffer.from(value)]);
      receive(server, Buffer.concat([hex("fffb27 fffa270003"), term, hex("fff0")]));
      expect(server.client.terminal).toBe(terminal);
      expect([...server.client.environment]).toEqual([]);
    }
  });
});
