/** One target as it is written: what access lists take too (core/hosts.ts), and besides `[::1]` and `fe80::1%eth0`. */
import { isIPv6 } from "node:net";
import { NcxError, quote } from "../core/errors.ts";
import { parseHosts, type HostPattern } from "../core/hosts.ts";

/** An address with a zone: of one link of this host, and of no network. RFC 4007 §11. */
export interface ZonedAddress {
  readonly kind: "zoned";
  readonly address: string;
}

/**
 * Reads targets; `origin` says where they stand: `hosts.txt, line 3`.
 *
 * @throws {NcxError} ADDRESS for what is no host, with the letters that were meant where it is a host and a port, or a URL.
 */
export function readTargets(text: string, origin?: string): (HostPattern | ZonedAddress)[] {
  return text.split(/\s+/).flatMap((word) => {
    refusePlace(word, origin);
    if (!/[[\]%]/.test(word)) return parseHosts(word, origin);
    return word.split(",").flatMap((part) => readBracketed(part, origin));
  });
}

function readBracketed(part: string, origin?: string): (HostPattern | ZonedAddress)[] {
  const plain = /^\[([^[\]]+)\]$/.exec(part)?.[1] ?? part;
  const isZoned = /^[\da-f:.]+%[^%/\s]+$/i.test(plain) && isIPv6(plain.replace(/%.*$/, ""));
  if (/%.*\//.test(plain) && !isZoned)
    throw new NcxError("ADDRESS", `Cannot scan ${quote(part)}: with a zone there is no mask`, {
      hint: "use fe80::1%eth0",
    });
  return isZoned ? [{ kind: "zoned", address: plain }] : parseHosts(plain, origin);
}

/** Ports that URLs mean without saying so. */
const SCHEMES: Readonly<Record<string, string>> = {
  http: "80",
  https: "443",
  ws: "80",
  wss: "443",
  ftp: "21",
  ssh: "22",
};

/** Every other mode takes HOST:PORT: here the two are apart. */
function refusePlace(word: string, origin: string | undefined): void {
  const url = /^([a-z][\w+.-]*):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?/i.exec(word);
  const place = /^(\[[^\]]+\]|[^:/[\]]+):([\w*,-]+)$/.exec(word);
  if (!url && !place) return;
  const host = url?.[2] ?? place?.[1] ?? "";
  const port = url ? (url[3] ?? SCHEMES[url[1]?.toLowerCase() ?? ""]) : place?.[2];
  const where = origin === undefined ? "" : ` (${origin})`;
  const state = url ? "a URL is no host" : "the port is told apart from the host";
  // What is before the @ of a URL may be a password.
  const shown = url ? `${url[1]}://${host}` : word;
  throw new NcxError("ADDRESS", `Cannot scan ${quote(shown)}${where}: ${state}`, {
    hint: `use ncx scan ${port === undefined ? "" : `-p ${port} `}${host}`,
  });
}
