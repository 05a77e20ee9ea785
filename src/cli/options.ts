/**
 * THE ONE TABLE of options: one row an option. The parser, --help, completion and the man page are all made from it.
 *
 * Plain data, because it is on the start-up path. A name may have a row for each of several modes (`--json` is the
 * event stream, but curl's JSON body in http); within one mode a name and a letter have one row.
 */
import type { Args, Mode } from "./args.ts";

export type OptionType =
  | "flag"
  | "count"
  | "text"
  | "choice"
  | "integer"
  | "duration"
  | "bytes"
  | "list";

export type OptionGroup =
  | "Mode"
  | "Addresses"
  | "Times"
  | "Clients"
  | "Data"
  | "Ports"
  | "Request"
  | "Response"
  | "Security"
  | "Proxies"
  | "Programs"
  | "General";

export interface Option {
  /** The canonical long name, in kebab case. */
  readonly name: string;
  /** Where it lands. Default: the name in camel case. */
  readonly field?: keyof Args;
  /** Other long names: ncat's, curl's, and the ones that people try. */
  readonly aliases?: readonly string[];
  /** The letter in connect and listen as ncx means it; other programs' are in personality.ts. */
  readonly letter?: string;
  /** The letters of the modes that have their own. */
  readonly letters?: {
    readonly relay?: string;
    readonly http?: string;
    readonly completion?: string;
    readonly doctor?: string;
    readonly telnet?: string;
  };
  /** A flag and a count take no value; a list may be repeated, and of any other the last one wins. */
  readonly type: OptionType;
  /** How the value is called in help. `FILE` completes to files. */
  readonly placeholder?: string;
  /** The default as help shows it. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** The least and the greatest integer. */
  readonly min?: number;
  readonly max?: number;
  /** What a text has to look like; `pattern` without the ends' anchors, whatever the case. */
  readonly pattern?: string;
  /** A negative value means without limit. */
  readonly negative?: boolean;
  /** Zero means without limit, as if it had not been given. */
  readonly zeroIsNone?: true;
  /** This flag is short for another option with a value: `--crlf` for `--eol crlf`. */
  readonly short?: readonly [option: string, value: string];
  readonly group?: OptionGroup;
  readonly modes: readonly Mode[];
  /** One line. An option without one is not shown. */
  readonly help?: string;
  /** What it does in the netcats that have it, where `help` is silent or speaks of ncx alone. */
  readonly does?: string;
  /** Known, and to come: using it is an error that says so. */
  readonly later?: true;
  /** Not possible here, and why: using it is an error that says so. */
  readonly refused?: string;
  /** Accepted without effect. A text is the reason, which becomes a warning. */
  readonly ignored?: true | string;
}

const CLASSIC: readonly Mode[] = ["connect", "listen"];
const NETWORK: readonly Mode[] = ["connect", "listen", "relay"];
const DIALLING: readonly Mode[] = ["connect", "listen", "relay", "http", "telnet"];
/** What every mode over TCP has, telnet's client among them. */
const SESSIONS: readonly Mode[] = [...NETWORK, "telnet"];
const ALL: readonly Mode[] = [
  "connect",
  "listen",
  "relay",
  "http",
  "completion",
  "doctor",
  "telnet",
];

// TOS(7) and netcat's own words for it, DiffServ code points, and plain numbers.
const TOS_PATTERN =
  "0x[0-9a-f]{1,2}|[0-9]{1,3}|ef|cs[0-7]|af[1-4][1-3]|critical|inetcontrol|netcontrol|lowcost|lowdelay" +
  "|reliability|throughput|minimize-(delay|cost)|maximize-(throughput|reliability)";

