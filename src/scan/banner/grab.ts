/** Asking open ports who they are: first we listen, then we speak, over TLS where that is spoken. */
import type { Endpoint } from "../../core/endpoint.ts";
import { NcxError } from "../../core/errors.ts";
import type { TlsFacts } from "../../core/events.ts";
import { onAbort } from "../../core/abort.ts";
import type { Connection } from "../../stream/connection.ts";
import { dial } from "../../transport/index.ts";
import { certificateOf, describeTls } from "../../transport/tls.ts";
import type { ScanResult } from "../options.ts";
import { identify, looksLikeTls, printable, type Banner, type TlsBanner } from "./banner.ts";
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

/** The results, those of open TCP ports with their banners, in the same order; once `signal` aborts, as they are by then. */
export async function grabBanners(
  results: readonly ScanResult[],
  signal?: AbortSignal,
): Promise<ScanResult[]> {
  const all = [...results];
  const left = all.flatMap(({ state, protocol }, at) =>
    state === "open" && protocol === "tcp" ? [at] : [],
  );
  async function worker(): Promise<void> {
    for (let at = left.shift(); at !== undefined && !signal?.aborted; at = left.shift()) {
      const result = all[at];
      const banner = result && (await grab(result.address, result.port, signal));
      if (banner) all[at] = { ...result, banner };
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return all;
}

/** Who answers at a port; undefined where nobody says anything, or no more is asked. */
async function grab(host: string, port: number, signal?: AbortSignal): Promise<Banner | undefined> {
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
    if (error instanceof NcxError || either.aborted) return undefined; // it hung up, or took too long
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

/** Listens for a greeting, then tries one probe after another, each on a connection of its own but the first. */
async function interview(
  place: Endpoint,
  port: number,
  signal: AbortSignal,
  seen: (connection: Connection) => void = () => {},
): Promise<Banner | "tls" | undefined> {
  let strange: Banner | undefined;
  for (const [at, { bytes }] of [{ bytes: undefined }, ...probesFor(port)].entries()) {
    const said = await exchangeOnce(place, bytes, at === 0 ? GREETING : ANSWER, signal, seen);
    if (said.length === 0) continue;
    if (place.kind !== "tls" && looksLikeTls(said)) return "tls";
    const found = identify(said, port);
    if (found) return found;
    strange ??= { protocol: "unknown", text: printable(Buffer.from(said).toString("latin1")) };
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
): Promise<Buffer> {
  await using connection = await dial(place, {
    signal,
    timeout: CONNECT,
    tls: { insecure: true, alpn: ["http/1.1"] },
  });
  seen(connection);
  if (question) connection.stream.write(question);
  return await firstBytes(connection, patience, signal);
}

/** What comes first: up to 4 KiB, until the other end is done, or has paused. */
function firstBytes(
  { stream }: Connection,
  patience: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let timer = setTimeout(settle, patience);
    const forget = onAbort(signal, settle);
    function settle(): void {
      clearTimeout(timer);
      forget();
      stream.off("data", take).pause();
      resolve(Buffer.concat(chunks).subarray(0, MOST_BYTES));
    }
    function take(chunk: Buffer): void {
      chunks.push(chunk);
      size += chunk.length;
      clearTimeout(timer);
      if (size >= MOST_BYTES) return settle();
      timer = setTimeout(settle, 50); // the rest of a greeting is not far behind
    }
    stream.on("data", take).once("end", settle).once("close", settle).on("error", settle);
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
