/** What --help and the man page share beside the table of options: usage lines, examples, exit codes, environment. */
import type { Mode } from "./args.ts";
import { OPTIONS, takesValue } from "./options/index.ts";
import type { Option, OptionGroup } from "./options/index.ts";
import { PERSONALITIES } from "./personality.ts";
import type { Personality } from "./personality.ts";

export interface Page {
  /** One line. */
  readonly summary: string;
  readonly usage: readonly string[];
  /** A command line and what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  /** Further paragraphs, one a line. */
  readonly notes: readonly string[];
  /** What the manual page says in tables, beyond --help. */
  readonly tables?: readonly (readonly [
    title: string,
    rows: readonly (readonly [what: string, meaning: string])[],
  ])[];
}

export const PAGES: Readonly<Record<Mode, Page>> = {
  connect: {
    summary: "netcat, telnet, a forwarder, an HTTP poke and port tools in one command",
    usage: [
      "ncx [OPTION]... HOST PORT...             connect; -z: which ports are open?",
      "ncx -l [OPTION]... [HOST] PORT           listen",
      "ncx relay [OPTION]... FROM TO            forward a port to another place",
      "ncx http [OPTION]... [METHOD] URL        one HTTP request",
      "ncx telnet [OPTION]... HOST [[-]PORT]    log in, or talk by hand",
      "ncx ports [OPTION]... [FILTER]...        who listens, who is connected?",
      "ncx services [OPTION]... [NAME|PORT]...  what is port 443?",
      "ncx scan [OPTION]... TARGET...           which ports are open?",
      "ncx wait [OPTION]... TARGET... [-- CMD]  is it up yet?",
      "ncx free-port [OPTION]... [-- CMD]       a port that nobody has",
      "ncx capture [OPTION]... [FILTER]...      what passes on the wire?",
      "ncx doctor COMMAND LINE                  explain another netcat's flags",
      "ncx completion SHELL                     tab completion of this shell",
    ],
    examples: [
      ["ncx -l 8080", "listen; what arrives goes to stdout"],
      ["ncx example.org 80", "connect; stdin goes there, the answer to stdout"],
      ["ncx -l 9000 > file", "receive a file"],
      ["ncx host 9000 < file", "send one"],
      ["ncx -zv host 20-30 443 http", "which of these ports are open?"],
      ["ncx -lkU /tmp/a.sock", "serve many clients on a unix socket"],
      ["ncx -u host 5353", "UDP"],
      ["ncx relay 8080 host:80", "forward a port"],
      ["ncx http GET http://host/", "ask a web server"],
    ],
    notes: [
      "Options may stand before, between and after the operands. A TIME is in seconds unless it says ms, s, m, h or d.",
      "Each mode has a help of its own: ncx scan --help, ncx wait --help and so on.",
    ],
  },
  listen: {
    summary: "wait for a client; its bytes go to stdout, stdin goes to it",
    usage: ["ncx -l [OPTION]... [HOST] PORT", "ncx listen [OPTION]... [HOST] PORT"],
    examples: [
      ["ncx -l 8080", "one client, on every address, v4 and v6"],
      ["ncx -l 127.0.0.1 8080", "on this address only"],
      ["ncx -lk 8080", "many clients at a time"],
      ["ncx -l 0", "on a free port, and say which"],
      ["ncx -lku 5353", "UDP, many peers"],
      ["ncx -lU /tmp/a.sock", "a unix socket"],
      ["ncx -l 9000 > file", "receive a file"],
    ],
    notes: ["A TIME is in seconds unless it says ms, s, m, h or d."],
  },
  relay: {
    summary: "accept connections at one place and pass each on to another",
    usage: [
      "ncx relay [OPTION]... FROM TO [FROM TO]...",
      "ncx relay -L [BIND:]PORT:HOST:PORT [OPTION]...",
    ],
    examples: [
      ["ncx relay 8080 host:80", "port 8080 here is port 80 of host"],
      ["ncx relay 0.0.0.0:8080 host:80", "for other machines too"],
      ["ncx relay udp:5353 host:53", "UDP, a session for each client"],
      ["ncx relay 2375 unix:/run/docker.sock", "TCP to a unix socket"],
      ["ncx relay 8080 a:80 -- 8443 b:443", "two rules in one command"],
    ],
    notes: [
      "A place is PORT, HOST:PORT, [V6]:PORT, udp:HOST:PORT or unix:/PATH. FROM is on loopback unless it names an address or --public is given.",
      "A TIME is in seconds unless it says ms, s, m, h or d.",
    ],
  },
  http: {
    summary: "one HTTP request; the body of the answer goes to stdout",
    usage: ["ncx http [OPTION]... [METHOD] URL"],
    examples: [
      ["ncx http example.org/path", "GET"],
      ["ncx http -v http://host/", "with the wire view on stderr"],
      ["ncx http -o file.iso http://host/file.iso", "download, with progress"],
      ["ncx http POST host/items --json '{\"a\":1}'", "send JSON"],
      ["ncx http -d @body.txt http://host/form", "send a file"],
      ["ncx http --unix-socket /run/docker.sock http://d/info", "through a unix socket"],
    ],
    notes: ["Letters, and exit codes, are curl's."],
  },
  completion: {
    summary: "print the tab completion of a shell",
    usage: ["ncx completion bash|zsh|fish|powershell"],
    examples: [
      ["source <(ncx completion bash)", "bash, in ~/.bashrc"],
      ["source <(ncx completion zsh)", "zsh, in ~/.zshrc after compinit"],
      ["ncx completion fish > ~/.config/fish/completions/ncx.fish", "fish"],
      ["ncx completion powershell | Out-String | Invoke-Expression", "PowerShell, in $PROFILE"],
    ],
    notes: [],
  },
  telnet: {
    summary: "talk to a telnet server, or by hand to any other; ^] opens a prompt",
    usage: ["ncx telnet [OPTION]... HOST [[-]PORT]", "ncx telnet"],
    examples: [
      ["ncx telnet host", "log in; vi, top and their like draw"],
      ["ncx telnet localhost 8080", "text both ways; ^] and quit to leave"],
      ["ncx telnet -l anna host", "say who you are"],
      ["ncx telnet host -2323", "negotiate at once, as on port 23"],
      ["ncx telnet --tls mud.example.org 4443", "over TLS"],
      ["ncx telnet --charset cp437 bbs.example.org", "a bulletin board"],
      ["ncx telnet --trace router", "with the negotiation, decoded"],
    ],
    notes: [
      "At the telnet> prompt: quit, close, open, status, send, mode, set, toggle, display, environ, logout, z, !COMMAND; help tells more. Anything but leaving goes back to the session at once.",
      "Quitting is 0; 1 when the other end closes first.",
    ],
    tables: [
      [
        "Keys",
        [
          ["^]", "the prompt; -e chooses another key"],
          ["Enter", "sends the line with CR LF; where each key is sent, CR NUL"],
          ["Backspace, ^U, ^W, ^R, ^V", "edit a line, where lines are edited here"],
          ["^C, ^\\, ^Z", "there, telnet's IP, BRK (ABORT with LINEMODE) and SUSP"],
        ],
      ],
      [
        "Commands of the prompt",
        [
          ["quit, close", "leave; so does ^D"],
          ["open HOST [[-]PORT]", "go to another host; what was chosen is kept"],
          ["status", "where you are, who edits lines, options, bytes, time"],
          ["help [COMMAND], ?", "the commands; one of them and the words that it takes"],
          ["send WHAT...", "telnet's commands: ayt, brk, ip, do OPTION; send ? lists them"],
          ["mode WHAT", "character or line; with LINEMODE [-]edit, isig, litecho, softtabs"],
          ["toggle WHAT...", "binary, crlf, crmod, localchars, netdata, options"],
          ["display [WHAT...]", "where the settings stand"],
          ["set escape KEY, unset escape", "the key that opens the prompt"],
          [
            "environ define NAME VALUE",
            "a variable for the server; also undefine, export, unexport and list",
          ],
          ["logout", "ask the server to log you out"],
          ["z, !COMMAND, !", "suspend; a line of shell; a shell"],
        ],
      ],
      [
        "In a pipe",
        [
          ["stdin", "lines go out with CR LF; its end half-closes, and the answer is waited for"],
          ["stdout", "the data alone, CR LF as LF; the sentences are on stderr"],
        ],
      ],
    ],
  },
  doctor: {
    summary: "a netcat's command line explained, flag by flag, and spelled in ncx",
    usage: ["ncx doctor [--json] 'COMMAND LINE'", "ncx doctor [--json] PROGRAM [WORD]..."],
    examples: [
      ["ncx doctor 'nc -lvp 8080 -e /bin/sh'", "what is it, and what is it in ncx?"],
      ["ncx doctor ncat --ssl -i 5 host 443", "without the quotes"],
      ["ncx doctor busybox nc -ll -p 80 -e cat", "BusyBox, and GNU netcat, are known too"],
    ],
    notes: [
      "Every word after doctor belongs to the line that is explained; nothing of it is run. A line in quotes is read as a shell reads it; each netcat in it is explained, passwords are masked. Exit code 2: there is none, or it has no such flag.",
    ],
  },
  ports: {
    summary: "what listens on this machine, what is connected, and who it is",
    usage: ["ncx ports [OPTION]... [FILTER]..."],
    examples: [
      ["ncx ports", "what listens, TCP and UDP"],
      ["ncx ports 8080", "who listens on port 8080?"],
      ["ncx ports -plunt", "as with netstat; its look: --format netstat"],
      ["ncx ports -putan", "connections too"],
      ["ncx ports -i :8080", "as with lsof: either end at port 8080"],
      ["ncx ports -a program=node state=established", "filters as key=value"],
      ["ncx ports --why 8080", "who started it, from where?"],
      ["ncx ports --watch -a", "what opens and closes"],
      ["ncx ports --kill 3000", "end what listens there"],
    ],
    notes: [
      "A FILTER is a local port (8080, 8000-8010, http), a place (127.0.0.1:80, udp:53, unix:/run/x.sock), or a key=value: port, pid, program, user, state, remote, proto, exposure, category, -i's inet.",
      "Of one kind of filter any may hold, of several kinds all must. --kill ends nothing unless each port, pid and name that is given is there.",
      "Exit codes: 0 something was found, 1 nothing was, 2 wrong usage.",
    ],
  },
  services: {
    summary: "names and ports of services: /etc/services and IANA's list",
    usage: ["ncx services [OPTION]... [NAME|PORT]..."],
    examples: [
      ["ncx services 443", "what is port 443?"],
      ["ncx services https 53/udp", "by name, and for one protocol"],
      ["ncx services 'mysql*'", "a wildcard"],
      ["ncx services 20-25", "a range"],
      ["ncx services --category registered", "all from 1024 to 49151"],
      ["ncx services", "all of them"],
    ],
    notes: [
      "Ports are well-known (0-1023), registered (1024-49151) or dynamic (49152-65535), RFC 6335.",
      "Exit codes: 0 something was found, 1 nothing was, 2 wrong usage.",
    ],
  },
  wait: {
    summary: "wait until places answer, then run a command",
    usage: ["ncx wait [OPTION]... TARGET... [-- COMMAND [WORD]...]"],
    examples: [
      ["ncx wait db:5432 --timeout 60s -- ./serve", "start once the database takes connections"],
      ["ncx wait http://:8080/health", "until it answers 200-399"],
      ["ncx wait --any unix:/run/a.sock unix:/run/b.sock", "one of them is enough"],
      ["ncx wait tls:host:443 udp:host:53", "a TLS handshake, an answer by UDP"],
      ["ncx wait --banner '^220 ' mail:25", "until it says so"],
      ["ncx wait --gone :8080", "until nobody listens there"],
    ],
    notes: [
      "A target is HOST:PORT, :PORT (of localhost), tls:HOST:PORT, udp:HOST:PORT, unix:/PATH, http://... or https://... The exit code is 0, or 124 after the timeout; or the command's own.",
    ],
  },
  "free-port": {
    summary: "a port that nobody has, and that nobody is given until you use it",
    usage: ["ncx free-port [OPTION]... [-- COMMAND [WORD]...]"],
    examples: [
      ["ncx free-port", "print one"],
      ["ncx free-port --count 3", "three, all different"],
      ["ncx free-port --range 8000-8100", "the first that is free"],
      ["ncx free-port -- node server.js --port {}", "in the command's words, and as NCX_PORT"],
      ["ncx free-port --hold", "keep it until ^C or the end of stdin"],
    ],
    notes: [
      "In the words of the command {} is the port; of several, {1} is the first, {2} the next. They are in NCX_PORT, NCX_PORT_2 and so on, and all of them, with commas, in NCX_PORTS.",
    ],
  },
  scan: {
    summary: "which ports are open, closed or filtered?",
    usage: ["ncx scan [OPTION]... TARGET..."],
    examples: [
      ["ncx scan localhost", "the usual ports"],
      ["ncx scan -p- 127.0.0.1", "all 65,535"],
      ["ncx scan -p 22,80,8000-8100,http* host", "these"],
      ["ncx scan -p T:22,U:53,161 10.0.0-3.1,7", "TCP and UDP, on eight hosts"],
      ["ncx scan --banner host", "and what answers there"],
      ["ncx scan --expect 22,443 --expect-closed 23 host", "a firewall's test"],
      ["ncx scan --json host > last.json", "each port asked for on a line"],
      ["ncx scan --diff last.json host", "exit code 3 when something changed"],
    ],
    notes: [
      "A target is a name, an address, a network such as 10.0.0.0/24, or octet ranges such as 10.0.0-3.1,7. Letters are nmap's. The exit code is 0 when a port is open, 1 when none is.",
    ],
  },
  capture: {
    summary: "packets off the wire or out of a file, as tcpdump has them",
    usage: ["ncx capture [OPTION]... [FILTER]..."],
    examples: [
      ["ncx capture -A -i lo port 8080", "packets of one port, as text"],
      ["ncx capture -i lo --follow port 8080", "what is said, in order, both ways"],
      ["ncx capture -w dump.pcapng host db", "into a file for Wireshark, tcpdump"],
      ["ncx capture -nr dump.pcap 'tcp[13] & 2 != 0'", "the SYNs of a file"],
      ["ncx capture -r dump.pcap --follow 3", "the third conversation alone"],
      ["ncx capture -c 10 --json udp", "ten packets, one object a line"],
      ["ncx capture -D", "the devices there are"],
    ],
    notes: [
      "FILTER is tcpdump's own language, pcap-filter(7); libpcap compiles it. Letters are tcpdump's. Capturing takes libpcap, the optional package koffi, and root or CAP_NET_RAW; reading a file without a filter takes none of them. ^C ends it, and the counts are said.",
    ],
  },
};