export const OPTIONS: readonly Option[] = [
  {
    name: "listen",
    letter: "l",
    type: "flag",
    group: "Mode",
    modes: ["listen"],
    help: "Wait for a connection instead of making one",
  },
  {
    name: "local-forward",
    letter: "L",
    letters: { relay: "L" },
    type: "list",
    placeholder: "[BIND:]PORT:HOST:PORT",
    group: "Mode",
    modes: ["relay"],
    help: "Relay, spelled as in ssh; repeatable",
  },
  {
    name: "udp",
    letter: "u",
    type: "flag",
    group: "Mode",
    modes: CLASSIC,
    help: "UDP instead of TCP",
  },
  {
    name: "unix",
    aliases: ["unixsock"],
    letter: "U",
    type: "flag",
    group: "Mode",
    modes: CLASSIC,
    help: "Unix socket: the operand is a path, or @name",
  },
  {
    name: "zero",
    aliases: ["zero-io"],
    letter: "z",
    type: "flag",
    group: "Mode",
    modes: ["connect"],
    help: "Only report which ports are open: 22, 20-30, http",
  },
  {
    name: "compat",
    field: "personality",
    type: "choice",
    placeholder: "NAME",
    choices: ["ncx", "ncat", "openbsd", "traditional"],
    default: "ncx",
    group: "Mode",
    modes: NETWORK,
    help: "Flags, defaults and wording of another netcat",
  },

  {
    name: "ipv4",
    letter: "4",
    letters: { relay: "4", http: "4", telnet: "4" },
    type: "flag",
    group: "Addresses",
    modes: DIALLING,
    help: "IPv4 only",
  },
  {
    name: "ipv6",
    letter: "6",
    letters: { relay: "6", http: "6", telnet: "6" },
    type: "flag",
    group: "Addresses",
    modes: DIALLING,
    help: "IPv6 only",
  },
  {
    name: "numeric",
    aliases: ["nodns", "no-dns"],
    letter: "n",
    letters: { relay: "n" },
    type: "flag",
    group: "Addresses",
    modes: SESSIONS,
    help: "Numeric addresses only: never ask DNS",
  },
  {
    name: "port",
    aliases: ["source-port"],
    letter: "p",
    type: "text",
    placeholder: "PORT",
    group: "Addresses",
    modes: CLASSIC,
    help: "Source port; with -l the port to listen on",
  },
  {
    name: "source",
    letter: "s",
    type: "text",
    placeholder: "ADDRESS",
    group: "Addresses",
    modes: CLASSIC,
    help: "Source address; with -l the one to listen on",
  },
  {
    name: "source",
    type: "text",
    placeholder: "ADDRESS",
    group: "Addresses",
    modes: ["relay"],
    help: "Source address of the connections it makes",
  },
  {
    name: "public",
    type: "flag",
    group: "Addresses",
    modes: ["listen", "relay"],
    help: "Listen on every address, not on loopback alone",
  },
  {
    name: "port-file",
    type: "text",
    placeholder: "FILE",
    group: "Addresses",
    modes: ["listen", "relay"],
    help: "Write the port that was bound to FILE",
  },
  {
    name: "broadcast",
    letter: "b",
    type: "flag",
    group: "Addresses",
    modes: CLASSIC,
    help: "Allow UDP broadcasts",
  },
  {
    name: "keepalive",
    type: "flag",
    group: "Addresses",
    modes: SESSIONS,
    help: "Set TCP keepalive",
  },
  {
    name: "ttl",
    does: "Hop limit of outgoing packets",
    letter: "M",
    type: "integer",
    placeholder: "HOPS",
    min: 1,
    max: 255,
    group: "Addresses",
    modes: CLASSIC,
    help: "Hop limit of outgoing UDP datagrams",
  },
  {
    name: "tos",
    letter: "T",
    type: "text",
    placeholder: "KEYWORD",
    pattern: TOS_PATTERN,
    group: "Addresses",
    modes: CLASSIC,
    help: "Type of service: lowdelay, af11, cs1, 0x10",
  },
  {
    name: "recv-buffer",
    does: "Size of the TCP receive buffer",
    letter: "I",
    type: "bytes",
    placeholder: "BYTES",
    group: "Addresses",
    modes: NETWORK,
    help: "The system's receive buffer (UDP)",
  },
  {
    name: "send-buffer",
    does: "Size of the TCP send buffer",
    letter: "O",
    type: "bytes",
    placeholder: "BYTES",
    group: "Addresses",
    modes: NETWORK,
    help: "The system's send buffer (UDP)",
  },

  {
    name: "wait",
    does: "Give up connecting after TIME",
    letter: "w",
    letters: { relay: "w" },
    type: "duration",
    placeholder: "TIME",
    group: "Times",
    modes: SESSIONS,
    help: "Give up connecting after TIME (5, 500ms, 2m)",
  },
  {
    name: "connect-timeout",
    letter: "G",
    type: "duration",
    zeroIsNone: true,
    placeholder: "TIME",
    group: "Times",
    modes: DIALLING,
    help: "Give up connecting after TIME",
  },
  {
    name: "idle-timeout",
    type: "duration",
    zeroIsNone: true,
    placeholder: "TIME",
    group: "Times",
    modes: NETWORK,
    help: "End when nothing passes for TIME",
  },
  {
    name: "timeout",
    type: "duration",
    zeroIsNone: true,
    placeholder: "TIME",
    group: "Times",
    modes: SESSIONS,
    help: "End everything after TIME, with exit code 124",
  },
  {
    name: "quit-after",
    aliases: ["half-close-timeout"],
    letter: "q",
    type: "duration",
    placeholder: "TIME",
    negative: true,
    default: "no limit",
    group: "Times",
    modes: CLASSIC,
    help: "After the end of stdin wait at most TIME",
  },
  {
    name: "line-delay",
    aliases: ["interval"],
    letter: "i",
    type: "duration",
    placeholder: "TIME",
    group: "Times",
    modes: CLASSIC,
    help: "Wait between lines sent, and between ports (-z)",
  },
  {
    name: "delay",
    type: "duration",
    placeholder: "TIME",
    group: "Times",
    modes: CLASSIC,
    help: "Wait before each read and write",
  },
  {
    name: "drain",
    type: "duration",
    placeholder: "TIME",
    group: "Times",
    default: "10s",
    modes: ["relay"],
    help: "When asked to stop, let connections end for TIME",
  },
  {
    name: "max-time",
    aliases: ["timeout"],
    letters: { http: "m" },
    type: "duration",
    zeroIsNone: true,
    placeholder: "TIME",
    group: "Times",
    modes: ["http"],
    help: "Give up the whole request after TIME",
  },

  {
    name: "keep-open",
    letter: "k",
    type: "flag",
    group: "Clients",
    modes: CLASSIC,
    help: "Serve many clients; stay after the last one",
  },
  {
    name: "max-conns",
    letter: "m",
    letters: { relay: "m" },
    type: "integer",
    placeholder: "N",
    min: 0,
    group: "Clients",
    modes: NETWORK,
    help: "At most N clients at a time; close further ones",
  },
  {
    name: "max-accepts",
    type: "integer",
    placeholder: "N",
    min: 1,
    group: "Clients",
    modes: ["listen", "relay"],
    help: "End after N clients in all",
  },
  {
    name: "retries",
    type: "integer",
    placeholder: "N",
    min: 0,
    group: "Clients",
    modes: ["relay"],
    help: "Dial the destination up to N times more",
  },

  {
    name: "no-stdin",
    letter: "d",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Do not read stdin",
  },
  {
    name: "send-only",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Only send; end with stdin",
  },
  {
    name: "recv-only",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Only receive",
  },
  {
    name: "shutdown",
    does: "Half-close the connection when stdin ends",
    letter: "N",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Tell the peer when stdin ends (as is the default)",
  },
  {
    name: "no-shutdown",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Do not tell the peer when stdin ends",
  },
  {
    name: "half-open",
    aliases: ["no-exit-on-close"],
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Go on sending after the peer has ended",
  },
  {
    name: "crlf",
    letter: "C",
    type: "flag",
    short: ["eol", "crlf"],
    group: "Data",
    modes: CLASSIC,
    help: "Send each line end as CRLF: --eol crlf",
    does: "Send each line end as CRLF",
  },
  {
    name: "eol",
    type: "choice",
    placeholder: "END",
    choices: ["lf", "crlf", "cr", "none"],
    group: "Data",
    modes: CLASSIC,
    help: "Send each line end as lf, crlf, cr or none",
  },
  {
    name: "recv-limit",
    letter: "W",
    type: "integer",
    placeholder: "N",
    min: 1,
    group: "Data",
    modes: CLASSIC,
    help: "End after N packets from the peer",
  },
  {
    name: "output",
    letter: "o",
    type: "text",
    placeholder: "FILE",
    group: "Data",
    modes: CLASSIC,
    help: "Write what passes both ways to FILE",
  },
  {
    name: "hex",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Hex dump of both directions on stderr",
  },
  {
    name: "hex-dump",
    type: "text",
    placeholder: "FILE",
    group: "Data",
    modes: CLASSIC,
    help: "Hex dump of both directions to FILE",
  },
  {
    name: "append-output",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Add to these files instead of starting afresh",
  },

  {
    name: "random-ports",
    aliases: ["randomize"],
    letter: "r",
    type: "flag",
    group: "Ports",
    modes: ["connect"],
    help: "With -z: the ports in random order",
  },
  {
    name: "all-open",
    type: "flag",
    group: "Ports",
    modes: ["connect"],
    help: "With -z: succeed only if every port is open",
  },

  {
    name: "request",
    letters: { http: "X" },
    type: "text",
    placeholder: "METHOD",
    default: "GET, or POST with data",
    group: "Request",
    modes: ["http"],
    help: "The request's method",
  },
  {
    name: "header",
    letters: { http: "H" },
    type: "list",
    placeholder: "LINE",
    group: "Request",
    modes: ["http"],
    help: "A header 'A: b'; 'A:' removes, 'A;' empties it",
  },
  {
    name: "data",
    aliases: ["data-ascii"],
    letters: { http: "d" },
    type: "list",
    placeholder: "DATA",
    group: "Request",
    modes: ["http"],
    help: "Body: text, @file, or @- for stdin",
  },
  {
    name: "data-raw",
    type: "list",
    placeholder: "DATA",
    group: "Request",
    modes: ["http"],
    help: "Body: this very text, a leading @ too",
  },
  {
    name: "data-binary",
    type: "list",
    placeholder: "DATA",
    group: "Request",
    modes: ["http"],
    help: "Body: text or @file, line ends kept",
  },
  {
    name: "json",
    field: "jsonBody",
    type: "list",
    placeholder: "DATA",
    group: "Request",
    modes: ["http"],
    help: "Body: JSON, with both its headers",
  },
  {
    name: "user-agent",
    letters: { http: "A" },
    type: "text",
    placeholder: "NAME",
    group: "Request",
    modes: ["http"],
    help: "The User-Agent header",
  },
  {
    name: "unix-socket",
    type: "text",
    placeholder: "FILE",
    group: "Request",
    modes: ["http"],
    help: "Connect to this unix socket instead",
  },

  {
    name: "include",
    aliases: ["show-headers"],
    letters: { http: "i" },
    type: "flag",
    group: "Response",
    modes: ["http"],
    help: "Print the response's head before its body",
  },
  {
    name: "head",
    letters: { http: "I" },
    type: "flag",
    group: "Response",
    modes: ["http"],
    help: "Ask for the head only, and print it",
  },
  {
    name: "output",
    letters: { http: "o" },
    type: "text",
    placeholder: "FILE",
    group: "Response",
    modes: ["http"],
    help: "Write the body to FILE",
  },
  {
    name: "location",
    letters: { http: "L" },
    type: "flag",
    group: "Response",
    modes: ["http"],
    help: "Follow redirects",
  },
  {
    name: "max-redirs",
    type: "integer",
    placeholder: "N",
    min: 0,
    negative: true,
    default: "50",
    group: "Response",
    modes: ["http"],
    help: "Follow at most N redirects",
  },
  {
    name: "fail",
    letters: { http: "f" },
    type: "flag",
    group: "Response",
    modes: ["http"],
    help: "Exit with 22 when the status is 400 or more",
  },
  {
    name: "silent",
    aliases: ["quiet"],
    letters: { http: "s" },
    type: "flag",
    group: "Response",
    modes: ["http"],
    help: "No progress and no errors",
  },
  {
    name: "show-error",
    letters: { http: "S" },
    type: "flag",
    group: "Response",
    modes: ["http"],
    help: "With -s: errors all the same",
  },

  {
    name: "insecure",
    letters: { http: "k" },
    type: "flag",
    group: "Security",
    modes: ["http"],
    help: "TLS that accepts any certificate",
  },
  {
    name: "cacert",
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: ["http"],
    help: "The authorities to trust, PEM",
  },
  {
    name: "cert",
    letters: { http: "E" },
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: ["http"],
    help: "The client's certificate, PEM",
  },
  {
    name: "key",
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: ["http"],
    help: "Its private key, PEM",
  },

  {
    name: "tls",
    does: "TLS",
    aliases: ["ssl"],
    type: "flag",
    group: "Security",
    modes: [...CLASSIC, "telnet"],
    help: "TLS; with -u DTLS. A listener makes its certificate",
  },
  {
    name: "tls-verify",
    does: "Verify the server's certificate",
    aliases: ["ssl-verify"],
    type: "flag",
    group: "Security",
    modes: CLASSIC,
    help: "Verify the server's certificate (as is the default)",
  },
  {
    name: "insecure",
    type: "flag",
    group: "Security",
    modes: SESSIONS,
    help: "TLS that accepts any certificate",
  },
  {
    name: "tls-ca",
    aliases: ["ssl-trustfile", "cacert"],
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: SESSIONS,
    help: "The authorities to trust, PEM",
  },
  {
    name: "tls-cert",
    aliases: ["ssl-cert", "cert"],
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: SESSIONS,
    help: "Our certificate and its chain, PEM",
  },
  {
    name: "tls-key",
    aliases: ["ssl-key", "key"],
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: SESSIONS,
    help: "Its private key, PEM",
  },
  {
    name: "tls-ciphers",
    aliases: ["ssl-ciphers"],
    type: "text",
    placeholder: "LIST",
    group: "Security",
    modes: SESSIONS,
    help: "Ciphers to offer, in OpenSSL's words",
  },
  {
    name: "tls-servername",
    aliases: ["ssl-servername", "servername"],
    type: "text",
    placeholder: "NAME",
    group: "Security",
    modes: [...CLASSIC, "telnet"],
    help: "The name to ask for and to verify",
  },
  {
    name: "tls-alpn",
    aliases: ["ssl-alpn"],
    type: "text",
    placeholder: "LIST",
    group: "Security",
    modes: SESSIONS,
    help: "Protocols to offer by ALPN: h2,http/1.1",
  },
  {
    name: "tls-request-cert",
    type: "flag",
    group: "Security",
    modes: ["listen", "relay"],
    help: "Ask clients for a certificate that --tls-ca has signed",
  },

  {
    name: "proxy",
    does: "Dial through a proxy",
    letter: "x",
    letters: { relay: "x" },
    type: "list",
    placeholder: "URL",
    group: "Proxies",
    modes: SESSIONS,
    help: "Dial through socks5://host:1080, http://...; a chain",
  },
  {
    name: "proxy-type",
    does: "Protocol of the proxy; with -l: be a proxy",
    letter: "X",
    letters: { relay: "X" },
    type: "choice",
    placeholder: "TYPE",
    choices: [
      "http",
      "https",
      "connect",
      "socks4",
      "4",
      "socks4a",
      "socks5",
      "5",
      "socks5h",
      "auto",
    ],
    group: "Proxies",
    modes: SESSIONS,
    help: "What -x HOST:PORT speaks; with -l: be such a proxy",
  },
  {
    name: "proxy-user",
    letter: "P",
    type: "text",
    placeholder: "NAME",
    group: "Proxies",
    modes: SESSIONS,
    help: "User for the proxy; the password is asked for",
  },
  {
    name: "proxy-auth",
    does: "Credentials for the proxy",
    type: "text",
    placeholder: "USER:PASSWORD",
    group: "Proxies",
    modes: SESSIONS,
    help: "Credentials; safer in NCX_PROXY_AUTH",
  },
  {
    name: "proxy-dns",
    type: "choice",
    placeholder: "WHERE",
    choices: ["local", "remote", "both", "none"],
    default: "as the URL's scheme says, else remote",
    group: "Proxies",
    modes: SESSIONS,
    help: "Who looks the destination's name up",
  },
  {
    name: "open-proxy",
    type: "flag",
    group: "Proxies",
    modes: ["listen"],
    help: "Be a proxy for everybody, beyond loopback too",
  },
  {
    name: "allow-target",
    type: "list",
    placeholder: "HOSTS",
    group: "Proxies",
    modes: ["listen"],
    help: "As a proxy: connect to these only",
  },
  {
    name: "deny-target",
    type: "list",
    placeholder: "HOSTS",
    group: "Proxies",
    modes: ["listen"],
    help: "As a proxy: never connect to these",
  },

  {
    name: "exec",
    letter: "e",
    type: "text",
    placeholder: "COMMAND",
    group: "Programs",
    modes: CLASSIC,
    help: "Run a program for the connection, without a shell",
  },
  {
    name: "sh-exec",
    letter: "c",
    type: "text",
    placeholder: "COMMAND",
    group: "Programs",
    modes: CLASSIC,
    help: "Run a line of the shell for the connection",
  },
  {
    name: "lua-exec",
    type: "text",
    placeholder: "FILE",
    group: "Programs",
    modes: CLASSIC,
    help: "Run a Lua script for the connection",
  },
  {
    name: "pty",
    type: "flag",
    group: "Programs",
    modes: CLASSIC,
    help: "Give the program a terminal: --pty -e bash",
  },
  {
    name: "exit-from-child",
    type: "flag",
    group: "Programs",
    modes: CLASSIC,
    help: "Exit with the program's exit code",
  },
  {
    name: "record",
    type: "text",
    placeholder: "FILE",
    group: "Programs",
    modes: CLASSIC,
    help: "With --pty: an asciinema recording of each session",
  },

  {
    name: "broker",
    type: "flag",
    group: "Clients",
    modes: ["listen"],
    help: "Pass what each client says on to all others",
  },
  {
    name: "chat",
    type: "flag",
    group: "Clients",
    modes: ["listen"],
    help: "The same for people, who see who speaks",
  },
  {
    name: "allow",
    type: "list",
    placeholder: "HOSTS",
    group: "Clients",
    modes: ["listen", "relay"],
    help: "Only these may connect: names, CIDR, 10.0.0-9.*",
  },
  {
    name: "allow-file",
    aliases: ["allowfile"],
    type: "list",
    placeholder: "FILE",
    group: "Clients",
    modes: ["listen", "relay"],
    help: "The same, from a file",
  },
  {
    name: "deny",
    type: "list",
    placeholder: "HOSTS",
    group: "Clients",
    modes: ["listen", "relay"],
    help: "These may not connect, whatever --allow says",
  },
  {
    name: "deny-file",
    aliases: ["denyfile"],
    type: "list",
    placeholder: "FILE",
    group: "Clients",
    modes: ["listen", "relay"],
    help: "The same, from a file",
  },
  {
    name: "deny-mode",
    type: "choice",
    placeholder: "HOW",
    choices: ["close", "reset"],
    default: "close",
    group: "Clients",
    modes: ["listen", "relay"],
    help: "How they are turned away",
  },
  {
    name: "auth",
    type: "text",
    placeholder: "USER:PASSWORD",
    group: "Security",
    modes: ["listen"],
    help: "Ask clients to log in; safer in NCX_AUTH",
  },
  {
    name: "auth-file",
    type: "text",
    placeholder: "FILE",
    group: "Security",
    modes: ["listen"],
    help: "The same, from a file: one user:password a line",
  },
  {
    name: "max-conns-per-ip",
    type: "integer",
    placeholder: "N",
    min: 0,
    group: "Clients",
    modes: ["listen", "relay"],
    help: "At most N clients of one address at a time",
  },
  {
    name: "accept-rate",
    type: "integer",
    placeholder: "N",
    min: 1,
    group: "Clients",
    modes: ["listen", "relay"],
    help: "At most N new clients a second; close further ones",
  },

  {
    name: "rate-limit",
    type: "bytes",
    placeholder: "BYTES",
    group: "Data",
    modes: NETWORK,
    help: "Pass at most BYTES a second in each direction",
  },
  {
    name: "telnet-refuse",
    does: "Refuse telnet's negotiation",
    letter: "t",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Refuse telnet's negotiation, and show none of it",
  },
  {
    name: "telnet",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Speak telnet; with --pty be a telnet server",
  },
  {
    name: "raw",
    type: "flag",
    group: "Data",
    modes: CLASSIC,
    help: "Send every key as it is, ^C too; ^] leaves",
  },
  {
    name: "escape",
    type: "text",
    placeholder: "CHAR",
    pattern: String.raw`\^[a-z@[\\\]^_?]|[!-~]|none`,
    default: "^]",
    group: "Data",
    modes: CLASSIC,
    help: "With --raw: the key that leaves; none for none",
  },

  {
    name: "verbose",
    letter: "v",
    letters: { http: "v", telnet: "v" },
    type: "count",
    group: "General",
    modes: [...CLASSIC, "http", "telnet"],
    help: "Say what happens",
  },
  {
    name: "verbose",
    letters: { relay: "v" },
    type: "count",
    group: "General",
    modes: ["relay"],
    help: "Say how each connection ended; -vv: when it opened",
  },
  {
    name: "quiet",
    type: "flag",
    group: "General",
    modes: SESSIONS,
    help: "Say nothing on stderr",
  },
  {
    name: "json",
    field: "jsonEvents",
    aliases: ["json-output"],
    type: "flag",
    group: "General",
    modes: SESSIONS,
    help: "Events on stderr instead of sentences, one a line",
  },
  {
    name: "json-output",
    field: "jsonEvents",
    type: "flag",
    group: "General",
    modes: ["http"],
    help: "Events on stderr instead of sentences, one a line",
  },
  {
    name: "json",
    field: "jsonEvents",
    type: "flag",
    group: "General",
    modes: ["doctor"],
    help: "Print it as JSON",
  },
  {
    name: "help",
    letter: "h",
    letters: { relay: "h", http: "h", completion: "h", doctor: "h", telnet: "h" },
    type: "flag",
    group: "General",
    modes: ALL,
    help: "Show this",
    does: "Show the help",
  },
  {
    name: "version",
    letter: "V",
    letters: { relay: "V", http: "V", completion: "V", doctor: "V", telnet: "V" },
    type: "flag",
    group: "General",
    modes: ALL,
    help: "Show the version",
  },

  {
    name: "login",
    letters: { telnet: "l" },
    type: "text",
    placeholder: "USER",
    group: "Mode",
    modes: ["telnet"],
    help: "Who to log in as, for a server that asks (NEW-ENVIRON)",
  },
  {
    name: "escape",
    letters: { telnet: "e" },
    type: "text",
    placeholder: "KEY",
    default: "^]",
    group: "Mode",
    modes: ["telnet"],
    help: "The key that opens the telnet> prompt; off for none",
  },
  {
    name: "no-escape",
    letters: { telnet: "E" },
    type: "flag",
    group: "Mode",
    modes: ["telnet"],
    help: "No key opens the prompt",
  },
  {
    name: "binary",
    letters: { telnet: "8" },
    type: "flag",
    group: "Data",
    modes: ["telnet"],
    help: "Ask for 8-bit data in both directions (BINARY)",
  },
  {
    name: "binary-out",
    letters: { telnet: "L" },
    type: "flag",
    group: "Data",
    modes: ["telnet"],
    help: "Ask for 8-bit data in what is sent alone",
  },
  {
    name: "charset",
    type: "choice",
    placeholder: "NAME",
    choices: ["utf-8", "cp437", "latin1"],
    default: "utf-8",
    group: "Data",
    modes: ["telnet"],
    help: "Characters of the other end; cp437 for a BBS",
  },
  {
    name: "trace",
    type: "flag",
    group: "General",
    modes: ["telnet"],
    help: "Show the negotiation on stderr, decoded",
  },

  // Accepted, because lines that use them mean what happens anyway.
  { name: "compressed", type: "flag", modes: ["http"], ignored: true },
  { name: "no-buffer", letters: { http: "N" }, type: "flag", modes: ["http"], ignored: true },
  { name: "globoff", letters: { http: "g" }, type: "flag", modes: ["http"], ignored: true },
  { name: "http1.1", type: "flag", modes: ["http"], ignored: true },
  {
    name: "socket-debug",
    does: "Debugging of the socket (SO_DEBUG)",
    type: "flag",
    modes: CLASSIC,
    ignored: "Node cannot set SO_DEBUG",
  },

  {
    name: "nsock-engine",
    does: "Which way of polling to use",
    type: "text",
    modes: CLASSIC,
    ignored: "Node has one event loop of its own",
  },

  { name: "proxy", letters: { http: "x" }, type: "list", modes: ["http"], later: true },
  { name: "tls-servername", type: "text", modes: ["http"], later: true },
  { name: "script", type: "text", modes: CLASSIC, later: true },
  { name: "remote-forward", letter: "R", type: "list", modes: NETWORK, later: true },
  { name: "dynamic-forward", letter: "D", type: "list", modes: NETWORK, later: true },

  { name: "cookie", letters: { http: "b" }, type: "list", modes: ["http"], later: true },
  { name: "cookie-jar", letters: { http: "c" }, type: "text", modes: ["http"], later: true },
  { name: "continue-at", letters: { http: "C" }, type: "text", modes: ["http"], later: true },
  { name: "dump-header", letters: { http: "D" }, type: "text", modes: ["http"], later: true },
  { name: "referer", letters: { http: "e" }, type: "text", modes: ["http"], later: true },
  { name: "form", letters: { http: "F" }, type: "list", modes: ["http"], later: true },
  { name: "get", letters: { http: "G" }, type: "flag", modes: ["http"], later: true },
  { name: "data-urlencode", type: "list", modes: ["http"], later: true },
  { name: "remote-name", letters: { http: "O" }, type: "flag", modes: ["http"], later: true },
  {
    name: "remote-header-name",
    letters: { http: "J" },
    type: "flag",
    modes: ["http"],
    later: true,
  },
  { name: "range", letters: { http: "r" }, type: "text", modes: ["http"], later: true },
  { name: "upload-file", letters: { http: "T" }, type: "text", modes: ["http"], later: true },
  { name: "user", letters: { http: "u" }, type: "text", modes: ["http"], later: true },
  { name: "digest", type: "flag", modes: ["http"], later: true },
  { name: "oauth2-bearer", type: "text", modes: ["http"], later: true },
  { name: "write-out", letters: { http: "w" }, type: "text", modes: ["http"], later: true },
  { name: "resolve", type: "list", modes: ["http"], later: true },
  { name: "connect-to", type: "list", modes: ["http"], later: true },
  { name: "retry", type: "integer", modes: ["http"], later: true },
  { name: "http2", type: "flag", modes: ["http"], later: true },
  { name: "http1.0", letters: { http: "0" }, type: "flag", modes: ["http"], later: true },

  {
    name: "pass-fd",
    does: "Pass the connected socket to the parent, and exit",
    letter: "F",
    type: "flag",
    modes: CLASSIC,
    refused: "Node cannot pass a descriptor to another process by sendmsg",
  },
  {
    name: "tcp-md5",
    does: "TCP MD5 signatures (RFC 2385)",
    letter: "S",
    type: "flag",
    modes: CLASSIC,
    refused: "Node cannot sign TCP segments (RFC 2385)",
  },
  {
    name: "dccp",
    does: "DCCP instead of TCP",
    letter: "Z",
    type: "flag",
    modes: CLASSIC,
    refused: "Node has no DCCP sockets",
  },
  {
    name: "sctp",
    does: "SCTP instead of TCP",
    type: "flag",
    modes: NETWORK,
    refused: "Node has no SCTP sockets",
  },
  {
    name: "vsock",
    does: "Vsock instead of TCP",
    type: "flag",
    modes: NETWORK,
    refused: "Node has no vsock sockets",
  },
  {
    name: "source-route",
    does: "Source route through these hops",
    letter: "g",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot set the IP options of source routing",
  },
  {
    name: "source-route-pointer",
    does: "Where the source route's pointer stands",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot set the IP options of source routing",
  },
  {
    name: "min-ttl",
    does: "Drop packets whose hop limit is lower",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot ask the system to drop packets by their hop limit",
  },
  {
    name: "routing-table",
    does: "The routing table to use",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot choose a routing table",
  },
  {
    name: "all-records",
    does: "Nothing; it was meant to print every DNS record",
    type: "flag",
    modes: CLASSIC,
    refused: "traditional netcat never got to it either",
  },
];

