import { describe, expect, test } from "vitest";
import { NcxError } from "../../../src/core/errors.ts";
import {
  formatHost,
  matchesAny,
  matchesHost,
  networkOf,
  parseHosts,
} from "../../../src/core/hosts.ts";

const V4 = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.200", "127.0.5.7", "127.9.0.1"];

describe("parseHosts()", () => {
  test.each([
    ["10.0.0.1", ["10.0.0.1"]],
    ["10.0.0.1,10.0.0.3", ["10.0.0.1", "10.0.0.3"]],
    ["10.0.0.1,3", ["10.0.0.1,3"]],
    ["10.0.0.1,3-5,9", ["10.0.0.1,3-5,9"]],
    ["10.0.0.1,3,10.1.0.1", ["10.0.0.1,3", "10.1.0.1"]],
    ["10.0.0-255.1,3-7", ["10.0.*.1,3-7"]],
    ["10,11.0.0.1,12.0.0.1", ["10,11.0.0.1", "12.0.0.1"]],
    ["1.2.3.4,5.6,7.8.9", ["1.2.3.4", "5.6,7.8.9"]],
    ["10.0.0.1 10.0.0.2\n10.0.0.3", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]],
    ["10.0.0.1, 10.0.0.2 ,10.0.0.3,", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]],
    ["10.0.0.1,example.org,3com.example", ["10.0.0.1", "example.org", "3com.example"]],
    ["10.0.0.0/8,192.168.0.0/16", ["10.0.0.0/8", "192.168.0.0/16"]],
    ["10.0.0.1/32", ["10.0.0.1"]],
    ["10.0.0.-", ["10.0.0.*"]],
    ["10.0.0.-7", ["10.0.0.0-7"]],
    ["10.0.0.7-", ["10.0.0.7-255"]],
    ["10.*.*.*", ["10.*.*.*"]],
    ["10.0.0.0-255,3", ["10.0.0.0-255,3"]],
    ["*", ["*"]],
    ["2001:DB8::/32,::1", ["2001:db8::/32", "::1"]],
    ["::ffff:10.0.0.1", ["10.0.0.1"]],
    ["::ffff:10.0.0.0/104", ["10.0.0.0/8"]],
    ["::FFFF:a00:1", ["10.0.0.1"]],
    ["localhost/8", ["localhost/8"]],
    ["a_b.example.", ["a_b.example."]],
    ["bücher.example", ["bücher.example"]],
    ["", []],
    [" , \n", []],
  ])("reads %j as %j", (text, expected) => {
    expect(parseHosts(text).map(formatHost)).toEqual(expected);
  });

  test.each([
    ["10.0.0", "10.0.0", /four octets, not 3/],
    ["127.1", "127.1", /four octets, not 2/],
    ["10.0.0.1, 3", "3", /four octets, not 1/],
    ["10.0.0.0.1", "10.0.0.0.1", /four octets, not 5/],
    ["10.0.0.256", "10.0.0.256", /an octet is 0-255/],
    ["10.0.0.1-300", "10.0.0.1-300", /an octet is 0-255/],
    ["10.0.0.7-3", "10.0.0.7-3", /the range 7-3 ends before it begins/],
    ["10.0.0.", "10.0.0.", /an octet is empty/],
    ["10..0.1", "10..0.1", /an octet is empty/],
    ["10.0.0.1-2-3", "10.0.0.1-2-3", /"1-2-3" is no octet/],
    ["10.0.0.1*", "10.0.0.1*", /"1\*" is no octet/],
    ["10.0.0.010", "10.0.0.010", /does not start with 0/],
    ["10.0.0.1,*", "10.0.0.1,*", /anything needs no list/],
    ["*,10.0.0.1", "*,10.0.0.1", /anything needs no list/],
    ["10.0.0.1,-", "10.0.0.1,-", /anything needs no list/],
    ["10.0.0.1,,10.0.0.2", "", /between two commas/],
    ["10.0.0.1/33", "10.0.0.1/33", /the mask must be 0-32/],
    ["10.0.0.1/", "10.0.0.1/", /the mask must be 0-32/],
    ["10.0.0.1/08", "10.0.0.1/08", /the mask must be 0-32/],
    ["10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0", /the mask must be 0-32/],
    ["10.0.0.1-5/24", "10.0.0.1-5/24", /only a whole address or a name/],
    ["10.0.0.1,2/24", "2/24", /only a whole address or a name/],
    ["/24", "/24", /only a whole address or a name/],
    ["::1/129", "::1/129", /the mask must be 0-128/],
    ["::ffff:10.0.0.0/8", "::ffff:10.0.0.0/8", /v4-mapped/],
    ["[::1]", "[::1]", /not a v6 address/],
    ["1::2::3", "1::2::3", /not a v6 address/],
    ["fe80::1%eth0", "fe80::1%eth0", /a zone cannot/],
    ["10.0.0.1:80", "10.0.0.1:80", /not a v6 address/],
    ["bad..host", "bad..host", /neither an address nor a name/],
    ["*.example.org", "*.example.org", /neither an address nor a name/],
    ["!10.0.0.1", "!10.0.0.1", /neither an address nor a name/],
    ["# 10.0.0.1", "#", /neither an address nor a name/],
    ["-a.example", "-a.example", /neither an address nor a name/],
    ["127.0.0.0x1", "127.0.0.0x1", /does not end in a number/],
    ["example.7", "example.7", /does not end in a number/],
    ["example.org/129", "example.org/129", /the mask must be 0-128/],
    ["\u001B[31m", "\\u001b[31m", /neither an address nor a name/],
  ])("refuses %j, and quotes %j", (text, quoted, state) => {
    const error = refused(text);
    expect(error.code).toBe("ADDRESS");
    expect(error.message).toContain(`Cannot use host "${quoted}": `);
    expect(error.message).toMatch(state);
  });

  test("says where the text is from", () => {
    expect(refused("10.0.0.1 10.0.0.300", "hosts.txt, line 3").message).toBe(
      'Cannot use host "10.0.0.300" (hosts.txt, line 3): an octet is 0-255',
    );
    expect(parseHosts("a.example", "hosts.txt, line 3")).toEqual([
      { kind: "name", name: "a.example", origin: "hosts.txt, line 3" },
    ]);
  });

  test("reads a list of a hundred thousand octets in no time", () => {
    const text = `10.0.0.${Array.from({ length: 100_000 }, (_, at) => at % 256).join(",")}`;
    expect(parseHosts(text)).toHaveLength(1);
  });
});

