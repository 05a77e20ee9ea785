import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NcxError } from "../../../src/core/errors.ts";
import { parsePorts, type Protocol } from "../../../src/scan/ports.ts";
import { usualPorts } from "../../../src/scan/usual-ports.ts";

const NAMES: Readonly<Record<Protocol, readonly (readonly [string, number])[]>> = {
  tcp: [
    ["ssh", 22],
    ["http", 80],
    ["www", 80],
    ["http-alt", 8080],
    ["https", 443],
  ],
  udp: [["domain", 53]],
};
const parse = (text: string, protocols?: Protocol[]): Record<Protocol, readonly number[]> =>
  parsePorts(text, protocols, (protocol) => NAMES[protocol]);

/** As a list with ranges: `22,80-82`. */
function formatPorts(ports: readonly number[]): string {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; at += 1) {
    const first = sorted[at] ?? 0;
    while (sorted[at + 1] === (sorted[at] ?? 0) + 1) at += 1;
    const last = sorted[at] ?? 0;
    parts.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return parts.join();
}

describe("parsePorts()", () => {
  test.each<[string, string, string]>([
    ["22", "22", ""],
    ["22,80,443", "22,80,443", ""],
    ["20-25", "20-25", ""],
    ["-3", "1-3", ""],
    ["65533-", "65533-65535", ""],
    ["-", "1-65535", ""],
    ["22,22,20-22", "20-22", ""],
    ["ssh", "22", ""],
    ["http*", "80,443,8080", ""],
    ["HTTP", "80", ""],
    ["http?", "443", ""],
    ["[1-100]", "22,80", ""],
    ["T:22,U:53,161", "22", "53,161"],
    ["t:22,u:domain", "22", "53"],
    ["80,U:53,T:443", "80,443", "53"],
    [" 22 , 80 ", "22,80", ""],
  ])("%s", (text, tcp, udp) => {
    const lists = parse(text);
    expect([formatPorts(lists.tcp), formatPorts(lists.udp)]).toEqual([tcp, udp]);
  });

  test("what stands before T: and U: is for each protocol asked for", () => {
    expect(parse("53,T:22", ["tcp", "udp"])).toEqual({ tcp: [53, 22], udp: [53] });
  });

  test.each([
    ["0", "a port is 1-65535"],
    ["0,70000", 'Cannot parse ports "0": a port is 1-65535; "70000": a port is 1-65535'],
    ["22,70000", "a port is 1-65535"],
    ["80-20", "ends before it begins"],
    ["1-2-3", "not a port or a range"],
    ["", "it is empty"],
    ["22,", 'ports "22,": a part of it is empty'],
    ["gopherspace", "no tcp service"],
    ["U:ssh", "no udp service"],
    ["$(id)", "not a port, a range or a name"],
    ["99999999999999999999", "not a port or a range"],
  ])("refuses %j: %s", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(NcxError);
  });

  test("throws nothing but NcxError, and gives nothing but ports", () => {
    const part = fc.constantFrom(
      "1",
      "22",
      "-",
      ",",
      "T:",
      "U:",
      "h",
      "*",
      "[",
      "]",
      "?",
      "(",
      " ",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          for (const port of Object.values(parse(given)).flat())
            expect(port > 0 && port < 65_536).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NcxError);
        }
      }),
    );
  });
});

test.each<[number, Protocol]>([
  [1, "tcp"],
  [100, "tcp"],
  [1000, "tcp"],
  [65_535, "tcp"],
  [100, "udp"],
])("usualPorts(%d, %s) are so many, each once, and none is 0", (count, protocol) => {
  const ports = usualPorts(count, protocol, [7, 0, 5432]);
  expect(new Set(ports).size).toBe(count);
  expect(ports.every((port) => port > 0 && port < 65_536)).toBe(true);
});

describe("the usual ports are a list of our own", () => {
  test.each<[Protocol, number]>([
    ["tcp", 1000],
    ["udp", 200],
  ])("%s has %d, whatever this system knows", (protocol, count) => {
    const ports = usualPorts(count, protocol, []);
    expect(usualPorts(count, protocol, [4321, 50_999])).toEqual(ports);
    // What is merely next by number would be a long run.
    const longest = ports.reduce(
      ({ run, most }, port, at) => {
        const next = port === (ports[at - 1] ?? NaN) + 1 ? run + 1 : 1;
        return { run: next, most: Math.max(most, next) };
      },
      { run: 0, most: 0 },
    ).most;
    expect(longest).toBeLessThan(80);
  });

  test.each<[number, Protocol, readonly number[]]>([
    [20, "tcp", [22, 25, 53, 80, 443, 445, 3306, 3389, 5432, 6379, 8080]],
    [100, "tcp", [3000, 4000, 5000, 5173, 5555, 5672, 6443, 8000, 8888, 9000, 9092, 9200, 27017]],
    [1000, "tcp", [1723, 5038, 5903, 6001, 6666, 8042, 9100, 10050, 12345, 31337, 50051, 61616]],
    [100, "udp", [53, 67, 69, 123, 137, 161, 443, 500, 1194, 1900, 2223, 5000, 5060, 5353, 51_820]],
  ])("of the first %d of %s are %j", (count, protocol, some) => {
    expect(usualPorts(count, protocol, [])).toEqual(expect.arrayContaining([...some]));
  });
});