export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done, or nobody reads stdout any more; with -z: some port is open"],
  ["1", "a network error, a timeout of connecting or idling; with -z: no port is open"],
  ["2", "wrong usage, a name or address that does not exist, a port or file that cannot be opened"],
  ["70", "a bug in ncx"],
  ["124", "--timeout ran out"],
  ["128 + n", "ended by a signal: 129 SIGHUP, 130 SIGINT, 131 SIGQUIT, 143 SIGTERM"],
];

export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  [
    "NCX_COMPAT",
    "The personality (ncx, ncat, openbsd, traditional) where neither --compat nor the command's name tells",
  ],
  ["NO_COLOR", "If set, no colours"],
];

const GROUPS: readonly OptionGroup[] = [
  "Mode",
  "Addresses",
  "Times",
  "Clients",
  "Data",
  "Ports",
  "Request",
  "Response",
  "Security",
  "Proxies",
  "Programs",
  "General",
];

/** The options that a mode shows, in groups. Connect shows those of listen as well: they are told together. */
export function shownOptions(mode: Mode): readonly (readonly [OptionGroup, readonly Option[]])[] {
  const shown = OPTIONS.filter(
    ({ help, modes }) =>
      help !== undefined &&
      (modes.includes(mode) || (mode === "connect" && modes.includes("listen"))),
  );
  return GROUPS.map((group) => [group, shown.filter((row) => row.group === group)] as const).filter(
    ([, rows]) => rows.length > 0,
  );
}

/** The row's letter in a mode, under a personality. */
export function letterOf(
  row: Option,
  mode: Mode,
  personality: Personality = PERSONALITIES.ncx,
): string | undefined {
  if (mode !== "connect" && mode !== "listen") return row.letters?.[mode];
  if (!personality.letters) return row.letter;
  return Object.entries(personality.letters).find(([, name]) => name === row.name)?.[0];
}

/** The same, or the two letters that nmap has for it. */
export function shortOf(row: Option, mode: Mode, personality?: Personality): string | undefined {
  return letterOf(row, mode, personality) ?? row.word;
}

/** `-w, --wait TIME`. */
export function signature(row: Option, mode: Mode, personality?: Personality): string {
  const short = shortOf(row, mode, personality);
  const value = takesValue(row) ? ` ${row.placeholder ?? "VALUE"}` : "";
  return `${short === undefined ? "    " : `-${short}, `}--${row.name}${value}`;
}

/** The help line in a mode, with the default. */
export function described(row: Option, mode: Mode): string {
  const { help: usual = "", helps, default: preset } = row;
  const help = helps?.[mode] ?? usual;
  return preset === undefined ? help : `${help} (default: ${preset})`;
}