describe("matchesHost()", () => {
  test.each([
    ["127.0.0.1-2", ["127.0.0.1", "127.0.0.2"]],
    ["127.0.0.1,3,200", ["127.0.0.1", "127.0.0.3", "127.0.0.200"]],
    ["127.0.0-5.*", ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.200", "127.0.5.7"]],
    ["127.0.0.2-", ["127.0.0.2", "127.0.0.3", "127.0.0.200"]],
    ["127.0.0.0/24", ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.200"]],
    ["127.0.0.1/31", ["127.0.0.1"]],
    ["127.0.0.2/31", ["127.0.0.2", "127.0.0.3"]],
    ["10.0.0.0/0", V4],
    ["*", V4],
    ["::/0", []],
    ["::ffff:0:0/96", V4],
  ])("%s of the loopback's is %j", (text, expected) => {
    expect(V4.filter((address) => matchesAll(text, address))).toEqual(expected);
  });

  test.each([
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["::1", "::2", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["fe80::/10", "fe80::1%wg_0@x", true],
    ["10.0.0.0/8", "10.0.0.1%eth0", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["10.0.0.0/8", "::ffff:a01:203", true],
    ["10.0.0.0/8", "::10.1.2.3", false],
    ["0.0.0.0/0", "::1", false],
    ["*.*.*.*", "::1", false],
    ["*", "::1", true],
    ["*", "", false],
    ["*", "localhost", false],
    ["*", "10.0.0.256", false],
    ["0.0.0.0/0", "010.0.0.1", false],
    ["10.0.0.1", "10.0.0.1 ", false],
    ["example.org", "example.org", false],
  ])("%s and %j: %j", (text, address, expected) => {
    expect(matchesAll(text, address)).toBe(expected);
  });

  test("matchesAny() is true for one of several", () => {
    const patterns = [networkOf("10.0.0.0", 8), networkOf("::1")];
    expect(matchesAny(patterns, "::1")).toBe(true);
    expect(matchesAny(patterns, "10.9.9.9")).toBe(true);
    expect(matchesAny(patterns, "11.9.9.9")).toBe(false);
    expect(matchesAny([], "10.0.0.1")).toBe(false);
  });
});

function matchesAll(text: string, address: string): boolean {
  return parseHosts(text).some((pattern) => matchesHost(pattern, address));
}

function refused(text: string, origin?: string): NcxError {
  try {
    parseHosts(text, origin);
  } catch (error) {
    if (error instanceof NcxError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}
