/** One ncx and one peer, whatever is between them: what tests of every carrier need of the two. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { closedPort, tcpClient, tcpPeer, udpPeer } from "./peers.ts";
import { scratch, start, startListening, type Running } from "./run-cli.ts";

export interface Peer {
  say(text: string): void;
  /** Resolves once this text has come. */
  heard(text: string): Promise<void>;
  /** All that has come so far. */
  all(): string;
  /** Whether the end of ncx's output has come. */
  ended(): boolean;
  /** Resolves when it has, or when the connection is gone. */
  end(): Promise<void>;
  /** Ends its own output, and goes on reading. Nothing, where there is no such thing. */
  finish(): void;
}

/** Both, introduced to each other: the peer has been sent "hello", or has sent it, unless ncx is to be silent. */
export interface Meeting extends AsyncDisposable {
  readonly ncx: Running;
  readonly peer: Peer;
}

export interface Place {
  readonly name: string;
  /** UDP: no end of input, and no half-close. */
  readonly endless?: boolean;
  /** It dials. */
  readonly dials?: boolean;
  /** It serves one client after another, and does not end with one. */
  readonly many?: boolean;
  meet(flags: readonly string[]): Promise<Meeting>;
}

export const PLACES: readonly Place[] = [
  { name: "TCP", dials: true, meet: (flags) => dialled(flags, []) },
  { name: "a unix socket", dials: true, meet: dialledUnix },
  { name: "UDP", dials: true, endless: true, meet: dialledUdp },
  { name: "-l", meet: (flags) => accepted(flags, ["-l"]) },
  { name: "-l -k", many: true, meet: (flags) => accepted(flags, ["-l", "-k"]) },
  { name: "-l -U", meet: acceptedUnix },
  { name: "-l -u", endless: true, meet: (flags) => acceptedUdp(flags, ["-l", "-u"]) },
  {
    name: "-l -u -k",
    endless: true,
    many: true,
    meet: (flags) => acceptedUdp(flags, ["-l", "-u", "-k"]),
  },
];

/** ncx with these flags dials a TCP server. */
async function dialled(flags: readonly string[], extra: readonly string[]): Promise<Meeting> {
  const server = await tcpPeer();
  const ncx = start([...flags, ...extra, "127.0.0.1", `${server.port}`]);
  return meeting(ncx, await orEnded(server.next(), ncx), server);
}

async function dialledUnix(flags: readonly string[]): Promise<Meeting> {
  const folder = await scratch();
  const server = await tcpPeer(() => {}, { path: folder.path("s") });
  const ncx = start([...flags, "-U", folder.path("s")]);
  return meeting(ncx, await orEnded(server.next(), ncx), server, folder);
}

/** ncx with these flags listens on TCP, and a client comes. */
export async function accepted(
  flags: readonly string[],
  extra: readonly string[],
): Promise<Meeting> {
  const ncx = await startListening([...flags, ...extra, "127.0.0.1", "0"]);
  const client = await tcpClient(ncx.port);
  return meeting(ncx, client.socket, client);
}

async function acceptedUnix(flags: readonly string[]): Promise<Meeting> {
  const folder = await scratch();
  const ncx = start([...flags, "-v", "-lU", folder.path("s")]);
  await ncx.said(/Listening on/);
  const client = await tcpClient(folder.path("s"));
  return meeting(ncx, client.socket, client, folder);
}

/** The connection, unless ncx has ended without one. */
export function orEnded<T>(socket: Promise<T>, ncx: Running): Promise<T> {
  const over = ncx.ended.then(({ code, stderr }) => {
    throw new Error(`no connection, exit ${code}: ${stderr}`);
  });
  return Promise.race([socket, over]);
}

export function meeting(ncx: Running, socket: Duplex, ...others: AsyncDisposable[]): Meeting {
  let so = "";
  let ended = false;
  socket.on("data", (chunk: Buffer) => (so += String(chunk)));
  socket.on("error", () => {});
  socket.once("end", () => (ended = true));
  const peer: Peer = {
    say: (text) => void socket.write(text),
    async heard(text) {
      while (!so.includes(text)) {
        if (ended || socket.destroyed) throw new Error(`"${text}" never came: ${so}`);
        await Promise.race([once(socket, "data"), once(socket, "end"), once(socket, "close")]);
      }
    },
    all: () => so,
    ended: () => ended,
    async end() {
      if (!ended && !socket.destroyed)
        await Promise.race([once(socket, "end"), once(socket, "close")]);
    },
    finish: () => void socket.end(),
  };
  return { ncx, peer, [Symbol.asyncDispose]: () => disposeAll([ncx, ...others]) };
}

async function disposeAll(all: readonly AsyncDisposable[]): Promise<void> {
  for (const one of all) await one[Symbol.asyncDispose]();
}

/** ncx sends from a port that the peer knows, so that either may speak first. */
async function dialledUdp(flags: readonly string[]): Promise<Meeting> {
  const own = await closedPort();
  const server = await udpPeer();
  const ncx = start([...flags, "-v", "-u", "-p", `${own}`, "127.0.0.1", `${server.port}`]);
  await Promise.race([ncx.said(/Connected/), ncx.ended]);
  return datagramMeeting(ncx, server, own);
}

async function acceptedUdp(flags: readonly string[], extra: readonly string[]): Promise<Meeting> {
  const ncx = await startListening([...flags, ...extra, "127.0.0.1", "0"]);
  return datagramMeeting(ncx, await udpPeer(), ncx.port);
}

function datagramMeeting(
  ncx: Running,
  own: Awaited<ReturnType<typeof udpPeer>>,
  port: number,
): Meeting {
  let so = "";
  own.socket.on("message", (datagram) => (so += String(datagram)));
  const peer: Peer = {
    say: (text) => own.send(text, port),
    async heard(text) {
      while (!so.includes(text)) await once(own.socket, "message");
    },
    all: () => so,
    ended: () => false,
    end: () => Promise.resolve(),
    finish: () => {},
  };
  return { ncx, peer, [Symbol.asyncDispose]: () => disposeAll([ncx, own]) };
}
