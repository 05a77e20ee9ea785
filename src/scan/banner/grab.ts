/** Asking open ports who they are: first we listen, then we speak, over TLS where that is spoken. */
import type { Endpoint } from "../../core/endpoint.ts";
import { NcxError, wrap } from "../../core/errors.ts";
import type { TlsFacts } from "../../core/events.ts";
import { onAbort } from "../../core/abort.ts";
import type { Connection } from "../../stream/connection.ts";
import { dial } from "../../transport/index.ts";
import { certificateOf, describeTls } from "../../transport/tls.ts";
import type { ScanResult } from "../options.ts";
import {
  decoded,
  identify,
  looksLikeTls,
  printable,
  type Banner,
  type TlsBanner,
} from "./banner.ts";
import { probesFor, TLS_PORTS } from "./probes.ts";

/** Bytes of an answer that are read: a service may send without end. */
const MOST_BYTES = 4096;
/** Milliseconds for a greeting, for an answer to a probe, for a connection, and for all of one port. */
const GREETING = 800;
const ANSWER = 800;
const CONNECT = 3000;
const PORT = 10_000;
/** Ports asked at once. */
const AT_ONCE = 32;

/**
 * Milliseconds that the rest takes: as much as a port may, in turns of as many as are asked at once; as those before
 * did, once a turn is done. Nothing has been heard for the last `still` of the `elapsed`.
 */
export function bannersLeft(done: number, total: number, elapsed: number, still: number): number {
  if (done >= total) return 0;
  const turns = (count: number): number => Math.ceil(count / AT_ONCE);
  if (done < Math.min(total, AT_ONCE)) return turns(total) * PORT - elapsed;
  return turns(total - done) * ((elapsed - still) / turns(done)) - still;
}

/** The results of open TCP ports with their banners, as they come; once the signal aborts, the others without. */
export async function* grabBanners(
  results: readonly ScanResult[],
  signal?: AbortSignal,
): AsyncGenerator<readonly ScanResult[], void> {
  const left = [...results];
  const told: ScanResult[] = [];
  let running = Math.min(AT_ONCE, left.length);
  let failure: Error | undefined;
  let wake = (): void => {};
  async function work(): Promise<void> {
    for (let result = left.shift(); result; result = left.shift()) {
      const banner = await grab(result.address, result.port, signal);
      told.push(banner ? { ...result, banner } : result);
      wake();
    }
  }
  for (let count = running; count > 0; count -= 1)
    void work()
      .catch((error: unknown) => (failure ??= wrap("scan", error)))
      .finally(() => ((running -= 1), wake()));
  while (running > 0 || told.length > 0) {
    if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    if (failure !== undefined) throw failure;
    if (told.length > 0) yield told.splice(0);
  }
}

/** Who answers at a port; undefined where nobody says anything, or the signal aborts. */
async function grab(host: string, port: number, signal?: AbortSignal): Promise<Banner | undefined> {
  if (signal?.aborted) return undefined;
  const patience = AbortSignal.timeout(PORT);
  const either = signal ? AbortSignal.any([signal, patience]) : patience;
  const place: Endpoint = { kind: "tcp", host, port };
  try {
    const secure = { kind: "tls", over: place } as const;
    if (TLS_PORTS.includes(port)) {
      const found = await overTls(secure, port, either);
      if (found) return found;
    }
    const found = await interview(place, port, either);
    if (found !== undefined && found !== "tls") return found;
    return await overTls(secure, port, either);
  } catch (error) {
    // It hung up, took too long, or nobody wants to know any more.
    if (error instanceof NcxError || either.aborted) return undefined;
    throw error;
  }
}

async function overTls(
  place: Endpoint,
  port: number,
  signal: AbortSignal,
): Promise<Banner | undefined> {
  let tls: TlsBanner | undefined;
  const seen = (connection: Connection): void => {
    const described = describeTls(connection);
    if (described) tls ??= summary(described, certificateOf(connection));
  };
  const found = await interview(place, port, signal, seen).catch((error: unknown) => {
    if (error instanceof NcxError) return undefined;
    throw error;
  });
  if (!tls) return undefined;
  if (found === undefined || found === "tls") return { protocol: "tls", text: "", tls };
  return { ...found, tls };
}

