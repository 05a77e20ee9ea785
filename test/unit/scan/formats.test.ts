import { describe, expect, test } from "vitest";
import {
  csvLine,
  formatBanner,
  formatGreppable,
  formatTable,
  formatTime,
} from "../../../src/cli/commands/_scan-formats.ts";
import { Gathered } from "../../../src/cli/commands/_scan-gather.ts";
import { changeOf, faultOf, formatChange } from "../../../src/cli/commands/_scan-judge.ts";
import { productOf, type Product } from "../../../src/cli/commands/_scan-product.ts";
import { percentOf, progressLine } from "../../../src/cli/commands/_scan-progress.ts";
import { formatXml } from "../../../src/cli/commands/_scan-xml.ts";
import type { Banner, PortState, ScanProgress, ScanResult } from "../../../src/scan/index.ts";

function result(port: number, state: PortState, more: Partial<ScanResult> = {}): ScanResult {
  const reason = {
    open: "syn-ack",
    closed: "conn-refused",
    filtered: "no-response",
    "open|filtered": "no-response",
  };
  return {
    host: "a.example",
    address: "192.0.2.1",
    port,
    protocol: "tcp",
    state,
    reason: reason[state],
    category: "well-known",
    ...more,
  };
}

function gathered(
  results: readonly ScanResult[],
  openOnly = false,
): ReturnType<Gathered["reports"]> {
  const all = new Gathered(openOnly);
  for (const one of results) all.add(one);
  return all.reports((one) => one);
}

const MANY = Array.from({ length: 30 }, (_, at) => result(100 + at, "closed"));
const RUN = {
  line: "ncx scan <x>",
  started: new Date(2026, 10, 1, 7, 8, 9),
  ended: new Date(2026, 10, 21, 17, 17, 11),
  ports: { tcp: [443, 80, 81, 22], udp: [] },
};
const CUT = "interrupted, 31 of 62 ports were not answered yet";

describe("formatTable()", () => {
  test("counts what is many alike, and lists the others by port", () => {
    const reports = gathered([
      result(443, "open", { service: "https" }),
      ...MANY,
      result(22, "filtered"),
    ]);
    expect(formatTable(reports, { reason: true })).toBe(
      [
        "Scan report for a.example (192.0.2.1)",
        "Not shown: 30 closed tcp ports (conn-refused)",
        "PORT     STATE     SERVICE  CATEGORY    REASON",
        "22/tcp   filtered  unknown  well-known  no-response",
        "443/tcp  open      https    well-known  syn-ack",
        "",
      ].join("\n"),
    );
  });

  test("lists only what is open with --open", () => {
    const table = formatTable(gathered([result(22, "filtered"), result(80, "open")], true));
    expect(table).toContain("80/tcp");
    expect(table).not.toContain("22/tcp");
  });
});

test("formatBanner() has the certificate's name and end", () => {
  const tls = {
    version: "TLSv1.3",
    alpn: "http/1.1",
    subject: "a.example",
    expires: "2027-01-02T00:00:00.000Z",
  };
  expect(formatBanner({ protocol: "http", text: "HTTP/1.1 200 OK", tls })).toBe(
    "http HTTP/1.1 200 OK, TLSv1.3 http/1.1 for a.example until 2027-01-02",
  );
  const names = (...all: string[]): string =>
    formatBanner({ protocol: "tls", text: "", tls: { version: "TLSv1.3", names: all } });
  expect(names("a.example", "b.example")).toBe("tls, TLSv1.3 for a.example, b.example");
  expect(names("a", "b", "c", "d", "e")).toBe("tls, TLSv1.3 for a, b, c and 2 more");
});

test("csvLine() quotes, and lets nothing be a spreadsheet's formula", () => {
  const banner = { protocol: "=cmd()", text: 'say "hi", you' };
  expect(csvLine(result(80, "open", { service: "http", banner }))).toBe(
    `a.example,192.0.2.1,tcp,80,open,syn-ack,http,well-known,"'=cmd() say ""hi"", you"\n`,
  );
});

test("formatGreppable() has nmap's fields", () => {
  const lines = formatGreppable(
    gathered([result(80, "open", { service: "http" }), ...MANY]),
    RUN,
  ).split("\n");
  expect(lines[1]).toBe("Host: 192.0.2.1 (a.example)\tStatus: Up");
  expect(lines[2]).toBe(
    "Host: 192.0.2.1 (a.example)\tPorts: 80/open/tcp//http///\tIgnored State: closed (30)",
  );
});

test("formatGreppable() counts one host in the singular, and says when it was cut short", () => {
  const reports = gathered([result(80, "open")]);
  expect(formatGreppable(reports, RUN)).toMatch(
    /\n# Ncx done at Sat Nov 21 17:17:11 2026 -- 1 IP address \(1 host up\) scanned\n$/,
  );
  expect(formatGreppable(reports, { ...RUN, cut: CUT })).toMatch(
    new RegExp(`\n# Ncx cut short at .* 1 IP address \\(1 host up\\) scanned: ${CUT}\n$`),
  );
});

test("formatTime() is ctime(3)'s", () => {
  expect(formatTime(RUN.started)).toBe("Sun Nov  1 07:08:09 2026");
});

test("formatTable() says when it was cut short, and cuts rows where it is told to", () => {
  const reports = gathered([result(80, "open", { service: "http" })]);
  expect(formatTable(reports, { cut: CUT })).toMatch(
    new RegExp(`\n80/tcp .*\n\nCut short: ${CUT}\n$`),
  );
  expect(formatTable(reports, { hostsOnly: true, cut: CUT })).toMatch(
    new RegExp(`1 of 1 hosts up\nCut short: ${CUT}\n$`),
  );
  const rows = formatTable(reports, { width: 20 }).split("\n").slice(1);
  expect(rows).toEqual(["PORT    STATE  SERV…", "80/tcp  open   http…", ""]);
});

