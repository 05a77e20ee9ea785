import { expect, test } from "vitest";
import { inTheWay } from "../../../src/platform/_owner.ts";
import { parseLsof } from "../../../src/platform/darwin/lsof.ts";

test("parseLsof() gives one row for each file of each process", () => {
  const text =
    "p501\ncnode\nf20\nn*:8080\nf22\nn[::1]:8081\np612\ncpython3.12\nf3\nn127.0.0.1:8080\n";
  expect(parseLsof(text)).toEqual([
    { name: "node", pid: 501, address: "*", port: 8080 },
    { name: "node", pid: 501, address: "::1", port: 8081 },
    { name: "python3.12", pid: 612, address: "127.0.0.1", port: 8080 },
  ]);
});

test("parseLsof() reads the near end of a connected socket, and the path of a unix one", () => {
  const text =
    "p77\ncGoogle Chrome He\nf9\nn127.0.0.1:45902->127.0.0.1:53\nf10\nn/tmp/a b.sock\nf11\nn->0x5f1\n";
  expect(parseLsof(text)).toEqual([
    { name: "Google Chrome He", pid: 77, address: "127.0.0.1", port: 45902 },
    { name: "Google Chrome He", pid: 77, address: "/tmp/a b.sock", port: 0 },
    { name: "Google Chrome He", pid: 77, address: "->0x5f1", port: 0 },
  ]);
});

test("parseLsof() finds nothing in nothing", () => expect(parseLsof("")).toEqual([]));

const sockets = ["::", "127.0.0.2", "0.0.0.0", "::ffff:127.0.0.1"].map((address) => ({
  address,
  port: 80,
}));

test.each([
  ["127.0.0.1", ["::ffff:127.0.0.1", "::", "0.0.0.0"]],
  ["127.0.0.2", ["127.0.0.2", "::", "0.0.0.0"]],
  ["::1", ["::", "0.0.0.0"]],
  ["0:0:0:0:0:0:0:0", ["::", "0.0.0.0"]],
  ["0.0.0.0", ["0.0.0.0", "::", "127.0.0.2", "::ffff:127.0.0.1"]],
  ["*", ["::", "0.0.0.0", "127.0.0.2", "::ffff:127.0.0.1"]],
  ["localhost", ["::", "0.0.0.0", "127.0.0.2", "::ffff:127.0.0.1"]],
])("inTheWay() of %s: %j", (host, addresses) => {
  expect(inTheWay(sockets, { host, port: 80 }).map((socket) => socket.address)).toEqual(addresses);
});

test("inTheWay() is never a socket on another port", () => {
  expect(inTheWay(sockets, { host: "127.0.0.1", port: 81 })).toEqual([]);
});
