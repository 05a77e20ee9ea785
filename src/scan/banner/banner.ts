/** Who answers at a port, read from what it says. Written from the protocols' specifications. Pure. */

export interface Banner {
  /**
   * ssh, smtp, ftp, imap, pop3, http, redis, mysql, postgresql, mqtt, vnc, rtsp, telnet, memcached, echo, tls;
   * tcpwrapped, which hangs up before it is asked; or "unknown".
   */
  readonly protocol: string;
  /** The program and its version, or the first line, as one printable line. */
  readonly text: string;
  /** What was spoken beneath it. */
  readonly tls?: TlsBanner;
}

export interface TlsBanner {
  /** `TLSv1.3` */
  readonly version: string;
  readonly alpn?: string;
  /** The certificate's common name, its further names, and when it ends (ISO 8601). */
  readonly subject?: string;
  readonly names?: readonly string[];
  readonly expires?: string;
  readonly selfSigned?: boolean;
}

/** Characters of what a service says that are shown. */
const SHOWN = 120;

/** What these first bytes of an answer are; undefined where nothing is known by them. `port` decides where two look alike. */
export function identify(bytes: Uint8Array, port: number): Banner | undefined {
  const text = decoded(bytes);
  for (const [pattern, protocol, show] of LINES) {
    const match = pattern.exec(text);
    if (match)
      return {
        protocol: protocolOf(protocol, text, port),
        text: printable(show?.(text, match) ?? match[0]),
      };
  }
  return mysql(bytes) ?? mqtt(bytes) ?? telnet(bytes) ?? postgresql(bytes);
}

/** What is said, as UTF-8; as bytes, of which only ASCII is shown, where it isn't that. The last character may be cut. */
export function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: true,
    });
  } catch {
    return Buffer.from(bytes)
      .toString("latin1")
      .replace(/[\x80-\xff]/g, "\0");
  }
}

/** One line of printable characters: none that a terminal obeys, that turns the writing around, or that is unseen. */
export function printable(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();
  if (line.length <= SHOWN) return line;
  // Half of a surrogate pair is no character.
  return `${line.slice(0, SHOWN - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

type Show = (text: string, match: RegExpExecArray) => string;

const LINES: readonly (readonly [pattern: RegExp, protocol: string, show?: Show])[] = [
  [/^SSH-\d\.\d+-[^\r\n]*/m, "ssh"], // RFC 4253 §4.2: lines may come before it
  [/^HTTP\/\d(?:\.\d)? \d{3}[^\r\n]*/, "http", server],
  [/^RTSP\/\d\.\d \d{3}[^\r\n]*/, "rtsp", server],
  [/^RFB \d{3}\.\d{3}\n/, "vnc"], // RFC 6143 §7.1.1
  [/^\* (?:OK|PREAUTH|BYE)[^\r\n]*/i, "imap"],
  [/^\+OK[^\r\n]*/, "pop3"],
  [/^(?:\+PONG|-NOAUTH|-DENIED|-ERR|-MISCONF|\$\d+\r\n)[^\r\n]*/, "redis"],
  [/^220[ -][^\r\n]*/, "220"],
  [/^(?:421|530|554)[ -][^\r\n]*/, "220"],
  [/^(?:ERROR\r\n|VERSION [^\r\n]*)/, "memcached"],
];

/** Both SMTP and FTP greet with 220. */
function protocolOf(protocol: string, text: string, port: number): string {
  if (protocol !== "220") return protocol;
  if (/ftp/i.test(text)) return "ftp";
  if (/smtp|mail|postfix|exim|sendmail/i.test(text)) return "smtp";
  return port === 21 || port === 990 || port === 2121 ? "ftp" : "smtp";
}

function server(text: string, [status = ""]: RegExpExecArray): string {
  const name = /^server:[ \t]*([^\r\n]+)/im.exec(text)?.[1];
  return name === undefined ? status : `${status} (${name.trim()})`;
}

/** Protocol::Handshake: 3 bytes of length, a sequence number, version 10, the server's version and a NUL. */
function mysql(bytes: Uint8Array): Banner | undefined {
  const length = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
  if (bytes.length < 6 || length < 2 || length > 4096 || bytes[3] !== 0) return undefined;
  const rest = Buffer.from(bytes.subarray(5));
  const end = rest.indexOf(0);
  if (bytes[4] === 10 && end > 0)
    return { protocol: "mysql", text: printable(decoded(rest.subarray(0, end))) };
  // An error packet: we may not even ask.
  if (bytes[4] === 255) return { protocol: "mysql", text: printable(decoded(rest.subarray(2))) };
  return undefined;
}

/** MQTT 3.1.1 §3.2: CONNACK. */
function mqtt(bytes: Uint8Array): Banner | undefined {
  if (bytes[0] !== 0x20 || (bytes[1] ?? 0) < 2 || bytes.length < 4) return undefined;
  const code = bytes[3] ?? 0;
  const said = [
    "accepted",
    "version refused",
    "identifier refused",
    "unavailable",
    "bad user or password",
    "not authorized",
  ];
  return { protocol: "mqtt", text: `connection ${said[code] ?? `refused (${code})`}` };
}

/** RFC 854: IAC and one of WILL, WONT, DO, DONT. */
function telnet(bytes: Uint8Array): Banner | undefined {
  if (bytes[0] !== 255 || (bytes[1] ?? 0) < 251) return undefined;
  const words = Buffer.from(bytes)
    .toString("latin1")
    .replace(/\xff[\xfb-\xfe][\s\S]?/g, "");
  return { protocol: "telnet", text: printable(decoded(Buffer.from(words, "latin1"))) };
}

/** The answer to SSLRequest is one letter; to anything else an error message: E, its length, and fields. */
function postgresql(bytes: Uint8Array): Banner | undefined {
  if (bytes.length === 1 && (bytes[0] === 0x53 || bytes[0] === 0x4e))
    return { protocol: "postgresql", text: bytes[0] === 0x53 ? "TLS offered" : "no TLS" };
  if (bytes[0] !== 0x45 || bytes[1] !== 0 || !Buffer.from(bytes).includes("SFATAL"))
    return undefined;
  const message = /\0M([^\0]+)/.exec(decoded(bytes))?.[1] ?? "error";
  return { protocol: "postgresql", text: printable(message) };
}

/** Whether these bytes are of TLS: an alert or a handshake (RFC 8446 §5.1), or a web server's complaint about plain HTTP. */
export function looksLikeTls(bytes: Uint8Array): boolean {
  if ((bytes[0] === 21 || bytes[0] === 22) && bytes[1] === 3) return true;
  return /^HTTP\/1\.[01] 400 [\s\S]*(?:HTTPS|SSL|TLS)/i.test(Buffer.from(bytes).toString("latin1"));
}
