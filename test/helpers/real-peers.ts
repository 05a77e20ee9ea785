/** Real programs as the other end: how each is told to listen, to send, and where nginx finds its things. */
import { mkdir, writeFile } from "node:fs/promises";
import { closedPort, tcpClient, udpPeer, type UdpPeer } from "./peers.ts";
import { peer } from "./peers-installed.ts";
import { scratch, start, type Running, type StartOptions } from "./run-cli.ts";

/** Starts a real program. */
export function startPeer(
  name: string,
  args: readonly string[],
  options: StartOptions = {},
): Running {
  return start(args, { ...options, program: peer(name) });
}

export interface Nginx extends AsyncDisposable {
  readonly port: number;
  /** It listens there, too. */
  readonly socket: string;
}

/** nginx with these files to serve, text gzipped where the client takes it. */
export async function startNginx(files: Readonly<Record<string, string | Buffer>>): Promise<Nginx> {
  const folder = await scratch();
  await mkdir(folder.path("www"));
  for (const [name, content] of Object.entries(files))
    await writeFile(folder.path(`www/${name}`), content);
  const port = await closedPort();
  const socket = folder.path("nginx.sock");
  await writeFile(folder.path("nginx.conf"), nginxConfig(folder.path("."), port, socket));
  const running = startPeer("nginx", [
    "-p",
    folder.path("."),
    "-c",
    folder.path("nginx.conf"),
    "-e",
    "stderr",
  ]);
  await answers(port, running);
  return {
    port,
    socket,
    async [Symbol.asyncDispose]() {
      running.kill("SIGTERM");
      await running.ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

// One process, in the foreground: who kills it leaves no worker behind.
function nginxConfig(folder: string, port: number, socket: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(" ");
  return `
    daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
    events { worker_connections 2048; }
    http {
      access_log off; ${temporary}
      types { text/plain txt; application/octet-stream bin; }
      gzip on; gzip_types text/plain; gzip_min_length 100;
      keepalive_requests 100000;
      server {
        listen 127.0.0.1:${port} backlog=4096; listen unix:${socket};
        root ${folder}/www;
        location = /moved { return 302 /hello.txt; }
      }
    }`;
}

/** Waits until somebody accepts; throws when the program has ended instead. */
async function answers(port: number, running: Running): Promise<void> {
  let over = false;
  void running.ended.then(() => (over = true));
  for (;;) {
    try {
      await using _client = await tcpClient(port);
      return;
    } catch (error) {
      if (over) throw new Error(`it ended: ${running.stderr()}`, { cause: error });
    }
  }
}

/** A DNS server that knows one address for every name. RFC 1035 §4. */
export function startDns(address: string): Promise<UdpPeer> {
  return udpPeer((query, { port }, socket) => {
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2); // a response, recursion available
    header.writeUInt16BE(1, 6); // one answer
    header.writeUInt32BE(0, 8); // and no more sections
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    // The name by reference to the question's; A, IN, a minute, four bytes.
    const answer = Buffer.from([
      0xc0,
      12,
      0,
      1,
      0,
      1,
      0,
      0,
      0,
      60,
      0,
      4,
      ...address.split(".").map(Number),
    ]);
    socket.send(Buffer.concat([header, question, answer]), port, "127.0.0.1");
  });
}

/** How a netcat listens, dials, and moves a file; every one of them says on stderr that it listens. */
export interface Netcat {
  readonly name: string;
  listen(port: number, way?: "send" | "receive"): readonly string[];
  dial(port: number, way?: "send" | "receive"): readonly string[];
  listenUdp(port: number): readonly string[];
  dialUdp(port: number): readonly string[];
  /** `@name` is an abstract one, where it can reach ours: see {@link EXACT_NAMES}. */
  listenUnix(path: string): readonly string[];
  dialUnix(path: string): readonly string[];
  readonly abstract: boolean;
}

/**
 * Whether this Node binds an abstract name as it is. Before libuv 1.48 (Node 20 has 1.46) it filled the address up with
 * NULs, which is another name to all who don't do the same.
 */
const EXACT_NAMES = Number(process.versions.uv.split(".")[1]) >= 48;
const ABSTRACT = process.platform === "linux";

export const NETCATS: readonly Netcat[] = [
  {
    name: "nc.openbsd",
    listen: (port, way) => ["-l", "-v", ...OPENBSD[way ?? "both"], "127.0.0.1", `${port}`],
    dial: (port, way) => [...OPENBSD[way ?? "both"], "127.0.0.1", `${port}`],
    listenUdp: (port) => ["-u", "-l", "-v", "127.0.0.1", `${port}`],
    dialUdp: (port) => ["-u", "127.0.0.1", `${port}`],
    listenUnix: (path) => ["-l", "-v", "-U", path],
    dialUnix: (path) => ["-N", "-U", path],
    abstract: ABSTRACT && EXACT_NAMES,
  },
  {
    name: "ncat",
    listen: (port, way) => ["-l", "-v", ...NCAT[way ?? "both"], "127.0.0.1", `${port}`],
    dial: (port, way) => [...NCAT[way ?? "both"], "127.0.0.1", `${port}`],
    listenUdp: (port) => ["-u", "-l", "-v", "127.0.0.1", `${port}`],
    dialUdp: (port) => ["-u", "127.0.0.1", `${port}`],
    listenUnix: (path) => ["-l", "-v", "-U", path],
    dialUnix: (path) => ["-U", path],
    abstract: false,
  },
  {
    name: "socat",
    listen: (port, way) => ["-d", "-d", ...socat(`TCP-LISTEN:${port},bind=127.0.0.1`, way)],
    dial: (port, way) => socat(`TCP:127.0.0.1:${port}`, way),
    listenUdp: (port) => ["-d", "-d", "-", `UDP-LISTEN:${port},bind=127.0.0.1`],
    dialUdp: (port) => ["-", `UDP:127.0.0.1:${port}`],
    listenUnix: (path) => ["-d", "-d", "-", socatUnix("LISTEN", path)],
    dialUnix: (path) => ["-", socatUnix("CONNECT", path)],
    abstract: ABSTRACT,
  },
];

const OPENBSD = { both: ["-N"], send: ["-N"], receive: ["-d"] };
const NCAT = { both: [], send: ["--send-only"], receive: ["--recv-only"] };

function socat(place: string, way?: "send" | "receive"): string[] {
  if (way === "send") return ["-u", "-", place];
  return way === "receive" ? ["-u", place, "-"] : ["-t", "60", "-", place];
}

function socatUnix(verb: "LISTEN" | "CONNECT", path: string): string {
  if (!path.startsWith("@")) return `UNIX-${verb}:${path}`;
  return `ABSTRACT-${verb}:${path.slice(1)},unix-tightsocklen=${EXACT_NAMES ? 1 : 0}`;
}

/** Waits until a netcat says that it listens. */
export async function untilListening(running: Running): Promise<void> {
  await running.said(/(listening|bound) on/i);
}
