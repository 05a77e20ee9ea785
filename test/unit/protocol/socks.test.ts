import { describe, expect, test } from "vitest";
import {
  decodeGreeting5,
  decodeMethod5,
  decodePassword5,
  decodePasswordReply5,
  decodeReply4,
  decodeReply5,
  decodeRequest4,
  decodeRequest5,
  encodeGreeting5,
  encodeMethod5,
  encodePassword5,
  encodePasswordReply5,
  encodeReply4,
  encodeReply5,
  encodeRequest4,
  encodeRequest5,
  stateOf4,
  stateOf5,
} from "../../../src/protocol/socks.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("SOCKS4", () => {
  test("a request for a v4 address is version, command, port, address, user id and zero", () => {
    const encoded = encodeRequest4({ host: "66.102.7.99", port: 80, user: "Fred" });
    expect(encoded).toEqual(bytes("04 01 00 50 42 66 07 63 46 72 65 64 00"));
    expect(decodeRequest4(encoded)).toEqual({
      value: { command: "connect", host: "66.102.7.99", port: 80, user: "Fred", named: false },
      size: encoded.length,
    });
  });

  test("a request for a name is SOCKS4a: address 0.0.0.1, and the name after the user id", () => {
    const encoded = encodeRequest4({ host: "a.test", port: 443 });
    expect(encoded).toEqual(bytes("04 01 01bb 00000001 00 61 2e 74 65 73 74 00"));
    expect(decodeRequest4(encoded)?.value).toMatchObject({ host: "a.test", named: true, user: "" });
  });

  test("a v6 address is refused when the request is made", () => {
    expect(() => encodeRequest4({ host: "::1", port: 1 })).toThrow("SOCKS4 has no v6 addresses");
  });

  test.each([
    ["a name", { host: "a".repeat(256), port: 1 }],
    ["a name with a zero byte", { host: "a\0b", port: 1 }],
    ["an empty name", { host: "", port: 1 }],
    ["a user id", { host: "1.2.3.4", port: 1, user: "u".repeat(256) }],
    ["a user id with a zero byte", { host: "1.2.3.4", port: 1, user: "a\0b" }],
  ])("%s that doesn't fit is an error, not a broken message", (_what, request) => {
    expect(() => encodeRequest4(request)).toThrow(expect.objectContaining({ code: "ADDRESS" }));
  });

  test.each([
    ["another version", "05"],
    ["a user id without an end", `040100507f000001${"41".repeat(256)}`],
    ["a name without an end", `0401005000000001 00${"41".repeat(256)}`],
    ["an empty name", "0401005000000001 00 00"],
    ["a name with a line end", "0401005000000001 00 610a62 00"],
  ])("a request with %s is an error", (_what, hex) => {
    expect(() => decodeRequest4(bytes(hex))).toThrow(expect.objectContaining({ code: "PROTOCOL" }));
  });

  test("a reply that grants tells where the proxy connects from", () => {
    const encoded = encodeReply4(90, { host: "10.0.0.1", port: 4660 });
    expect(encoded).toEqual(bytes("00 5a 1234 0a000001"));
    expect(decodeReply4(Buffer.concat([encoded, Buffer.from("rest")]))).toEqual({
      value: { code: 90, bound: { host: "10.0.0.1", port: 4660 } },
      size: 8,
    });
  });

  test.each([91, 92, 93])("a refusal with %i is known by its first two bytes", (code) => {
    expect(decodeReply4(encodeReply4(code).subarray(0, 2))).toEqual({ value: { code }, size: 2 });
    expect(stateOf4(code)).toMatch(/^Request rejected/);
  });

  test.each(["48545450", "0500", "0000", "005e"])("%s is not a reply", (hex) => {
    expect(() => decodeReply4(bytes(hex))).toThrow(expect.objectContaining({ code: "PROTOCOL" }));
  });
});

