/** Asking a SOCKS proxy for a connection, over any stream. */
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { NcxError } from "../core/errors.ts";
import type { Proxy } from "../core/proxy.ts";
import {
  SOCKS4_GRANTED,
  SOCKS5_NO_AUTH,
  SOCKS5_NO_METHOD,
  SOCKS5_PASSWORD,
  decodeMethod5,
  decodePasswordReply5,
  decodeReply4,
  decodeReply5,
  encodeGreeting5,
  encodePassword5,
  encodeRequest4,
  encodeRequest5,
  stateOf4,
  stateOf5,
  type Decoded,
  type SocksAddress,
} from "../protocol/socks.ts";
import { take } from "../stream/take.ts";
import { LOGIN_HINT, refused } from "./proxy-refusal.ts";

/** @throws {NcxError} PROXY, PROTOCOL, RESET; ADDRESS for what the protocol has no room for. */
export async function askSocks(
  stream: Duplex,
  place: SocksAddress,
  proxy: Proxy,
  signal?: AbortSignal,
): Promise<void> {
  if (proxy.protocol === "socks5" || proxy.protocol === "socks5h")
    return askSocks5(stream, place, proxy, signal);
  stream.write(encodeRequest4({ ...place, user: proxy.user ?? "" }));
  const { code } = await receive(stream, decodeReply4, signal);
  if (code !== SOCKS4_GRANTED) throw refused(stateOf4(code));
}

async function askSocks5(
  stream: Duplex,
  place: SocksAddress,
  proxy: Proxy,
  signal: AbortSignal | undefined,
): Promise<void> {
  const methods = proxy.user === undefined ? [SOCKS5_NO_AUTH] : [SOCKS5_PASSWORD, SOCKS5_NO_AUTH];
  stream.write(encodeGreeting5(methods));
  const method = await receive(stream, decodeMethod5, signal);
  if (method === SOCKS5_NO_METHOD) throw noMethod(proxy);
  if (!methods.includes(method))
    throw refused(`The proxy chose method ${method} of authentication, which was not offered`);
  if (method === SOCKS5_PASSWORD) await logIn(stream, proxy, signal);
  stream.write(encodeRequest5(place));
  const { code } = await receive(stream, decodeReply5, signal);
  if (code === 0) return;
  const named = code === 4 && isIP(place.host) === 0 ? ", or the name is unknown to the proxy" : "";
  throw refused(`${stateOf5(code)}${named}`);
}

async function logIn(
  stream: Duplex,
  { user = "", password = "" }: Proxy,
  signal: AbortSignal | undefined,
): Promise<void> {
  stream.write(encodePassword5({ user, password }));
  const accepted = await receive(stream, decodePasswordReply5, signal);
  if (!accepted) throw refused("The proxy does not take this user and password");
}

function noMethod({ user }: Proxy): NcxError {
  if (user === undefined) return refused("The proxy wants a user and a password", LOGIN_HINT);
  return refused("The proxy knows no way to log in that ncx knows");
}

function receive<T>(
  stream: Duplex,
  decode: (input: Buffer) => Decoded<T> | undefined,
  signal: AbortSignal | undefined,
): Promise<T> {
  // It stays small: every decoder bounds what it waits for.
  let held = Buffer.alloc(0);
  return take(
    stream,
    (chunk) => {
      held = Buffer.concat([held, chunk]);
      const decoded = decode(held);
      return decoded && { value: decoded.value, rest: held.subarray(decoded.size) };
    },
    signal,
  );
}