test("formatXml() says what was asked, when, why a host is up, and whether it was cut short", () => {
  const text = formatXml(gathered([result(443, "open")]), RUN);
  expect(text).toContain(
    '<scaninfo type="connect" protocol="tcp" numservices="4" services="22,80-81,443"/>\n<verbose level="0"/>\n<debugging level="0"/>\n',
  );
  expect(text).toContain('startstr="Sun Nov  1 07:08:09 2026"');
  expect(text).toContain('<status state="up" reason="syn-ack" reason_ttl="0"/>');
  expect(text).toContain('exit="success"');
  const cut = formatXml(gathered([result(443, "filtered")]), { ...RUN, cut: CUT });
  expect(cut).toContain('<status state="down" reason="no-response" reason_ttl="0"/>');
  expect(cut).toContain(`exit="error" errormsg="${CUT}"`);
});

test.each<[Banner, Product]>([
  [
    { protocol: "ssh", text: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3" },
    { product: "OpenSSH", version: "9.2p1", extrainfo: "Debian-2+deb12u3; protocol 2.0" },
  ],
  [
    { protocol: "http", text: "HTTP/1.1 200 OK (nginx/1.22.1)" },
    { product: "nginx", version: "1.22.1", extrainfo: "HTTP/1.1 200" },
  ],
  [
    { protocol: "http", text: "HTTP/1.1 404 Not Found (Apache/2.4.57 (Debian))" },
    { product: "Apache", version: "2.4.57", extrainfo: "(Debian); HTTP/1.1 404" },
  ],
  [{ protocol: "http", text: "HTTP/1.0 200 ok" }, { extrainfo: "HTTP/1.0 200 ok" }],
  [
    { protocol: "mysql", text: "8.0.36-log" },
    { product: "MySQL", version: "8.0.36-log" },
  ],
  [
    { protocol: "memcached", text: "VERSION 1.6.18" },
    { product: "Memcached", version: "1.6.18" },
  ],
  [{ protocol: "vnc", text: "RFB 003.008" }, { extrainfo: "protocol 3.8" }],
  [
    { protocol: "tls", text: "", tls: { version: "TLSv1.3", subject: "a", names: ["a", "b"] } },
    { extrainfo: "TLSv1.3 for a b" },
  ],
])("productOf(%j) is %j", (banner, product) => {
  expect(productOf(banner)).toEqual(product);
});

test("formatXml() escapes what was typed", () => {
  const text = formatXml(gathered([result(80, "open", { service: "http" })]), RUN);
  expect(text).toContain('args="ncx scan &lt;x&gt;"');
  expect(text).toContain(
    '<port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="0"/><service name="http" method="table" conf="3"/></port>',
  );
});

test.each<[PortState, string | undefined, string | undefined]>([
  ["open", "open", undefined],
  ["closed", undefined, undefined],
  ["open", undefined, "+ 192.0.2.1 80/tcp open (was not in the earlier scan)"],
  ["open", "closed", "+ 192.0.2.1 80/tcp open (was closed)"],
  ["closed", "open", "- 192.0.2.1 80/tcp closed (was open)"],
  ["filtered", "closed", "~ 192.0.2.1 80/tcp filtered (was closed)"],
])("--diff: %s, was %s: %s", (state, was, line) => {
  const earlier = new Map(was === undefined ? [] : [["192.0.2.1 80/tcp", was]]);
  const change = changeOf(result(80, state), earlier);
  expect(change && formatChange(change)).toBe(line);
});

test.each<[PortState, number[] | undefined, number[] | undefined, string | undefined]>([
  ["open", [80], undefined, undefined],
  ["filtered", [80], undefined, "- 192.0.2.1 80/tcp is filtered, and should be open"],
  ["open", [22], undefined, "+ 192.0.2.1 80/tcp is open, and is not expected to be"],
  ["open", undefined, [80], "+ 192.0.2.1 80/tcp is open, and should not be"],
  ["filtered", undefined, [80], undefined],
])("--expect: %s with %j, closed %j: %s", (state, open, closed, fault) => {
  const lists = (tcp: number[] | undefined): { tcp: number[]; udp: number[] } | undefined =>
    tcp && { tcp, udp: [] };
  expect(faultOf(result(80, state), lists(open), lists(closed))).toBe(fault);
});

const at = (done: number, total: number, left?: number): ScanProgress => ({
  phase: "ports",
  done,
  total,
  ...(left !== undefined && { left }),
});

test("percentOf() goes on while ports are silent, and isn't 100 before all are done", () => {
  expect(percentOf(at(0, 31, 7000), 2000)).toBe(22);
  expect(percentOf(at(30, 31, 1), 9_000_000)).toBe(99);
  expect(percentOf(at(30, 31), 9500)).toBe(0);
  expect(percentOf(at(31, 31), 9500)).toBe(100);
});

test.each<[ScanProgress, number, string]>([
  [at(16_384, 65_536, 2100), 25, "25 %, 16,384 of 65,536 ports, 3 s left"],
  [at(30, 31, 5), 99, "99 %, 30 of 31 ports, less than 1 s left"],
  [at(30, 31), 99, "99 %, 30 of 31 ports, waiting for the silent ones"],
  [at(31, 31), 100, "100 %, 31 of 31 ports"],
  [{ ...at(3, 6, 4000), phase: "banners" }, 50, "banners: 50 %, 3 of 6 ports, 4 s left"],
])("progressLine(%j)", (progress, percent, line) => {
  expect(progressLine(progress, percent)).toBe(line);
});