describe("SOCKS5", () => {
  test("a greeting lists the methods, and the answer picks one", () => {
    expect(encodeGreeting5([2, 0])).toEqual(bytes("05 02 02 00"));
    expect(decodeGreeting5(bytes("05 02 02 00 05"))).toEqual({ value: [2, 0], size: 4 });
    expect(encodeMethod5(2)).toEqual(bytes("05 02"));
    expect(decodeMethod5(bytes("05 ff"))).toEqual({ value: 255, size: 2 });
  });

  test("user and password go as RFC 1929 has them", () => {
    const encoded = encodePassword5({ user: "joe", password: "pä" });
    expect(encoded).toEqual(bytes("01 03 6a6f65 03 70c3a4"));
    expect(decodePassword5(encoded)).toEqual({ value: { user: "joe", password: "pä" }, size: 9 });
    expect(decodePasswordReply5(encodePasswordReply5(true))).toEqual({ value: true, size: 2 });
    expect(decodePasswordReply5(encodePasswordReply5(false))).toEqual({ value: false, size: 2 });
  });

  test("a password that doesn't fit is an error that doesn't tell it", () => {
    const password = "s3cret".repeat(50);
    expect(() => encodePassword5({ user: "joe", password })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
    );
  });

  test.each([
    ["127.0.0.1", "05 01 00 01 7f000001 1f90", false],
    ["::1", "05 01 00 04 00000000000000000000000000000001 1f90", false],
    ["2001:db8::1:0:0:1", "05 01 00 04 20010db8000000000001000000000001 1f90", false],
    ["::ffff:1.2.3.4", "05 01 00 04 00000000000000000000ffff01020304 1f90", false],
    ["a.test", "05 01 00 03 06 612e74657374 1f90", true],
  ])("a request for %s", (host, hex, named) => {
    const encoded = encodeRequest5({ host, port: 8080 });
    expect(encoded).toEqual(bytes(hex));
    const decoded = decodeRequest5(Buffer.concat([encoded, Buffer.from("early")]));
    expect(decoded?.size).toBe(encoded.length);
    expect(decoded?.value).toMatchObject({ command: "connect", port: 8080, named });
    expect(encodeRequest5({ host: decoded?.value.host ?? "", port: 8080 })).toEqual(encoded);
  });

  test("other commands are told apart, and unknown ones kept for the server to refuse", () => {
    const request = (code: number): Buffer => Buffer.from([5, code, 0, 1, 1, 2, 3, 4, 0, 80]);
    const commands = [1, 2, 3, 9].map((code) => decodeRequest5(request(code))?.value.command);
    expect(commands).toEqual(["connect", "bind", "associate", 9]);
  });

  test.each([
    ["another version", "0401"],
    ["an unknown type of address", "05 01 00 02"],
    ["an empty name", "05 01 00 03 00 0050"],
    ["a name with a space", "05 01 00 03 03 612062 0050"],
  ])("a request with %s is an error", (_what, hex) => {
    expect(() => decodeRequest5(bytes(hex))).toThrow(expect.objectContaining({ code: "PROTOCOL" }));
  });

  test.each([
    ["127.0.0.1", "05 00 00 01 7f000001 1f90"],
    ["::1", "05 00 00 04 00000000000000000000000000000001 1f90"],
  ])("a reply that grants tells where the proxy connects from: %s", (host, hex) => {
    expect(encodeReply5(0, { host, port: 8080 })).toEqual(bytes(hex));
    const decoded = decodeReply5(bytes(`${hex} 68656c6c6f`));
    expect(decoded).toEqual({
      value: { code: 0, bound: { host, port: 8080 } },
      size: bytes(hex).length,
    });
  });

  test("a reply may have an empty name for where it connects from", () => {
    expect(decodeReply5(bytes("05 00 00 03 00 0000"))?.size).toBe(7);
  });

  test.each([
    [1, "General failure of the proxy"],
    [2, "Connection not allowed by the rules of the proxy"],
    [3, "Network unreachable"],
    [4, "Host unreachable"],
    [5, "Connection refused by the destination"],
    [6, "Time to live expired"],
    [7, "Command not supported by the proxy"],
    [8, "Address type not supported by the proxy"],
    [9, "Request rejected with the unknown code 9"],
  ])("refusal %i is known by its first two bytes, and reads %s", (code, state) => {
    expect(decodeReply5(encodeReply5(code).subarray(0, 2))).toEqual({ value: { code }, size: 2 });
    expect(stateOf5(code)).toBe(state);
  });
});
