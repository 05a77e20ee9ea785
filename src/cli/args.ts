/** What the user typed, parsed: every string with a grammar is already a number of ms or bytes, a list or a choice. */

export type Mode =
  | "listen"
  | "connect"
  | "relay"
  | "http"
  | "completion"
  | "doctor"
  | "ports"
  | "services"
  | "wait"
  | "free-port"
  | "scan"
  | "capture"
  | "telnet";

export type PersonalityName = "ncx" | "ncat" | "openbsd" | "traditional";

export type Eol = "lf" | "crlf" | "cr" | "none";

/** One field for each row of the table in options.ts (a test holds the two together). Times are ms, sizes bytes. */
export interface Args {
  readonly mode: Mode;
  /** What isn't an option: host and ports, endpoints, method and URL, shell name. */
  readonly operands: readonly string[];
  readonly personality: PersonalityName;

  // everywhere
  readonly verbose: number;
  readonly quiet?: boolean;
  /** One event a line on stderr (`--json`; in http mode `--json-output`). */
  readonly jsonEvents?: boolean;
  readonly help?: boolean;
  readonly version?: boolean;
  /** Sentences about options that were accepted but cannot have an effect; the edge says them. */
  readonly warnings?: readonly string[];

  // where and how
  readonly listen?: boolean;
  readonly udp?: boolean;
  readonly unix?: boolean;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  readonly numeric?: boolean;
  /** `-p`: the source port, or with -l the port to listen on (a number or a service name, checked later). */
  readonly port?: string;
  /** `-s`: the source address, or with -l the address to listen on. */
  readonly source?: string;
  readonly public?: boolean;
  readonly broadcast?: boolean;
  readonly keepalive?: boolean;
  readonly ttl?: number;
  readonly tos?: string;
  readonly recvBuffer?: number;
  readonly sendBuffer?: number;

  // how long
  /** `-w`: connect timeout; under a personality that says so, idle as well. */
  readonly wait?: number;
  readonly connectTimeout?: number;
  readonly idleTimeout?: number;
  /** Total time for the whole run. */
  readonly timeout?: number;
  /** `-q`: after the end of stdin wait at most this long; Infinity for a negative number. */
  readonly quitAfter?: number;

  // listening
  readonly keepOpen?: boolean;
  readonly maxConns?: number;
  readonly maxAccepts?: number;
  readonly portFile?: string;

  // what passes
  readonly noStdin?: boolean;
  readonly sendOnly?: boolean;
  readonly recvOnly?: boolean;
  /** `-N`: half-close at the end of stdin; it matters to a personality that does not by itself. */
  readonly shutdown?: boolean;
  readonly noShutdown?: boolean;
  readonly halfOpen?: boolean;
  /** `-C` is crlf. */
  readonly eol?: Eol;
  /** `-i`: ms between lines sent, and between ports with -z. */
  readonly lineDelay?: number;
  /** `--delay`: ms before each read or write. */
  readonly delay?: number;
  /** `-W`: end after this many chunks or datagrams from the peer. */
  readonly recvLimit?: number;
  readonly hex?: boolean;
  readonly hexDump?: string;
  /** `-o` in connect and listen: raw dump of both directions; in http: the body's file. */
  readonly output?: string;
  readonly appendOutput?: boolean;

  /** `--rate-limit`: bytes a second in each direction. */
  readonly rateLimit?: number;
  /** `-t`: refuse telnet's negotiation. */
  readonly telnetRefuse?: boolean;
  /** `--telnet`: negotiate. */
  readonly telnet?: boolean;
  readonly raw?: boolean;
  /** `--escape`, of --raw and of telnet: `^]`, one character, or `none`. */
  readonly escape?: string;

  // TLS (of connect, listen and relay)
  readonly tls?: boolean;
  readonly tlsVerify?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCiphers?: string;
  readonly tlsServername?: string;
  readonly tlsAlpn?: string;
  readonly tlsRequestCert?: boolean;

  // telnet's client
  readonly login?: string;
  readonly noEscape?: boolean;
  readonly binary?: boolean;
  readonly binaryOut?: boolean;
  readonly charset?: string;
  readonly trace?: boolean;

  // through proxies, and being one
  readonly proxy?: readonly string[];
  readonly proxyType?: string;
  readonly proxyUser?: string;
  readonly proxyAuth?: string;
  readonly proxyDns?: "local" | "remote" | "both" | "none";
  readonly openProxy?: boolean;
  readonly allowTarget?: readonly string[];
  readonly denyTarget?: readonly string[];

  // a program instead of the terminal
  readonly exec?: string;
  readonly shExec?: string;
  readonly luaExec?: string;
  readonly pty?: boolean;
  readonly exitFromChild?: boolean;
  /** `--record FILE`: an asciinema recording of the terminal. */
  readonly record?: string;

