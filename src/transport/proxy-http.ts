/** Asking an HTTP proxy for a connection: CONNECT, over any stream. RFC 9110 §9.3.6, §11.7. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { formatHostPort } from "../core/endpoint.ts";
import { describe, type NcxError } from "../core/errors.ts";
import type { Proxy } from "../core/proxy.ts";
import {
  answerChallenge,
  chooseChallenge,
  parseChallenges,
  type Challenge,
} from "../protocol/http/auth.ts";
import { responseDecoder } from "../protocol/http/codec.ts";
import { encodeRequestHead } from "../protocol/http/encode.ts";
import { persists, type BodyFraming, type ResponseHead } from "../protocol/http/framing.ts";
import type { HeaderList } from "../protocol/http/headers.ts";
import { take, type Taken } from "../stream/take.ts";
import { LOGIN_HINT, refused } from "./proxy-refusal.ts";

/** Bytes of an answer's head. */
const LONGEST_HEAD = 64 * 1024;
/** Bytes of a 407's body that are read to keep the connection; beyond that a new one is cheaper. */
const LONGEST_BODY = 64 * 1024;
/** Interim (1xx) answers before the real one. */
const MOST_INTERIM = 8;
/** Nonces that may turn out to be stale, one after another. */
const MOST_STALE = 3;

/** How far logging in has come; kept across connections, as a proxy may want a new one for the answer. */
export interface HttpLogin {
  readonly challenge: Challenge;
  /** Answers to a challenge so far, the next one included. */
  readonly answers: number;
}

export interface HttpPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks, and answers a challenge. Gives undefined once the stream leads to the place, or how to log in over a new
 * connection, where this one cannot carry another request.
 *
 * @throws {NcxError} PROXY, PROTOCOL, LIMIT, UNSUPPORTED, RESET; ADDRESS for a user that Basic cannot say.
 */
export async function askHttp(
  stream: Duplex,
  place: HttpPlace,
  proxy: Proxy,
  known?: HttpLogin,
  signal?: AbortSignal,
): Promise<HttpLogin | undefined> {
  let login = known;
  for (;;) {
    const first = login === known;
    const answer = await ask(stream, place, proxy, login, signal).catch((error) => {
      // It kept the connection after its challenge in words only.
      if (!first && describe(error)[0] === "RESET") return undefined;
      throw error;
    });
    if (!answer) return login;
    const { head, reusable } = answer;
    if (head.status >= 200 && head.status < 300) return undefined;
    // Not what RFC 9110 §15.5.2 is for, but tinyproxy says so to a wrong password.
    if (head.status === 401 && login) throw notTaken();
    if (head.status !== 407) throw refusal(head, proxy);
    login = nextLogin(head.headers, proxy, login);
    if (!reusable) return login;
  }
}

interface Answer {
  readonly head: ResponseHead;
  /** Whether the connection can carry another request. */
  readonly reusable: boolean;
}

function ask(
  stream: Duplex,
  { host, port }: HttpPlace,
  proxy: Proxy,
  login: HttpLogin | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const target = formatHostPort(host, port);
  const headers: [string, string][] = [["Host", target]];
  if (login) headers.push(["Proxy-Authorization", credentials(login, target, proxy)]);
  stream.write(encodeRequestHead({ method: "CONNECT", target, headers }));
  return take(stream, answerReader(), signal);
}

function credentials(
  { challenge }: HttpLogin,
  target: string,
  { user = "", password = "" }: Proxy,
): string {
  const cnonce = randomBytes(16).toString("hex");
  return answerChallenge(challenge, { user, password }, { method: "CONNECT", uri: target, cnonce });
}

/** Reads an answer: its head, and the body where another request is to follow. */
function answerReader(): (chunk: Buffer) => Taken<Answer> | undefined {
  const limits = { head: LONGEST_HEAD, line: LONGEST_HEAD };
  const decoder = responseDecoder({ method: () => "CONNECT", bareLf: true, limits });
  let head: ResponseHead | undefined;
  let interim = 0;
  let body = 0;
  return (chunk) => {
    decoder.push(chunk);
    for (let item = decoder.next(); item; item = decoder.next()) {
      if (item.type === "information") {
        interim += 1;
        if (interim > MOST_INTERIM) throw refused("The proxy only sends interim answers");
      } else if (item.type === "head") {
        head = item.head;
        // RFC 9110 §9.3.6: after a 2xx the tunnel begins at once, whatever its fields say of a body.
        if (head.status < 300) return { value: { head, reusable: false }, rest: after(decoder) };
        if (head.status !== 407 || !isWorthReading(item.framing)) return last(head);
      } else if (item.type === "data") {
        body += item.chunk.length;
        if (head && body > LONGEST_BODY) return last(head);
      } else if (head) {
        const reusable = persists(head) && !decoder.pending;
        return { value: { head, reusable }, rest: Buffer.alloc(0) };
      }
    }
    return undefined;
  };
}

/** An answer after which the connection is of no use. */
function last(head: ResponseHead): Taken<Answer> {
  return { value: { head, reusable: false }, rest: Buffer.alloc(0) };
}

function after(decoder: ReturnType<typeof responseDecoder>): Buffer {
  const chunks: Buffer[] = [];
  for (let item = decoder.next(); item; item = decoder.next())
    if (item.type === "data") chunks.push(item.chunk);
  return Buffer.concat(chunks);
}

function isWorthReading(framing: BodyFraming): boolean {
  if (framing.kind === "length") return framing.bytes <= LONGEST_BODY;
  return framing.kind === "chunked";
}

/** @throws {NcxError} PROXY when there is nothing to answer, or the answer was wrong. */
function nextLogin(headers: HeaderList, proxy: Proxy, login: HttpLogin | undefined): HttpLogin {
  const isChallenge = ([name]: readonly [string, string]): boolean =>
    name.toLowerCase() === "proxy-authenticate";
  const challenges = parseChallenges(headers.filter(isChallenge).map(([, value]) => value));
  const challenge = chooseChallenge(challenges);
  const answers = (login?.answers ?? 0) + 1;
  if (proxy.user === undefined) throw refused("The proxy wants a user and a password", LOGIN_HINT);
  if (!challenge)
    throw refused(`The proxy knows no way to log in that ncx knows${listed(challenges)}`);
  const stale = challenge.params.get("stale")?.toLowerCase() === "true";
  if (login && !(stale && answers <= MOST_STALE)) throw notTaken();
  return { challenge, answers };
}

function notTaken(): NcxError {
  return refused("The proxy does not take this user and password");
}

function listed(challenges: readonly Challenge[]): string {
  const names = challenges.slice(0, 5).map(({ scheme }) => scheme.slice(0, 20));
  return names.length === 0 ? "" : `, only ${names.join(", ")}`;
}

/** Its reason is the proxy's own text: what cannot be printed, and what might be a secret, is left out. */
function refusal({ status, statusText }: ResponseHead, { user, password }: Proxy): NcxError {
  const reason = statusText
    .replace(/[^ -~]/g, "")
    .slice(0, 80)
    .trim();
  const secrets = [user, password].filter((text) => text !== undefined && text !== "");
  const safe = !secrets.some((text) => text !== undefined && reason.includes(text));
  return refused(`The proxy answered ${status}${safe && reason !== "" ? ` ${reason}` : ""}`);
}
