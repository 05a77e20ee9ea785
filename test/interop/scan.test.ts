/** `ncx scan` and nmap, port by port, on a host of open, closed, filtered and rate-limited ports. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { canOwnHosts, ownHost, type OwnHost } from "../helpers/own-host.ts";
import { needs, peer } from "../helpers/peers-installed.ts";
import { CLI } from "../helpers/run-cli.ts";

/** At most 25, or nmap counts those that are closed instead of naming them. */
const TCP = "20000-20023";
const OPEN = [20_001, 20_002, 20_011, ...Array.from({ length: 8 }, (_, at) => 20_016 + at)];
const UDP = "20100-20123";

const RULES = `table inet host {
  chain in {
    type filter hook input priority 0;
    tcp dport 20010 drop
    tcp dport 20011 drop
    tcp dport 20012 reject with tcp reset
    tcp dport 20013 reject with icmp type admin-prohibited
    tcp dport 20014 reject with icmp type port-unreachable
    tcp dport 20015 reject with icmp type net-unreachable
    tcp dport 20016-20023 tcp flags & (syn | ack) == syn limit rate over 5/second burst 3 packets drop
    udp dport 20110 drop
    udp dport 20112-20123 limit rate over 10/second burst 3 packets drop
  }
}
`;

const PROGRAM = `
  const net = require("node:net");
  const { createSocket } = require("node:dgram");
  const { once } = require("node:events");
  require("node:fs").writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40400");
  const ready = ${JSON.stringify(OPEN)}.map((port) =>
    once(net.createServer((socket) => socket.on("error", () => {})).listen(port, "127.0.0.1"), "listening"));
  for (const port of [20101, 20102]) {
    const socket = createSocket("udp4").bind(port, "127.0.0.1");
    if (port === 20101) socket.on("message", (_, from) => socket.send("yes", from.port, from.address));
    ready.push(once(socket, "listening"));
  }
  void Promise.all(ready).then(() => console.log("ready"));
`;

let host: OwnHost;

/** Each port of a scan's XML: `20001/tcp` and its state, with the reason. */
function portsOf(xml: string): Map<string, string> {
  const port = /<port protocol="(\w+)" portid="(\d+)"><state state="([^"]+)" reason="([^"]+)"/g;
  return new Map(
    Array.from(xml.matchAll(port), ([, protocol, number, state, reason]) => [
      `${number}/${protocol}`,
      `${state} ${reason}`,
    ]),
  );
}

async function ncx(...args: string[]): Promise<string> {
  return (await host.run(process.execPath, [CLI, "scan", ...args, "127.0.0.1"])).stdout;
}

async function nmap(...args: string[]): Promise<string> {
  return (await host.run(peer("nmap"), ["-n", "-Pn", ...args, "127.0.0.1"])).stdout;
}

const hasHosts = process.platform === "linux" && canOwnHosts();

describe.skipIf(!hasHosts)("as nmap", () => {
  const test = needs("nmap", "nft", "ip");
  beforeAll(async () => {
    host = await ownHost(RULES, PROGRAM);
  });
  afterAll(() => host[Symbol.asyncDispose]());

  test(
    "TCP: every port has the same state, for the same reason",
    { timeout: 120_000 },
    async () => {
      const theirs = portsOf(await nmap("-sT", "-p", TCP, "-oX", "-"));
      const ours = portsOf(await ncx("-p", TCP, "-oX", "-"));
      expect(ours.size).toBe(24);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
      expect(new Set([...ours.values()].map((state) => state.split(" ")[0]))).toEqual(
        new Set(["open", "closed", "filtered"]),
      );
    },
  );

  test(
    "UDP: every port has the same state, for the same reason",
    { timeout: 120_000 },
    async () => {
      const theirs = portsOf(await nmap("-sU", "-p", UDP, "-oX", "-"));
      const ours = portsOf(await ncx("-sU", "-p", UDP, "-oX", "-"));
      expect(ours.size).toBe(24);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    },
  );

  test(
    "all 65,535 ports: the same are open, and no port is by meeting itself",
    { timeout: 120_000 },
    async () => {
      // What is rate-limited is in the first test; our own ports are among those that are asked.
      const list = ["-p", "1-20009,20024-65535"];
      const open = (text: string): string[] =>
        Array.from(text.matchAll(/(\d+)\/open\/tcp/g), ([, port]) => String(port));
      expect(open(await ncx(...list, "-oG", "-"))).toEqual(["20001", "20002"]);
      expect(open(await nmap("-sT", "-T5", ...list, "-oG", "-"))).toEqual(["20001", "20002"]);
    },
  );

  test("its own ports are closed, though a connection from one to itself succeeds", async () => {
    const text = await ncx("-p", "40000-40400", "--json");
    expect(text.match(/"state":"closed"/g)).toHaveLength(401);
  });

  test("an address of one link is asked by its zone, and is refused by one that there is not", async () => {
    await host.run(peer("ip"), ["addr", "add", "fe80::1/64", "dev", "lo", "nodad"]);
    const listen = `require("node:net").createServer((socket) => socket.on("error", () => {})).listen(0, "fe80::1%lo", function () {
      const port = String(this.address().port);
      const args = [${JSON.stringify(CLI)}, "scan", "-p", port, "fe80::1%lo,[fe80::1%lo]", "--json"];
      require("node:child_process").execFile(process.execPath, args, (_, out, err) => {
        console.log(out + err);
        this.close();
      });
    });`;
    const { stdout } = await host.run(process.execPath, ["-e", listen]);
    expect(stdout).toMatch(/^\{"host":"fe80::1%lo","address":"fe80::1%lo",.*"state":"open"/);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const none = await host.run(process.execPath, [CLI, "scan", "-p", "1", "fe80::1%nosuch"]);
    expect(none.stderr).toContain(
      'Cannot scan "fe80::1%nosuch": this host has no interface "nosuch"',
    );
  });

  test("silent ports: the progress goes on, and never says that nothing is left", async () => {
    const list = ["-p", "20010-20012", "--timeout", "400ms", "--progress", "127.0.0.1"];
    const { stderr } = await host.run(process.execPath, [CLI, "scan", ...list]);
    const seen = Array.from(stderr.matchAll(/(\d+) %, (\d) of 3 ports(, .*?)?\r/g));
    expect(seen.length).toBeGreaterThan(2);
    for (const [, percent, done, rest] of seen)
      if (done !== "3") {
        expect(Number(percent)).toBeLessThan(100);
        expect(rest).toMatch(/^, (less than )?\d+ s left$|^, waiting for the silent ones$/);
      }
  });
});
