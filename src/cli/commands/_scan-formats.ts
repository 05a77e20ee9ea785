/** A scan's results as text: the table, and the forms that other programs read. */
import type { Banner, PortLists, ScanResult } from "../../scan/index.ts";
import { cut } from "../table.ts";
import { VERSION } from "../version.ts";
import type { HostReport, Tally } from "./_scan-gather.ts";

/** When it began and ended, and how it was asked for. */
export interface Run {
  readonly line: string;
  readonly started: Date;
  readonly ended: Date;
  /** What was asked of each host. */
  readonly ports: PortLists;
  /** Why it was not finished, and what is missing. */
  readonly cut?: string;
}

export interface TableLook {
  readonly reason?: boolean;
  readonly hostsOnly?: boolean;
  /** Rows are cut to so many characters. */
  readonly width?: number | undefined;
  readonly cut?: string | undefined;
}

export function formatTable(reports: readonly HostReport[], look: TableLook = {}): string {
  const end = look.cut === undefined ? "" : `Cut short: ${look.cut}\n`;
  if (look.hostsOnly) {
    const up = reports.filter((report) => report.up);
    const lines = up.map((report) => `${titleOf(report)} is up`);
    return [...lines, `${up.length} of ${reports.length} hosts up`, end].join("\n");
  }
  return [...reports.map((report) => formatHost(report, look)), ...(end === "" ? [] : [end])].join(
    "\n",
  );
}

function formatHost(report: HostReport, { reason, width }: TableLook): string {
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
  return [...lines, ...columns([head, ...rows], width), ""].join("\n");
}

function titleOf({ host, address }: HostReport): string {
  return host === address ? address : `${host} (${address})`;
}

function formatTally({ count, state, protocol, reason }: Tally): string {
  return `${count} ${state} ${protocol} ${count === 1 ? "port" : "ports"} (${reason})`;
}

/** Names of a certificate that are shown. */
const NAMES = 3;

/** `ssh SSH-2.0-OpenSSH_9.2`, `http HTTP/1.1 200 OK (nginx), TLSv1.3 for example.org, www.example.org until 2027-01-02`. */
export function formatBanner({ protocol, text, tls }: Banner): string {
  const said = `${protocol} ${text}`.trim();
  if (!tls) return said;
  const until = tls.expires === undefined ? "" : ` until ${tls.expires.slice(0, 10)}`;
  const names = [...new Set([...(tls.subject ? [tls.subject] : []), ...(tls.names ?? [])])];
  const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : "";
  const of = names.length === 0 ? "" : ` for ${names.slice(0, NAMES).join(", ")}${more}`;
  return `${said}, ${tls.version}${tls.alpn === undefined ? "" : ` ${tls.alpn}`}${of}${until}`;
}

function columns(rows: readonly (readonly string[])[], most = Infinity): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows.map((row) => {
    const padded = row.map((cell, at) => cell.padEnd(widths[at] ?? 0));
    return cut(padded.join("  ").trimEnd(), most);
  });
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
  { line, started, ended, cut: missing }: Run,
): string {
  const lines = [`# Ncx ${VERSION} scan initiated ${formatTime(started)} as: ${line}`];
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
  const hosts = `${counted(reports.length, "IP address", "es")} (${counted(up, "host")} up) scanned`;
  lines.push(
    missing === undefined
      ? `# Ncx done at ${formatTime(ended)} -- ${hosts}`
      : `# Ncx cut short at ${formatTime(ended)} -- ${hosts}: ${missing}`,
  );
  return `${lines.join("\n")}\n`;
}

/** As ctime(3), and nmap, write it: `Sat Nov 21 17:17:11 2026`, in local time. */
export function formatTime(time: Date): string {
  const [day = "", month = "", date = "", year = ""] = time.toDateString().split(" ");
  return `${day} ${month} ${date.replace(/^0/, " ")} ${time.toTimeString().slice(0, 8)} ${year}`;
}

function counted(count: number, word: string, plural = "s"): string {
  return `${count} ${word}${count === 1 ? "" : plural}`;
}
