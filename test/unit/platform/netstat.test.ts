import { expect, test } from "vitest";
import { parseNetstat, parseTasklist } from "../../../src/platform/win32/netstat.ts";

const ENGLISH = `
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1044
  TCP    127.0.0.1:8080         127.0.0.1:51234        ESTABLISHED     4242
  TCP    [::1]:8080             [::]:0                 LISTENING       4242
  TCP    [fe80::1c2%12]:139     [::]:0                 LISTENING       4
  UDP    0.0.0.0:5353           *:*                                    2216
  UDP    [::]:5353              *:*                                    2216
`;

test("parseNetstat() reads TCP and UDP, v4 and v6", () => {
  expect(parseNetstat(ENGLISH.replaceAll("\n", "\r\n"))).toEqual([
    { protocol: "tcp", address: "0.0.0.0", port: 135, listening: true, pid: 1044 },
    { protocol: "tcp", address: "127.0.0.1", port: 8080, listening: false, pid: 4242 },
    { protocol: "tcp", address: "::1", port: 8080, listening: true, pid: 4242 },
    { protocol: "tcp", address: "fe80::1c2%12", port: 139, listening: true, pid: 4 },
    { protocol: "udp", address: "0.0.0.0", port: 5353, listening: true, pid: 2216 },
    { protocol: "udp", address: "::", port: 5353, listening: true, pid: 2216 },
  ]);
});

test("parseNetstat() knows a listener in every language", () => {
  const german = "  TCP    0.0.0.0:445            0.0.0.0:0              ABHÖREN         4";
  expect(parseNetstat(german)).toMatchObject([{ port: 445, listening: true, pid: 4 }]);
});

test("parseTasklist() reads names by pid", () => {
  const text = `"node.exe","4242","Console","1","45,000 K"\r\n"Acme, Server.exe","7","Services","0","1.024 K"\r\n`;
  expect([...parseTasklist(text)]).toEqual([
    [4242, "node.exe"],
    [7, "Acme, Server.exe"],
  ]);
});

test("parseTasklist() finds nobody in the sentence that nobody was found", () => {
  expect(
    parseTasklist("INFO: No tasks are running which match the specified criteria.\r\n").size,
  ).toBe(0);
});
