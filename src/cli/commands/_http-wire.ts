/** -v: the wire as curl shows it, and the heads that -i and -I print. */
import type { RequestObserver } from "../../http/index.ts";
import type { Connection } from "../../stream/connection.ts";
import { placeOf } from "./_http-place.ts";

/** Names whose values are hidden in what is sent. */
const SECRET = /(^|[-_])(authorization|cookie|token|api-?key|secret|password)$/i;
/** What may stand before a secret and be shown; any other first word may be the secret itself. */
const SCHEME =
  /^(?:basic|bearer|digest|dpop|hoba|mutual|negotiate|ntlm|oauth|scram-sha-(?:1|256)|token|apikey|aws4-hmac-sha256)[ \t]+(?=\S)/i;

/** `> ` and `< ` for what crosses the wire, line ends as they are there, and `* `, dim, for what happens. */
export function wireView(
  write: (text: string | Buffer) => void,
  dim: (text: string) => string,
): RequestObserver {
  const tell = (text: string): void => write(`${dim(`* ${text}`)}\n`);
  return {
    onConnect(connection, reused) {
      tell(
        `${reused ? "Re-using existing connection with" : "Connected to"} ${placeOf(connection.remote)}`,
      );
      const secured = reused ? undefined : securityOf(connection);
      if (secured) tell(`SSL connection using ${secured}`);
    },
    onLine(direction, line) {
      if (direction === "received") return write(Buffer.concat([Buffer.from("< "), line]));
      write(Buffer.from(`> ${withoutSecret(line.toString("latin1"))}`, "latin1"));
    },
    onRedirect: (url) => tell(`Issue another request to this URL: '${url}'`),
    onEnd: (reusable) => tell(reusable ? "Connection left intact" : "Closing connection"),
  };
}

function withoutSecret(line: string): string {
  const [, name = "", space = "", value = "", end = ""] =
    /^([^:\s]+)(:[ \t]*)(\S[^\r\n]*)(\r?\n)$/.exec(line) ?? [];
  if (!SECRET.test(name)) return line;
  const [scheme = ""] = /authorization$/i.test(name) ? (SCHEME.exec(value) ?? []) : [];
  return `${name}${space}${scheme}[hidden]${end}`;
}

/** Gathers the lines of the heads, those of redirects and 1xx included. */
export class Heads {
  #lines: Buffer[] = [];
  #inHead = false;

  add(line: Buffer): void {
    // Trailers come as lines too, but no status line before them.
    if (!this.#inHead && !line.toString("latin1", 0, 5).startsWith("HTTP/")) return;
    this.#lines.push(Buffer.from(line));
    this.#inHead = line.length > 2;
  }

  take(): Buffer {
    const all = Buffer.concat(this.#lines);
    this.#lines = [];
    return all;
  }
}

function securityOf({ stream }: Connection): string | undefined {
  // A TLS stream is Node's TLSSocket, which this floor doesn't import.
  if (!("getProtocol" in stream && "getCipher" in stream)) return undefined;
  const { getProtocol, getCipher } = stream as {
    getProtocol(): string | null;
    getCipher(): { name: string };
  };
  return `${getProtocol.call(stream)} / ${getCipher.call(stream).name}`;
}