/** It closed before anything was asked: a list of who may come, as TCP wrappers have it, or a program that has ended. */
const HANGS_UP: Banner = { protocol: "tcpwrapped", text: "hangs up at once" };
/** RFC 862: what comes back is our own question. */
const ECHO: Banner = { protocol: "echo", text: "says what it is told" };

/** Listens for a greeting, then tries one probe after another, each on a connection of its own but the first. */
async function interview(
  place: Endpoint,
  port: number,
  signal: AbortSignal,
  seen: (connection: Connection) => void = () => {},
): Promise<Banner | "tls" | undefined> {
  let strange: Banner | undefined;
  for (const [at, { bytes }] of [{ bytes: undefined }, ...probesFor(port)].entries()) {
    const { said, over } = await exchangeOnce(
      place,
      bytes,
      at === 0 ? GREETING : ANSWER,
      signal,
      seen,
    );
    if (said.length === 0 && at === 0 && over) return place.kind === "tls" ? undefined : HANGS_UP;
    if (said.length === 0) continue;
    if (bytes && said.subarray(0, bytes.length).equals(bytes)) return ECHO;
    if (place.kind !== "tls" && looksLikeTls(said)) return "tls";
    const found = identify(said, port);
    if (found) return found;
    strange ??= { protocol: "unknown", text: printable(decoded(said)) };
    if (at === 0) break; // it greets, in a way that we don't know
  }
  return strange;
}

async function exchangeOnce(
  place: Endpoint,
  question: Buffer | undefined,
  patience: number,
  signal: AbortSignal,
  seen: (connection: Connection) => void,
): Promise<Said> {
  await using connection = await dial(place, {
    signal,
    timeout: CONNECT,
    tls: { insecure: true, alpn: ["http/1.1"] },
  });
  seen(connection);
  if (question) connection.stream.write(question);
  return await firstBytes(connection, patience, signal);
}

interface Said {
  readonly said: Buffer;
  /** The other end has closed. */
  readonly over: boolean;
}

/** What comes first: up to 4 KiB, until the other end is done, or has paused. */
function firstBytes({ stream }: Connection, patience: number, signal: AbortSignal): Promise<Said> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let over = false;
    let timer = setTimeout(settle, patience);
    const forget = onAbort(signal, settle);
    function settle(): void {
      clearTimeout(timer);
      forget();
      stream.off("data", take).pause();
      resolve({ said: Buffer.concat(chunks).subarray(0, MOST_BYTES), over });
    }
    function close(): void {
      over = true;
      settle();
    }
    function take(chunk: Buffer): void {
      chunks.push(chunk);
      size += chunk.length;
      clearTimeout(timer);
      if (size >= MOST_BYTES) return settle();
      timer = setTimeout(settle, 50); // the rest of a greeting is not far behind
    }
    stream.on("data", take).once("end", close).once("close", close).on("error", close);
  });
}

function summary(
  { protocol, alpn, authorized }: TlsFacts,
  certificate: ReturnType<typeof certificateOf>,
): TlsBanner {
  const { subject, subjectaltname, valid_to: end, issuer } = certificate ?? {};
  const name = [subject?.CN].flat()[0];
  const names = subjectaltname
    ?.split(/, */)
    .map((one: string) => one.replace(/^(?:DNS|IP Address):/, ""));
  const expires = end === undefined ? NaN : Date.parse(end);
  const selfSigned =
    !authorized && subject?.CN !== undefined && JSON.stringify(subject) === JSON.stringify(issuer);
  return {
    version: protocol,
    ...(alpn !== undefined && { alpn }),
    ...(name !== undefined && { subject: printable(name) }),
    ...(names && names.length > 0 && { names: names.slice(0, 20).map(printable) }),
    ...(Number.isFinite(expires) && { expires: new Date(expires).toISOString() }),
    ...(selfSigned && { selfSigned }),
  };
}
