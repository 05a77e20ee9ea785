import { describe, expect, test } from "vitest";
import type { ProcessFacts, Processes } from "../../../src/platform/sockets.ts";
import type { PortEntry } from "../../../src/ports/options.ts";
import { byIdentity, changesBetween } from "../../../src/ports/watch.ts";
import { ancestorsOf, containerIn, groupIn, unitIn } from "../../../src/ports/why.ts";

const ID = "0123456789abcdef".repeat(4);

test.each([
  ["0::/user.slice/user-1000.slice/session-3.scope", "/user.slice/user-1000.slice/session-3.scope"],
  ["4:memory:/x\n1:name=systemd:/init.scope", "/init.scope"],
  ["0::/", undefined],
  ["", undefined],
])("groupIn(%j) is %j", (text, group) => expect(groupIn(text)).toBe(group));

describe("containerIn()", () => {
  test.each([
    [`0::/system.slice/docker-${ID}.scope`, "docker"],
    [`12:pids:/docker/${ID}\n0::/x`, "docker"],
    [`0::/machine.slice/libpod-${ID}.scope/container`, "podman"],
    [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`, "containerd"],
    [`0::/kubepods.slice/crio-${ID}.scope`, "cri-o"],
    [`1:name=systemd:/kubepods/besteffort/pod12/${ID}`, "kubernetes"],
  ])("reads %s", (text, runtime) => {
    expect(containerIn(text)).toEqual({ id: ID, runtime });
  });

  test("reads lxc's and nspawn's names", () => {
    expect(containerIn("0::/lxc.payload.web/init.scope")).toEqual({ id: "web", runtime: "lxc" });
    expect(containerIn("0::/machine.slice/machine-deb.scope")?.id).toBe("deb");
  });

  test.each(["", "0::/", "0::/user.slice/user-1000.slice/session-3.scope", "docker-12.scope"])(
    "has none for %j",
    (text) => {
      expect(containerIn(text)).toBeUndefined();
    },
  );
});

test.each([
  ["0::/system.slice/ssh.service", "ssh.service"],
  ["4:memory:/x.service\n1:name=systemd:/system.slice/cron.service", "cron.service"],
  ["0::/user.slice/user-1000.slice/user@1000.service/app.slice/a\\x2db.service", "a-b.service"],
  ["0::/user.slice/user-1000.slice/session-3.scope", "session-3.scope"],
  ["0::/", undefined],
  ["", undefined],
])("unitIn(%j) is %s", (text, unit) => {
  expect(unitIn(text)).toBe(unit);
});

describe("ancestorsOf()", () => {
  const from = (parents: Readonly<Record<number, number>>): Processes => ({
    user: () => undefined,
    facts: (pid): ProcessFacts | undefined => {
      const parent = parents[pid];
      return parent === undefined ? undefined : { pid, parent, name: `p${pid}` };
    },
  });

  test("goes up to pid 1", () => {
    const chain = ancestorsOf(9, from({ 9: 5, 5: 3, 3: 1, 1: 0 }));
    expect(chain.map(({ pid }) => pid)).toEqual([5, 3, 1]);
  });

  test("ends in a circle, and where a parent has gone", () => {
    expect(ancestorsOf(2, from({ 2: 3, 3: 2 })).length).toBeLessThanOrEqual(256);
    expect(ancestorsOf(9, from({ 9: 5 }))).toEqual([]);
    expect(ancestorsOf(404, from({}))).toEqual([]);
  });
});

describe("changesBetween()", () => {
  const entry = (port: number, more: Partial<PortEntry> = {}): PortEntry => ({
    protocol: "tcp",
    family: 4,
    address: "127.0.0.1",
    port,
    remoteAddress: "0.0.0.0",
    remotePort: 0,
    state: "LISTEN",
    inode: port,
    processes: [],
    ...more,
  });
  const changes = (before: PortEntry[], now: PortEntry[]): string[] =>
    changesBetween(byIdentity(before), byIdentity(now)).map(
      ({ change, entry: { port } }) => `${change} ${port}`,
    );

  test("tells what closed, then what opened", () => {
    expect(changes([entry(1), entry(2)], [entry(2), entry(3)])).toEqual(["closed 1", "opened 3"]);
  });

  test("a listener that was started anew at its port is another one", () => {
    expect(changes([entry(1, { inode: 5 })], [entry(1, { inode: 6 })])).toEqual([
      "closed 1",
      "opened 1",
    ]);
  });

  test("a connection stays one whatever its state", () => {
    const there = { remoteAddress: "127.0.0.2", remotePort: 9 };
    const before = entry(1, { ...there, state: "ESTABLISHED", inode: 5 });
    expect(changes([before], [entry(1, { ...there, state: "TIME_WAIT", inode: 0 })])).toEqual([]);
  });
});
