/** nmap's -oX: the elements and attributes of its nmap.dtd that a connect scan has. */
import type { ScanResult } from "../../scan/index.ts";
import { VERSION } from "../version.ts";
import { formatTime, type Run } from "./_scan-formats.ts";
import type { HostReport } from "./_scan-gather.ts";
import { productOf } from "./_scan-product.ts";

export function formatXml(reports: readonly HostReport[], run: Run): string {
  const { line, started, ended, cut } = run;
  const [from, to] = [seconds(started), seconds(ended)];
  const up = reports.filter((report) => report.up).length;
  const finished = {
    time: to,
    timestr: formatTime(ended),
    elapsed: ((ended.getTime() - started.getTime()) / 1000).toFixed(2),
    ...(cut === undefined ? { exit: "success" } : { exit: "error", errormsg: cut }),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<!DOCTYPE nmaprun>",
    `<nmaprun${attributes({ scanner: "ncx", args: line, start: from, startstr: formatTime(started), version: VERSION, xmloutputversion: "1.05" })}>`,
    ...scanInfo(run),
    '<verbose level="0"/>',
    '<debugging level="0"/>', // readers that hold to the DTD miss them
    ...reports.map((report) => xmlHost(report, from, to)),
    `<runstats><finished${attributes(finished)}/>` +
      `<hosts${attributes({ up, down: reports.length - up, total: reports.length })}/></runstats>`,
    "</nmaprun>",
    "",
  ].join("\n");
}

/** One for each protocol: how it was asked, and at which ports. */
function scanInfo({ ports }: Run): string[] {
  return (["tcp", "udp"] as const)
    .filter((protocol) => ports[protocol].length > 0)
    .map((protocol) => {
      const list = ports[protocol];
      const type = protocol === "tcp" ? "connect" : "udp";
      return `<scaninfo${attributes({ type, protocol, numservices: list.length, services: inRanges(list) })}/>`;
    });
}

/** `1,3-4,6`, rising. */
function inRanges(ports: readonly number[]): string {
  const parts: { first: number; last: number }[] = [];
  for (const port of [...ports].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && port === last.last + 1) last.last = port;
    else parts.push({ first: port, last: port });
  }
  return parts.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join();
}

function xmlHost(
  { host, address, listed, hidden, up, reason }: HostReport,
  start: number,
  end: number,
): string {
  const type = address.includes(":") ? "ipv6" : "ipv4";
  const name = host === address ? "" : `<hostname${attributes({ name: host, type: "user" })}/>`;
  const extra = hidden.map(
    ({ state, count, reason: why, protocol }) =>
      `<extraports${attributes({ state, count })}><extrareasons${attributes({ reason: why, count, proto: protocol })}/></extraports>`,
  );
  return [
    `<host${attributes({ starttime: start, endtime: end })}>`,
    `<status${attributes({ state: up ? "up" : "down", reason, reason_ttl: 0 })}/>`,
    `<address${attributes({ addr: address, addrtype: type })}/>`,
    `<hostnames>${name}</hostnames>`,
    `<ports>${extra.join("")}${listed.map(xmlPort).join("")}</ports>`,
    "</host>",
  ].join("");
}

function xmlPort({ port, protocol, state, reason, service, banner }: ScanResult): string {
  const named = service ?? banner?.protocol;
  const probed = banner !== undefined && banner.protocol !== "unknown";
  const info = attributes({
    ...(named !== undefined && { name: probed ? banner.protocol : named }),
    ...(banner && productOf(banner)),
    ...(banner?.tls && { tunnel: "ssl" }),
    method: probed ? "probed" : "table",
    conf: probed ? 10 : 3,
  });
  const about = named === undefined ? "" : `<service${info}/>`;
  return `<port${attributes({ protocol, portid: port })}><state${attributes({ state, reason, reason_ttl: 0 })}/>${about}</port>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

/** XML 1.0 §2.2: no control characters; halves of surrogate pairs are no characters either. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?");
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