  // clients among themselves, and who may be one
  readonly broker?: boolean;
  readonly chat?: boolean;
  readonly allow?: readonly string[];
  readonly allowFile?: readonly string[];
  readonly deny?: readonly string[];
  readonly denyFile?: readonly string[];
  readonly denyMode?: "close" | "reset";
  /** `--auth user:password`: what a client must say first. */
  readonly auth?: string;
  /** `--auth-file FILE`: the same, one a line. */
  readonly authFile?: string;
  readonly maxConnsPerIp?: number;
  readonly acceptRate?: number;

  // probing
  readonly zero?: boolean;
  readonly randomPorts?: boolean;
  readonly allOpen?: boolean;

  // relay
  /** `-L [bind:]port:host:hostport`, repeatable. */
  readonly localForward?: readonly string[];
  readonly retries?: number;
  readonly drain?: number;
  readonly tap?: "text" | "hex" | "none";

  // ports and services
  readonly tcp?: boolean;
  readonly listening?: boolean;
  readonly all?: boolean;
  readonly wide?: boolean;
  readonly extend?: boolean;
  readonly noHeader?: boolean;
  /** `-i`: places in lsof's spelling; "any" where the option stands alone. */
  readonly inet?: readonly string[];
  readonly pid?: string;
  readonly program?: readonly string[];
  readonly user?: readonly string[];
  readonly state?: readonly string[];
  readonly remote?: readonly string[];
  readonly exposure?: "loopback" | "lan" | "all";
  readonly category?: "well-known" | "registered" | "dynamic";
  readonly format?: "table" | "netstat" | "ss" | "lsof" | "json" | "csv";
  readonly watch?: number;
  readonly why?: boolean;
  readonly kill?: boolean;
  readonly grace?: number;
  readonly yes?: boolean;

  // http (curl's names)
  readonly request?: string;
  readonly header?: readonly string[];
  readonly data?: readonly string[];
  readonly dataRaw?: readonly string[];
  readonly dataBinary?: readonly string[];
  /** `--json DATA` in http mode: curl's JSON body. */
  readonly jsonBody?: readonly string[];
  readonly include?: boolean;
  readonly head?: boolean;
  readonly location?: boolean;
  readonly maxRedirs?: number;
  readonly maxTime?: number;
  readonly unixSocket?: string;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly userAgent?: string;
  readonly fail?: boolean;
  readonly silent?: boolean;
  readonly showError?: boolean;

  // wait
  /** `--timeout` in wait mode: how long to wait, not how long the command may run. */
  readonly waitTimeout?: number;
  readonly interval?: number;
  readonly gone?: boolean;
  readonly any?: boolean;
  /** `--banner REGEX` in wait mode. */
  readonly bannerPattern?: string;
  readonly status?: string;
  readonly send?: string;

  // free-port
  readonly count?: number;
  readonly range?: string;
  readonly hold?: boolean;
  readonly host?: string;

  // scan (nmap's names)
  readonly ports?: string;
  readonly top?: number;
  readonly fast?: boolean;
  readonly scanTypes?: string;
  readonly excludePorts?: string;
  readonly inputList?: string;
  readonly exclude?: readonly string[];
  readonly excludeFile?: string;
  /** -T: a number, or its name. */
  readonly timing?: string;
  readonly rate?: number;
  readonly concurrency?: number;
  readonly probeTimeout?: number;
  readonly probeRetries?: number;
  readonly hostTimeout?: number;
  readonly banner?: boolean;
  readonly open?: boolean;
  readonly reason?: boolean;
  readonly jsonLines?: boolean;
  readonly csv?: boolean;
  readonly greppable?: string;
  readonly xml?: string;
  readonly normal?: string;
  readonly outputAll?: string;
  readonly scanFormat?: "table" | "json" | "csv" | "grep" | "xml";
  readonly diff?: string;
  readonly expect?: string;
  readonly expectClosed?: string;
  readonly progress?: boolean;

  // capture (tcpdump's letters)
  readonly interface?: string;
  readonly listInterfaces?: boolean;
  readonly readFile?: string;
  readonly writeFile?: string;
  readonly filterFile?: string;
  /** `-C`: millions of bytes, or with a unit. */
  readonly rotateSize?: string;
  readonly rotateTime?: number;
  readonly rotateCount?: number;
  readonly snaplen?: number;
  /** `-B`: KiB of the kernel's buffer. */
  readonly bufferSize?: number;
  readonly ownOnly?: boolean;
  /** `-Q`: which way packets go that are captured. */
  readonly direction?: string;
  /** `-K` */
  readonly anyChecksum?: boolean;
  /** `-A`, `-AA`: the packet as text, from the network's header or the link's on; `-x` and `-X` likewise. */
  readonly ascii?: number;
  readonly hexBytes?: number;
  readonly hexAscii?: number;
  readonly linkHeader?: boolean;
  readonly brief?: boolean;
  readonly absoluteNumbers?: boolean;
  /** `-t` to `-ttttt`: how times are written. */
  readonly stamp?: number;
  /** `--follow [N]`: the conversation's number, or "all". */
  readonly follow?: string;
  readonly print?: boolean;
}
