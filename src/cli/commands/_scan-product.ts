/** The program behind a banner and its version, as far as the banner's text tells. */
import type { Banner } from "../../scan/index.ts";

/** nmap's attributes of a service. */
export interface Product {
  readonly product?: string;
  readonly version?: string;
  /** What else was said. */
  readonly extrainfo?: string;
}

/** A name, then a version: `OpenSSH_9.2p1`, `nginx/1.22.1`, `Postfix 3.7`. */
const NAMED = /^([A-Za-z][\w.+-]*?)[/_ -]v?(\d[\w.+~:-]*)(?:[ ,;]+(.*))?$/;

export function productOf({ protocol, text, tls }: Banner): Product {
  const more = tls ? tlsInfo(tls) : "";
  const ssh = /^SSH-(\d\.\d+)-(.*)$/.exec(text);
  if (protocol === "ssh" && ssh) return named(ssh[2] ?? "", `protocol ${ssh[1]}`, more);
  const http = /^(HTTP\/[\d.]+ \d{3}|RTSP\/[\d.]+ \d{3})[^(]*\((.+)\)$/.exec(text);
  if (http) return named(http[2] ?? "", http[1] ?? "", more);
  if (protocol === "mysql" && /^\d/.test(text))
    return joined({ product: "MySQL", version: text }, more);
  if (protocol === "memcached" && text.startsWith("VERSION "))
    return joined({ product: "Memcached", version: text.slice(8) }, more);
  if (protocol === "vnc")
    return joined({}, text.replace(/^RFB 0*(\d+)\.0*(\d+).*/, "protocol $1.$2"), more);
  return joined({}, text, more);
}

function named(text: string, ...info: readonly string[]): Product {
  const [, product, version, rest = ""] = NAMED.exec(text) ?? [];
  if (product === undefined || version === undefined) return joined({ product: text }, ...info);
  return joined({ product, version }, rest, ...info);
}

function joined(known: Product, ...info: readonly string[]): Product {
  const said = info.filter((part) => part !== "");
  return said.length === 0 ? known : { ...known, extrainfo: said.join("; ") };
}

function tlsInfo({ version, subject, names = [], expires }: NonNullable<Banner["tls"]>): string {
  const of = [...new Set([...(subject === undefined ? [] : [subject]), ...names])];
  return [
    version,
    of.length === 0 ? "" : `for ${of.join(" ")}`,
    expires === undefined ? "" : `until ${expires.slice(0, 10)}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
