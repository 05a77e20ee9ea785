import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { OpenSocket } from "../../../src/platform/sockets.ts";
import {
  parseDirectories,
  parseLsofSockets,
  parsePs,
} from "../../../src/platform/darwin/sockets.ts";
import { parsePasswd, parseStat } from "../../../src/platform/linux/processes.ts";
import {
  parseNetstatSockets,
  parseProcesses,
  parseTcpConnections,
} from "../../../src/platform/win32/sockets.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8");

const shown = (socket: OpenSocket): string => {
  const { protocol, family, address, port, remoteAddress, remotePort, state, holders } = socket;
  const who = holders.map(({ pid, fd, name }) => `${pid}/${fd ?? ""}/${name ?? ""}`).join(",");
  return `${protocol}${family ?? ""} ${address} ${port} ${remoteAddress} ${remotePort} ${state} ${who}`;
};

describe("macOS", () => {
  test("parseLsofSockets() reads what lsof -F prints, a shared socket once with both its holders", () => {
    expect(parseLsofSockets(fixture("lsof-macos.txt")).map(shown)).toEqual([
      "unix /private/var/run/cupsd 0  0 LISTEN 1/9/launchd",
      "unix  0  0 ESTABLISHED 1/33/launchd",
      "tcp6 :: 22 :: 0 LISTEN 1/40/launchd",
      "tcp4 0.0.0.0 22 0.0.0.0 0 LISTEN 1/41/launchd",
      "udp4 0.0.0.0 0 0.0.0.0 0 UNCONNECTED 412/10/rapportd",
      "udp4 0.0.0.0 3722 0.0.0.0 0 UNCONNECTED 412/11/rapportd",
      "tcp4 192.168.1.20 52512 142.250.185.78 443 ESTABLISHED 963/25/Google Chrome He",
      "udp6 fe80:4::aede:48ff:fe00:1122 61000 fe80:4::aede:48ff:fe33:4455 443 ESTABLISHED 963/31/Google Chrome He",
      "tcp6 ::1 3000 :: 0 LISTEN 2048/22/node,2049/22/node",
      "tcp4 127.0.0.1 49152 127.0.0.1 3000 FIN_WAIT2 2048/23/node",
    ]);
  });

  test("parseLsofSockets() reads queues and owners", () => {
    const [chrome] = parseLsofSockets(fixture("lsof-macos.txt")).filter(
      ({ port }) => port === 52512,
    );
    expect(chrome).toMatchObject({ receiveQueue: 12, sendQueue: 0, uid: 501 });
  });

  test("parseLsofSockets() keeps what is whole of a text that was cut", () => {
    const text = fixture("lsof-macos.txt");
    expect(parseLsofSockets(text.slice(0, text.indexOf("n*:22"))).map(shown)).toEqual([
      "unix /private/var/run/cupsd 0  0 LISTEN 1/9/launchd",
      "unix  0  0 ESTABLISHED 1/33/launchd",
    ]);
  });

  test("parsePs() reads command lines with spaces, and starts", () => {
    const processes = parsePs(fixture("ps-macos.txt"));
    expect([...processes.keys()]).toEqual([1, 412, 2048]);
    expect(processes.get(2048)).toEqual({
      pid: 2048,
      parent: 963,
      name: "node",
      title: "node",
      command: "node /Users/ada/my app/server.js --port 3000",
      uid: 501,
      user: "ada",
      started: "Mon Nov 3 19:40:11 2025",
    });
  });

  test("parseDirectories() reads the directory of each process", () => {
    const text = "p1\nfcwd\nn/\np2048\nfcwd\nn/Users/ada/my\\x20app\n";
    expect([...parseDirectories(text)]).toEqual([
      [1, "/"],
      [2048, "/Users/ada/my app"],
    ]);
  });
});

describe("Windows", () => {
  test("parseNetstatSockets() reads netstat -ano", () => {
    expect(parseNetstatSockets(fixture("netstat-windows.txt")).map(shown)).toEqual([
      "tcp4 0.0.0.0 135 0.0.0.0 0 LISTEN 1100//",
      "tcp4 127.0.0.1 3000 0.0.0.0 0 LISTEN 4242//",
      "tcp4 192.168.1.30 49712 93.184.216.34 443 ESTABLISHED 7788//",
      "tcp4 192.168.1.30 49713 93.184.216.34 443 TIME_WAIT ",
      "tcp6 :: 135 :: 0 LISTEN 1100//",
      "tcp6 ::1 3000 ::1 49720 FIN_WAIT2 4242//",
      "udp4 0.0.0.0 5353 0.0.0.0 0 UNCONNECTED 2020//",
      "udp6 fe80::1c2d:3e4f:5a6b:7c8d%12 1900 :: 0 UNCONNECTED 3030//",
    ]);
  });

  test("a listener is known in any language, and PowerShell knows the other states by number", () => {
    const sockets = parseNetstatSockets(fixture("netstat-windows-german.txt"));
    expect(sockets.map(({ state }) => state)).toEqual([
      "LISTEN",
      "UNKNOWN",
      "UNKNOWN",
      "UNCONNECTED",
    ]);
    expect([...parseTcpConnections(fixture("connections-windows.json"))]).toEqual([
      ["0.0.0.0 135 0.0.0.0 0", "LISTEN"],
      ["192.168.1.30 49712 93.184.216.34 443", "ESTABLISHED"],
      ["192.168.1.30 49713 93.184.216.34 443", "TIME_WAIT"],
    ]);
  });

  test("parseProcesses() reads Win32_Process, and a single one that is no array", () => {
    const text = fixture("processes-windows.json");
    expect(parseProcesses(text).get(4)).toEqual({
      pid: 4,
      parent: 0,
      name: "System",
      title: "System",
      started: "2025-11-01T07:15:02.0000000Z",
    });
    expect(parseProcesses(text).get(4242)?.command).toBe(
      '"C:\\Program Files\\nodejs\\node.exe" server.js',
    );
    expect(parseProcesses('{"ProcessId":7,"Name":"a.exe"}').get(7)).toEqual({
      pid: 7,
      name: "a.exe",
      title: "a.exe",
    });
    expect(parseProcesses(text.slice(0, 40)).size).toBe(0);
  });
});

describe("Linux", () => {
  const after = "R 7 42 42 34816 42 4194304 1 0 0 0 0 0 0 0 20 0 1 0 8812 1 2 3";

  test.each([
    ["plain", `42 (node) ${after}`, "node"],
    ["a name with a parenthesis and a space", `42 (a) b (c) ${after}`, "a) b (c"],
  ])("parseStat() reads %s", (_, text, name) => {
    expect(parseStat(text)).toEqual({ name, state: "R", parent: 7, started: "8812" });
  });

  test.each(["", "42 (node", "42 node) R", "42 (node) R 7 42"])(
    "parseStat() has nothing of a cut text: %j",
    (text) => {
      expect(parseStat(text)).toBeUndefined();
    },
  );

  test("parsePasswd() takes the first name of a number, and passes over lines that are none", () => {
    const text =
      "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n# no:x:9:\nbad\nada:x:1000:1000::/:\n";
    expect([...parsePasswd(text)]).toEqual([
      [0, "root"],
      [1000, "ada"],
    ]);
  });
});
