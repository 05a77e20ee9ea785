/** Proxies made for tests: some that work, over our own codecs, and some that say whatever the test wants. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import {
  basicChallenge,
  checkCredentials,
  digestChallenge,
} from "../../src/protocol/http/auth-check.ts";
import { parseCredentials } from "../../src/protocol/http/auth.ts";
import {
  decodeGreeting5,
  decodePassword5,
  decodeRequest4,
  decodeRequest5,
  encodeMethod5,
  encodePasswordReply5,
  encodeReply4,
  encodeReply5,
  type Decoded,
} from "../../src/protocol/socks.ts";
import { take } from "../../src/stream/take.ts";
import { tcpPeer, type TcpPeer } from "./peers.ts";
import type { Certificate } from "./certs.ts";

export type Kind = "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h";

export interface FakeProxy extends AsyncDisposable {
  readonly port: number;
  /** What clients asked for: `host:port`, and the user where there was one. */
  readonly asked: string[];
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** A proxy that works. Names are all 127.0.0.1 to it. */
export async function workingProxy(
  kind: Kind,
  login?: Login,
  certificate?: Certificate,
): Promise<FakeProxy> {
  const asked: string[] = [];
  const serve = (socket: Duplex): void => {
    socket.on("error", () => {});
    const served = kind.startsWith("http")
      ? serveHttp(socket, asked, login)
      : kind.startsWith("socks4")
        ? serveSocks4(socket, asked)
        : serveSocks5(socket, asked, login);
    served.catch(() => socket.destroy());
  };
  const listener =
    kind === "https" && certificate ? await tlsPeer(certificate, serve) : await tcpPeer(serve);
  return {
    port: listener.port,
    asked,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

async function tlsPeer(
  { cert, key }: Certificate,
  serve: (socket: Duplex) => void,
): Promise<Pick<TcpPeer, "port" | typeof Symbol.asyncDispose>> {
  const sockets = new Set<Duplex>();
  const server = createTlsServer({ cert, key, allowHalfOpen: true }, serve);
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveHttp(socket: Duplex, asked: string[], login?: Login): Promise<void> {
  for (;;) {
    const head = await until(socket, "\r\n\r\n");
    const [, host = "", port = ""] = /^CONNECT (.*):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    const sent = /^Proxy-Authorization: (.*)\r$/m.exec(head)?.[1];
    const credentials = sent === undefined ? undefined : parseCredentials(sent);
    const check = { ...(login ?? { user: "", password: "" }), realm: "fake", method: "CONNECT" };
    const verdict =
      credentials &&
      checkCredentials(credentials, { ...check, target: `${host}:${port}`, nonce: () => "good" });
    if (login && verdict !== "good") {
      const challenges = `${basicChallenge("fake")}, ${digestChallenge({ realm: "fake", nonce: "n" })}`;
      socket.write(
        `HTTP/1.1 407 No\r\nProxy-Authenticate: ${challenges}\r\nContent-Length: 4\r\n\r\nbody`,
      );
      continue;
    }
    asked.push(`${host}:${port}${credentials ? ` ${credentials.scheme}` : ""}`);
    return join(socket, Number(port), "HTTP/1.1 200 OK\r\n\r\n");
  }
}

async function serveSocks4(socket: Duplex, asked: string[]): Promise<void> {
  const { host, port, user } = await decoded(socket, decodeRequest4);
  asked.push(`${host}:${port}${user === "" ? "" : ` ${user}`}`);
  return join(socket, port, encodeReply4(90));
}

async function serveSocks5(socket: Duplex, asked: string[], login?: Login): Promise<void> {
  const methods = await decoded(socket, decodeGreeting5);
  const method = login ? (methods.includes(2) ? 2 : 255) : 0;
  socket.write(encodeMethod5(method));
  if (method === 255) return void socket.end();
  if (login) {
    const given = await decoded(socket, decodePassword5);
    const right = given.user === login.user && given.password === login.password;
    socket.write(encodePasswordReply5(right));
    if (!right) return void socket.end();
  }
  const { host, port } = await decoded(socket, decodeRequest5);
  asked.push(`${host}:${port}`);
  return join(socket, port, encodeReply5(0));
}

async function join(near: Duplex, port: number, answer: string | Buffer): Promise<void> {
  const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  far.on("error", () => near.destroy());
  near.on("close", () => far.destroy());
  await once(far, "connect");
  near.write(answer);
  near.pipe(far);
  far.pipe(near);
}

function decoded<T>(socket: Duplex, decode: (input: Buffer) => Decoded<T> | undefined): Promise<T> {
  let held = Buffer.alloc(0);
  return take(socket, (chunk) => {
    held = Buffer.concat([held, chunk]);
    const found = decode(held);
    return found && { value: found.value, rest: held.subarray(found.size) };
  });
}

/** What comes up to and with this text. */
function until(socket: Duplex, end: string): Promise<string> {
  let held = Buffer.alloc(0);
  return take(socket, (chunk) => {
    held = Buffer.concat([held, chunk]);
    const at = held.indexOf(end);
    if (at < 0) return undefined;
    const size = at + end.length;
    return { value: held.toString("latin1", 0, size), rest: held.subarray(size) };
  });
}

/** One step of a scripted proxy: what it waits for (a text, or a number of bytes), then what it does. */
export type Step = readonly [
  wait: string | number,
  act: string | Buffer | ((socket: Duplex) => void | Promise<void>),
];

export interface ScriptedProxy extends TcpPeer {
  /** All that each connection has sent, in the order of their coming. */
  readonly heard: string[];
}

/** A proxy that follows a script; the next connection goes on with the next one of several. */
export async function scriptedProxy(
  ...scripts: readonly (readonly Step[])[]
): Promise<ScriptedProxy> {
  const heard: string[] = [];
  let count = 0;
  const peer = await tcpPeer((socket) => {
    const script = scripts[Math.min(count, scripts.length - 1)] ?? [];
    const mine = count;
    heard.push("");
    count += 1;
    void (async () => {
      for (const [wait, act] of script) {
        const text =
          typeof wait === "string" ? await until(socket, wait) : await size(socket, wait);
        heard[mine] += text;
        if (typeof act === "function") await act(socket);
        else socket.write(act);
      }
    })().catch(() => {});
  });
  return Object.assign(peer, { heard });
}

function size(socket: Duplex, bytes: number): Promise<string> {
  if (bytes === 0) return Promise.resolve("");
  let held = Buffer.alloc(0);
  return take(socket, (chunk) => {
    held = Buffer.concat([held, chunk]);
    if (held.length < bytes) return undefined;
    return { value: held.toString("latin1", 0, bytes), rest: held.subarray(bytes) };
  });
}
