/** One attempt: is it there, and does it say what it should? */
import type { Readable } from "node:stream";
import { formatHostPort } from "../core/endpoint.ts";
import { NcxError, quote, wrap } from "../core/errors.ts";
import { onAbort } from "../core/abort.ts";
import { exchange } from "../protocol/http/exchange.ts";
import { udpQuestion } from "../protocol/udp-questions.ts";
import type { Connection } from "../stream/connection.ts";
import { dial } from "../transport/index.ts";
import type { Waiting } from "./options.ts";
import { formatTarget, type WaitTarget } from "./target.ts";

/** Bytes of a banner or a body that are looked at. */
const MAX_BANNER = 64 * 1024;

/**
 * Resolves when the target is there.
 *
 * @throws {NcxError} with what is wrong about it.
 */
export async function check(
  target: WaitTarget,
  options: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const { family, numeric, tls } = options;
  await using connection = await dial(target.endpoint, {
    signal,
    ...(family !== undefined && { family }),
    ...(numeric !== undefined && { numeric }),
    ...(tls && { tls }),
  });
  refuseSelf(connection);
  try {
    if (target.kind === "http") await checkHttp(connection, target, options, signal);
    else await checkPlace(connection, target, options, signal);
  } catch (error) {
    throw wrap(`wait for ${formatTarget(target)}`, error);
  }
}

/**
 * A connect to a port of this host, from which the system also takes our own port, may meet itself: nobody listens.
 * RFC 9293 §3.5 calls it a simultaneous open.
 */
function refuseSelf({ local, remote }: Connection): void {
  if (local.kind !== "tcp" || remote.kind !== "tcp") return;
  if (local.port !== remote.port || local.host !== remote.host) return;
  throw new NcxError(
    "REFUSED",
    `Cannot connect to ${formatHostPort(remote.host, remote.port)}: connection refused`,
    {
      state: "Connection refused",
      endpoint: remote,
    },
  );
}

async function checkHttp(
  { stream }: Connection,
  { url, authorization }: WaitTarget & { kind: "http" },
  { status: wanted, banner }: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const headers = [
    ["Host", url.host],
    ["User-Agent", "ncx"],
    ["Accept", "*/*"],
    ["Connection", "close"],
    ...(authorization === undefined ? [] : [["Authorization", authorization] as const]),
  ] as const;
  const { head, body } = await exchange(
    stream,
    { method: "GET", target: `${url.pathname}${url.search}`, headers },
    { signal },
  );
  body.on("error", () => {}); // whether the body is whole matters only to `banner`, which reads it itself
  if (!wanted.some(({ first, last }) => first <= head.status && head.status <= last))
    throw wrong(`its status is ${head.status}`);
  if (banner) await match(body, banner, signal);
}

async function checkPlace(
  { stream, framing }: Connection,
  { endpoint }: WaitTarget,
  { banner, send }: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const datagrams = framing === "message";
  const question = datagrams && "port" in endpoint ? udpQuestion(endpoint.port) : undefined;
  // To an empty datagram, too, a port that nobody has is refused.
  const opening = send === undefined ? (question ?? Buffer.alloc(0)) : Buffer.from(send);
  if (opening.length > 0 || datagrams) stream.write(opening);
  // A UDP port is only there if it answers.
  if (banner || datagrams) await match(stream, banner ?? /^/, signal);
}

/** Reads until the pattern is found; fails when there is no more, or too much without it. */
function match(stream: Readable, pattern: RegExp, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const forget = onAbort(signal, () => fail(wrong("it said nothing", "TIMEOUT")));
    function fail(error: unknown): void {
      forget();
      reject(text === "" ? error : wrong(`${quote(text)} does not match ${String(pattern)}`));
    }
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (pattern.test(text) || pattern.test(Buffer.from(text, "latin1").toString())) {
        forget();
        resolve();
      } else if (text.length >= MAX_BANNER) fail(undefined);
    });
    const ended = (): void => fail(wrong("it said nothing"));
    stream.once("end", ended).once("close", ended).on("error", fail);
  });
}

function wrong(state: string, code: "PROTOCOL" | "TIMEOUT" = "PROTOCOL"): NcxError {
  return new NcxError(code, `Cannot take the answer: ${state}`, { state });
}
