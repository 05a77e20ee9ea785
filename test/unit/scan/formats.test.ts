import { describe, expect, test } from "vitest";
import {
  csvLine,
  formatBanner,
  formatGreppable,
  formatTable,
  formatXml,
} from "../../../src/cli/commands/_scan-formats.ts";
import { Gathered } from "../../../src/cli/commands/_scan-gather.ts";
import { changeOf, faultOf, formatChange } from "../../../src/cli/commands/_scan-judge.ts";
import { progressLine } from "../../../src/cli/commands/_scan-progress.ts";
import type { PortState, ScanResult } from "../../../src/scan/index.ts";

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
const RUN = { line: "ncx scan <x>", started: new Date(0), ended: new Date(1500) };

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

test("progressLine() says what is done, and how long the rest takes", () => {
  expect(progressLine(16_384, 65_536, 1000)).toBe("25 %, 16,384 of 65,536 ports, 3 s left");
});
