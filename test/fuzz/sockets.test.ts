/** The parsers of what the system says about sockets: any text, and a good one cut anywhere. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCsv, formatTable, printable } from "../../src/cli/table.ts";
import { parseDirectories, parseLsofSockets, parsePs } from "../../src/platform/darwin/sockets.ts";
import { parseInetTable, parseUnixTable } from "../../src/platform/linux/proc-net.ts";
import { parsePasswd, parseStat } from "../../src/platform/linux/processes.ts";
import { joinServices, parseServiceLines } from "../../src/platform/service-list.ts";
import {
  parseNetstatSockets,
  parseProcesses,
  parseTcpConnections,
} from "../../src/platform/win32/sockets.ts";
import { containerIn, unitIn } from "../../src/ports/why.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");

const INET = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9585 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 7992 1 00000000baee8e9c 100 0 0 10 0
   1: 0F02000A:0016 0202000A:E3A2 01 00000024:0000000B 01:00000017 00000000  1000        0 26482 4 00000000c8b8e1a6 20 4 30 10 -1
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000000073c19270: 00000003 00000000 00000000 0001 03  1162
0000000055ea54da: 00000002 00000000 00010000 0001 01 23512 /run/with a space
`;

/** Each parser with a good text, as a list of what it finds. */
const PARSERS: readonly (readonly [
  name: string,
  parse: (text: string) => readonly unknown[],
  good: string,
])[] = [
  ["parseInetTable", (text) => parseInetTable(text, "tcp", "LE"), INET],
  ["parseUnixTable", parseUnixTable, UNIX],
  ["parseLsofSockets", parseLsofSockets, fixture("lsof-macos.txt")],
  ["parsePs", (text) => [...parsePs(text)], fixture("ps-macos.txt")],
  ["parseDirectories", (text) => [...parseDirectories(text)], "p1\nfcwd\nn/\np2\nfcwd\nn/x\n"],
  ["parseNetstatSockets", parseNetstatSockets, fixture("netstat-windows.txt")],
  [
    "parseTcpConnections",
    (text) => [...parseTcpConnections(text)],
    fixture("connections-windows.json"),
  ],
  ["parseProcesses", (text) => [...parseProcesses(text)], fixture("processes-windows.json")],
  ["parsePasswd", (text) => [...parsePasswd(text)], "root:x:0:0::/:\nada:x:1000:1000::/:\n"],
  ["parseServiceLines", parseServiceLines, "ssh 22/tcp # x\nhttp 80/tcp www\n"],
];

describe.each(PARSERS)("%s()", (_name, parse, good) => {
  test("finds something in a good text, and in its parts at most the cut line more", () => {
    const all = parse(good).length;
    expect(all).toBeGreaterThan(0);
    for (let end = 0; end < good.length; end += 1)
      expect(parse(good.slice(0, end)).length).toBeLessThanOrEqual(all + 1);
  });

  test("takes any text without failing, good lines among it too", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom(...good.split("\n")),
      fc.constantFrom(":", "p", "f1", "n", "TST=", "0A", "\0", "[", "{}", "999999999999999999999"),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.constantFrom("\n", " ", ""),
        (parts, by) => {
          expect(Array.isArray(parse(parts.join(by)))).toBe(true);
        },
      ),
    );
  });

  test("is done with a long line in no time", () => {
    const began = performance.now();
    for (const start of good.split("\n").slice(0, 3)) {
      parse(start + " ".repeat(100_000));
      parse(start.repeat(2000));
      parse(`${start.slice(0, 20)}${"0".repeat(100_000)}x`);
    }
    // Milliseconds do; a pattern that goes back and forth takes minutes.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

test("every port that parseInetTable() gives is one, and addresses have a form", () => {
  const digits = (length: number): fc.Arbitrary<string> =>
    fc.string({
      unit: fc.constantFrom(..."0123456789ABCDEF"),
      minLength: length,
      maxLength: length,
    });
  const line = fc
    .tuple(fc.oneof(digits(8), digits(32)), digits(4), digits(2), digits(8), fc.nat())
    .map(
      ([host, port, state, queue, inode]) =>
        ` 1: ${host}:${port} ${host}:${port} ${state} ${queue}:${queue} 00:00000000 00000000  0 0 ${inode} 1`,
    );
  fc.assert(
    fc.property(line, (text) => {
      const [row] = parseInetTable(text, "tcp", "LE");
      expect(row?.port).toBeLessThanOrEqual(65535);
      expect(row?.address).toMatch(/^[\d.]+$|^[\da-f:.]+$/);
    }),
  );
});

test("parseStat(), containerIn() and unitIn() take any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parseStat(text);
      containerIn(text);
      unitIn(`0::/${text}`);
      expect(parseStat(`1 (${text}) S 2 ${"0 ".repeat(17)}33 0`)?.parent).toBe(2);
    }),
  );
});

test("joinServices() takes any registry", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (registry) => {
      const { services } = joinServices("ssh 22/tcp\n", { ...registry, "22/tcp": ["x", "y"] });
      expect(services.find(({ port }) => port === 22)?.name).toBe("ssh");
    }),
  );
});

test("what a program calls itself cannot reach the terminal as more than text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 200 }), (text, width) => {
      const columns = [{ title: "A", cell: (row: string) => row }];
      const table = formatTable([text, "x"], columns, { width: width + 1 });
      expect(table.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
      expect(table.split("\n").length).toBe(4);
      expect(printable(text).length).toBe(text.length);
    }),
  );
});

test("formatCsv() keeps every value apart from the next", () => {
  const value = fc.string({ unit: fc.constantFrom(...'ab,"\n\r ') });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (row) => {
      expect(readCsv(formatCsv([row]))).toEqual(row);
    }),
  );
});

/** RFC 4180, for one record that ends with LF. */
function readCsv(text: string): string[] {
  const values: string[] = [];
  const pattern = /("((?:[^"]|"")*)"|([^,\n"]*))(,|\n$)/gy;
  for (const [, , quoted, plain = ""] of text.matchAll(pattern))
    values.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  return values;
}
