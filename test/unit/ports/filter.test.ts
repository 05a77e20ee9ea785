import { describe, expect, test } from "vitest";
import type { OpenSocket } from "../../../src/platform/sockets.ts";
import { exposureOf } from "../../../src/ports/exposure.ts";
import { entryFilter, socketFilter } from "../../../src/ports/filter.ts";
import type { PortEntry, PortsOptions } from "../../../src/ports/options.ts";
import { parsePlaceFilter } from "../../../src/ports/places.ts";
import { parseStates } from "../../../src/ports/states.ts";

const base = { remotePort: 0, holders: [], inode: 1, receiveQueue: 0, sendQueue: 0, uid: 0 };
const SOCKETS: Readonly<Record<string, OpenSocket>> = {
  web: {
    ...base,
    protocol: "tcp",
    family: 4,
    address: "0.0.0.0",
    port: 80,
    remoteAddress: "0.0.0.0",
    state: "LISTEN",
  },
  web6: {
    ...base,
    protocol: "tcp",
    family: 6,
    address: "::1",
    port: 8080,
    remoteAddress: "::",
    state: "LISTEN",
  },
  client: {
    ...base,
    protocol: "tcp",
    family: 4,
    address: "10.1.2.3",
    port: 50000,
    remoteAddress: "192.0.2.1",
    remotePort: 443,
    state: "ESTABLISHED",
  },
  mapped: {
    ...base,
    protocol: "tcp",
    family: 6,
    address: "::ffff:127.0.0.1",
    port: 8080,
    remoteAddress: "::ffff:10.0.0.9",
    remotePort: 40000,
    state: "TIME_WAIT",
  },
  dns: {
    ...base,
    protocol: "udp",
    family: 4,
    address: "127.0.0.1",
    port: 53,
    remoteAddress: "0.0.0.0",
    state: "UNCONNECTED",
  },
  path: {
    ...base,
    protocol: "unix",
    address: "/run/x.sock",
    port: 0,
    remoteAddress: "",
    state: "LISTEN",
  },
};

const kept = (options: PortsOptions): string[] => {
  const keep = socketFilter(options);
  return Object.entries(SOCKETS).flatMap(([name, socket]) => (keep(socket) ? [name] : []));
};

describe("socketFilter()", () => {
  test.each<[string, PortsOptions, string[]]>([
    ["what listens, by default", {}, ["web", "web6", "dns", "path"]],
    ["all", { all: true }, Object.keys(SOCKETS)],
    ["a family", { family: 6 }, ["web6"]],
    ["ports", { ports: [{ first: 50, last: 90 }] }, ["web", "dns"]],
    ["a state, though it listens not", { states: ["TIME_WAIT"] }, ["mapped"]],
    ["a remote address", { remotes: ["192.0.2.1"] }, ["client"]],
    ["a remote network, mapped addresses too", { remotes: ["10.0.0.0/8"] }, ["mapped"]],
    ["a remote port", { remotes: [":443"] }, ["client"]],
    ["a remote address and port", { remotes: ["192.0.2.1:80", "10.0.0.9:40000"] }, ["mapped"]],
    ["what others can reach", { exposure: ["all", "lan"], all: true }, ["web", "client"]],
    ["a range of ports", { categories: ["dynamic"], all: true }, ["client"]],
  ])("keeps %s", (_, options, names) => {
    expect(kept(options)).toEqual(names);
  });

  test.each<[string, boolean, string[]]>([
    [":8080", true, ["web6", "mapped"]],
    ["8080", false, ["web6"]],
    [":443", true, ["client"]],
    ["tcp", true, ["web", "web6", "client", "mapped"]],
    ["6tcp", true, ["web6", "mapped"]],
    ["udp:53", false, ["dns"]],
    ["udp@127.0.0.1:53", true, ["dns"]],
    ["tcp@127.0.0.1:8080", true, ["mapped"]],
    ["127.0.0.1:8080", true, ["mapped"]],
    ["@[::1]:8080", true, ["web6"]],
    ["::1", true, ["web6"]],
    ["192.0.2.1", true, ["client"]],
    [":http,53", true, ["web", "dns"]],
    ["http", false, ["web"]],
    ["/run/x.sock", false, ["path"]],
    ["unix:/run/x.sock", false, ["path"]],
    ["any", true, Object.keys(SOCKETS)],
  ])("at %s, either end %s", async (text, eitherEnd, names) => {
    const place = await parsePlaceFilter(text);
    expect(kept({ all: eitherEnd, at: [{ ...place, eitherEnd }] })).toEqual(names);
  });

  test.each(["nowhere", "10.0.0.0/33", "1.2.3", "[::1", "", "::1/129", ":99999"])(
    "a remote %j is refused",
    (text) => {
      expect(() => socketFilter({ remotes: [text] })).toThrow(/^Cannot (use remote|parse)/);
    },
  );
});

test.each([
  "",
  ":",
  "tcp@",
  "tcp@:80",
  ":0",
  ":70000",
  ":80-20",
  "tcp@127.0.0.1:x",
  "a b",
  "@[::1",
])("parsePlaceFilter() refuses %j", async (text) => {
  await expect(parsePlaceFilter(text)).rejects.toMatchObject({
    code: expect.stringMatching(/^(ADDRESS|RESOLVE|INTERNAL)$/),
  });
});

test("entryFilter() tells programs by their whole name, wildcards and paths", () => {
  const entry = (program: string, title = program): PortEntry => ({
    protocol: "tcp",
    address: "",
    port: 1,
    remoteAddress: "",
    remotePort: 0,
    state: "LISTEN",
    processes: [{ pid: 7, program, title, user: "ada" }],
  });
  const is = (wanted: string, subject: PortEntry): boolean =>
    entryFilter({ programs: [wanted] })(subject);
  expect(is("node", entry("node"))).toBe(true);
  expect(is("NODE", entry("node"))).toBe(true);
  expect(is("nod", entry("node"))).toBe(false);
  expect(is("no*", entry("node"))).toBe(true);
  expect(is("n.de", entry("node"))).toBe(false);
  expect(is("python3", entry("x", "/usr/bin/python3"))).toBe(true);
  expect(is("a-very-long-program-name", entry("a-very-long-pro"))).toBe(true);
  expect(entryFilter({ pids: [8] })(entry("node"))).toBe(false);
  expect(entryFilter({ pids: [7], users: ["ada"] })(entry("node"))).toBe(true);
});

test.each([
  ["listen", ["LISTEN"]],
  ["ESTAB,time-wait", ["ESTABLISHED", "TIME_WAIT"]],
  ["TCP:LISTEN", ["LISTEN"]],
  ["fin-wait-1", ["FIN_WAIT1"]],
  ["unconn", ["UNCONNECTED"]],
])("parseStates(%j)", (text, states) => {
  expect(parseStates(text)).toEqual(states);
});

test("parseStates() refuses a state that there isn't", () => {
  expect(() => parseStates("open")).toThrow('Cannot use state "open": no socket has it');
  expect(() => parseStates("constructor")).toThrow("no socket has it");
});

test.each([
  ["127.0.0.1", "loopback"],
  ["127.9.9.9", "loopback"],
  ["::1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["0.0.0.0", "all"],
  ["::", "all"],
  ["10.0.0.1", "lan"],
  ["fe80::1%eth0", "lan"],
])("exposureOf(%s) is %s", (address, exposure) => {
  expect(exposureOf(address)).toBe(exposure);
});
