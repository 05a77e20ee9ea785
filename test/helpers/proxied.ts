/** Clients and servers of a proxy, as raw bytes. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { proxy, type ProxyOptions } from "../../src/index.ts";
import { selfSigned, type Certificate } from "./certs.ts";
import { rawClient, readToEnd, TCP0, tcpServer } from "./sockets.ts";

export { closed } from "./sockets.ts";

let made: Certificate | undefined;

/** One certificate for all. */
export function certs(): Certificate {
  return (made ??= selfSigned("DNS:localhost", "IP:127.0.0.1"));
}

/** What a proxy of these options answers to these bytes, until it closes. `end`: half-close after them. */
export async function talk(
  options: ProxyOptions,
  bytes: string | Buffer,
  how: { readonly end?: boolean; readonly tls?: boolean } = {},
): Promise<string> {
  const at = how.tls ? ({ kind: "tls", over: TCP0 } as const) : TCP0;
  await using server = await proxy(at, options);
  return how.tls
    ? await overTls(server.endpoint, bytes)
    : await proxied(server.endpoint, bytes, how.end);
}

/** The same with a proxy that is there; several pieces are written one after another. */
export async function proxied(
  at: Endpoint,
  bytes: string | Buffer | readonly Buffer[],
  end: boolean = true,
): Promise<string> {
  await using client = await rawClient(at);
  client.socket.setNoDelay(true);
  const pieces = typeof bytes === "string" ? [Buffer.from(bytes, "latin1")] : [bytes].flat();
  for (const piece of pieces) await new Promise((resolve) => client.socket.write(piece, resolve));
  if (end) client.socket.end();
  return await client.received;
}

/** The same over TLS, whatever the certificate. */
export async function overTls(at: Endpoint, bytes: string | Buffer): Promise<string> {
  const carrier = at.kind === "tls" ? at.over : at;
  if (carrier.kind !== "tcp") throw new TypeError("not over TCP");
  const socket = connectTls({
    ...carrier,
    rejectUnauthorized: false,
    allowHalfOpen: true,
  } as object);
  await once(socket, "secureConnect");
  const received = readToEnd(socket);
  socket.end(bytes);
  const text = await received;
  socket.destroy();
  return text;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** Each request that came, whole, as it came. */
  readonly requests: readonly string[];
  /** How many connections there were. */
  clients(): number;
  /** A request for a path of it, as a proxy is sent it. */
  get(path: string): string;
  /** Resolves once it has closed a connection for the first time. */
  hungUp(): Promise<void>;
}

export interface HttpServerOptions {
  /** Close after a response. */
  close?: boolean;
  /** Close after a response, without having said so. */
  once?: boolean;
}

/** A server that gives every request the same response. */
export async function httpServer(
  response: string,
  options: HttpServerOptions = {},
): Promise<HttpServer> {
  const requests: string[] = [];
  let clients = 0;
  let ended: () => void = () => {};
  const firstEnd = new Promise<void>((resolve) => (ended = resolve));
  const server = await tcpServer((socket: Socket) => {
    clients += 1;
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      // As a server does that has forgotten this connection.
      if (socket.writableEnded) return void socket.resetAndDestroy();
      text += chunk.toString("latin1");
      for (let size = sizeOf(text); size > 0; size = sizeOf(text)) {
        requests.push(text.slice(0, size));
        text = text.slice(size);
        socket.write(response, "latin1");
        if (options.close || options.once) socket.end(ended);
      }
    });
    socket.on("end", () => socket.end());
  });
  const { port } = server.endpoint;
  return {
    port,
    requests,
    clients: () => clients,
    get: (path) =>
      `GET http://127.0.0.1:${port}${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    hungUp: () => firstEnd,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Of the first request in the text; 0 while it is not complete. */
function sizeOf(text: string): number {
  const head = text.indexOf("\r\n\r\n") + 4;
  if (head < 4) return 0;
  const length = Number(/\r\nContent-Length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  if (/\r\nTransfer-Encoding: chunked/i.test(text.slice(0, head))) {
    const end = text.indexOf("0\r\n\r\n", head);
    return end < 0 ? 0 : end + 5;
  }
  return text.length >= head + length ? head + length : 0;
}