/** The row that `name`, canonical or alias, has in a mode. */
export function optionNamed(name: string, mode: Mode): Option | undefined {
  return OPTIONS.find((row) => row.modes.includes(mode) && isCalled(row, name));
}

/** The row that `name` has in any netcat mode: before the line has shown which mode it is. */
export function classicOptionNamed(name: string): Option | undefined {
  return OPTIONS.find(
    (row) => row.modes.some((mode) => NETWORK.includes(mode)) && isCalled(row, name),
  );
}

/** The row of a letter: a mode's own, or for the netcat modes `letters` (letter to name), else ncx's. */
export function optionLettered(
  letter: string,
  mode: Mode,
  letters?: Readonly<Record<string, string>>,
): Option | undefined {
  if (mode !== "connect" && mode !== "listen") {
    return OPTIONS.find((row) => row.letters?.[mode] === letter);
  }
  if (!letters) return OPTIONS.find((row) => row.letter === letter);
  const name = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
  return name === undefined ? undefined : classicOptionNamed(name);
}

/** Whether it needs a value. */
export function takesValue(row: Option): boolean {
  return row.type !== "flag" && row.type !== "count";
}

/** The field of Args that the row's value goes to. */
export function fieldOf(row: Option): string {
  return row.field ?? row.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function isCalled(row: Option, name: string): boolean {
  return row.name === name || row.aliases?.includes(name) === true;
}
