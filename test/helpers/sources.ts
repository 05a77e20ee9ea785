/** Clients that come from addresses of the loopback other than 127.0.0.1. Linux has them all; elsewhere they must be made. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Socket } from "node:net";

/** Whether all of 127.0.0.0/8 is this machine's own. */
export const HAS_LOOPBACK_NET: boolean = process.platform === "linux";

/** How a client fared that connected and said `hello`: what it was sent until its end, or the errno that broke it. */
export type Fate = string;

export interface ClientOptions {
  /** The port to come from. */
  port?: number;
  /** @default {"127.0.0.1"} */
  to?: string;
  /** What to say; after "" its side stays open. @default {"hello"} */
  says?: string;
}

/** Connects from an address, says hello, ends its side, and reads until the other end is done. */
export async function callFrom(
  source: string,
  port: number,
  { port: localPort, to = "127.0.0.1", says = "hello" }: ClientOptions = {},
): Promise<Fate> {
  const socket = new Socket({ allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on("error", () => {}).on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.connect({
    host: to,
    port,
    localAddress: source,
    ...(localPort !== undefined && { localPort }),
  });
  if (says !== "") socket.once("connect", () => void socket.end(says));
  socket.once("end", () => void socket.destroy());
  await new Promise((resolve) => socket.once("close", resolve));
  const errno = (socket.errored as NodeJS.ErrnoException | null)?.code;
  return errno ?? Buffer.concat(chunks).toString();
}

export interface UdpCaller extends AsyncDisposable {
  readonly port: number;
  say(text: string): void;
  /** The next datagram that comes. */
  next(): Promise<string>;
}

/** A UDP socket of an address of the loopback, for one port of 127.0.0.1. */
export async function udpFrom(source: string, to: number): Promise<UdpCaller> {
  const socket = createSocket("udp4");
  socket.bind(0, source);
  await once(socket, "listening");
  return {
    port: socket.address().port,
    say: (text) => socket.send(text, to, "127.0.0.1"),
    next: async () => String(((await once(socket, "message")) as [Buffer])[0]),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
