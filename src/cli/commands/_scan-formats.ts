/** A scan's results as text: the table, and the forms that other programs read. */
import type { Banner, ScanResult } from "../../scan/index.ts";
import { VERSION } from "../version.ts";
import type { HostReport, Tally } from "./_scan-gather.ts";

/** When it began and ended, and how it was asked for. */
export interface Run {
  readonly line: string;
  readonly started: Date;
  readonly ended: Date;
}

export function formatTable(
  reports: readonly HostReport[],
  { reason = false, hostsOnly = false }: { reason?: boolean; hostsOnly?: boolean } = {},
): string {
  if (hostsOnly) {
    const up = reports.filter((report) => report.up);
    const lines = up.map((report) => `${titleOf(report)} is up`);
    return [...lines, `${up.length} of ${reports.length} hosts up`, ""].join("\n");
  }
  return reports.map((report) => formatHost(report, reason)).join("\n");
}

function formatHost(report: HostReport, reason: boolean): string {
  const { listed, hidden } = report;
  const lines = [`Scan report for ${titleOf(report)}`];
  if (hidden.length > 0) lines.push(`Not shown: ${hidden.map(formatTally).join(", ")}`);
  if (listed.length === 0) return [...lines, ""].join("\n");
  const banners = listed.some(({ banner }) => banner);
  const rows = listed.map((result) => [
    `${result.port}/${result.protocol}`,
    result.state,
    result.service ?? "unknown",
    result.category,
    ...(reason ? [result.reason] : []),
    ...(banners ? [result.banner ? formatBanner(result.banner) : ""] : []),
  ]);
  const head = [
    "PORT",
    "STATE",
    "SERVICE",
    "CATEGORY",
    ...(reason ? ["REASON"] : []),
    ...(banners ? ["BANNER"] : []),
  ];
  return [...lines, ...columns([head, ...rows]), ""].join("\n");
}

function titleOf({ host, address }: HostReport): string {
  return host === address ? address : `${host} (${address})`;
}

function formatTally({ count, state, protocol, reason }: Tally): string {
  return `${count} ${state} ${protocol} ${count === 1 ? "port" : "ports"} (${reason})`;
}

/** `ssh SSH-2.0-OpenSSH_9.2`, `http HTTP/1.1 200 OK (nginx), TLSv1.3 for example.org until 2027-01-02`. */
export function formatBanner({ protocol, text, tls }: Banner): string {
  const said = `${protocol} ${text}`.trim();
  if (!tls) return said;
  const until = tls.expires === undefined ? "" : ` until ${tls.expires.slice(0, 10)}`;
  const of = tls.subject === undefined ? "" : ` for ${tls.subject}`;
  return `${said}, ${tls.version}${tls.alpn === undefined ? "" : ` ${tls.alpn}`}${of}${until}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const CSV_HEAD = "host,address,protocol,port,state,reason,service,category,banner\n";

/** RFC 4180, with line feeds; the first line names the fields. */
export function csvHead(): string {
  return CSV_HEAD;
}

export function csvLine(result: ScanResult): string {
  const { host, address, protocol, port, state, reason, service = "", category, banner } = result;
  const cells = [
    host,
    address,
    protocol,
    port,
    state,
    reason,
    service,
    category,
    banner ? formatBanner(banner) : "",
  ];
  return `${cells.map((cell) => quoted(String(cell))).join()}\n`;
}

/** What begins as a formula does would be one in a spreadsheet. */
function quoted(cell: string): string {
  const plain = /^[=+\-@]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** nmap's -oG. */
export function formatGreppable(
  reports: readonly HostReport[],
  { line, started, ended }: Run,
): string {
  const lines = [`# Ncx ${VERSION} scan initiated ${started.toUTCString()} as: ${line}`];
  for (const { host, address, listed, hidden, up } of reports) {
    const who = `Host: ${address} (${host === address ? "" : host})`;
    lines.push(`${who}\tStatus: ${up ? "Up" : "Down"}`);
    const ports = listed.map(
      ({ port, state, protocol, service = "", banner }) =>
        `${port}/${state}/${protocol}//${service.replaceAll("/", "|")}//${banner ? formatBanner(banner).replaceAll("/", "|").replaceAll(",", ";") : ""}/`,
    );
    const ignored = hidden[0] ? `\tIgnored State: ${hidden[0].state} (${hidden[0].count})` : "";
    if (ports.length > 0 || ignored !== "")
      lines.push(`${who}\t${ports.length > 0 ? `Ports: ${ports.join(", ")}` : ""}${ignored}`);
  }
  const up = reports.filter((report) => report.up).length;
  lines.push(
    `# Ncx done at ${ended.toUTCString()} -- ${reports.length} IP addresses (${up} hosts up) scanned`,
  );
  return `${lines.join("\n")}\n`;
}

/** nmap's -oX: the elements and attributes of its nmap.dtd that a connect scan has. */
export function formatXml(reports: readonly HostReport[], { line, started, ended }: Run): string {
  const [from, to] = [seconds(started), seconds(ended)];
  const up = reports.filter((report) => report.up).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<!DOCTYPE nmaprun>",
    `<nmaprun${attributes({ scanner: "ncx", args: line, start: from, startstr: started.toUTCString(), version: VERSION, xmloutputversion: "1.05" })}>`,
    ...reports.map((report) => xmlHost(report, from, to)),
    `<runstats><finished${attributes({ time: to, timestr: ended.toUTCString(), elapsed: ((ended.getTime() - started.getTime()) / 1000).toFixed(2), exit: "success" })}/>` +
      `<hosts${attributes({ up, down: reports.length - up, total: reports.length })}/></runstats>`,
    "</nmaprun>",
    "",
  ].join("\n");
}

function xmlHost(
  { host, address, listed, hidden, up }: HostReport,
  start: number,
  end: number,
): string {
  const type = address.includes(":") ? "ipv6" : "ipv4";
  const name = host === address ? "" : `<hostname${attributes({ name: host, type: "user" })}/>`;
  const extra = hidden.map(
    ({ state, count, reason, protocol }) =>
      `<extraports${attributes({ state, count })}><extrareasons${attributes({ reason, count, proto: protocol })}/></extraports>`,
  );
  return [
    `<host${attributes({ starttime: start, endtime: end })}>`,
    `<status${attributes({ state: up ? "up" : "down", reason: up ? "conn-refused" : "no-response", reason_ttl: 0 })}/>`,
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
    ...(banner && { extrainfo: formatBanner(banner) }),
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

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[^\x20-\uffff]/g, "?");
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
