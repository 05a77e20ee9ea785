/** The server's side of authentication: challenges, nonces, and whether credentials are right. RFC 7616, RFC 7617. */
import { createHmac } from "node:crypto";
import { sameText } from "../same-text.ts";
import { basicLogin } from "./auth.ts";
import { quoted, type Credentials, type Login } from "./challenges.ts";
import { digestAlgorithm, digestResponse, hashedUser, type DigestParts } from "./digest.ts";

/** `Basic realm="ncx", charset="UTF-8"` */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quoted(realm)}, charset="UTF-8"`;
}

export interface DigestChallengeOptions {
  readonly realm: string;
  readonly nonce: string;
  /** @default {"SHA-256"} */
  readonly algorithm?: "MD5" | "SHA-256" | "SHA-512-256";
  /** The nonce of the credentials was too old: the client may try again without asking anybody. @default {false} */
  readonly stale?: boolean;
}

export function digestChallenge(options: DigestChallengeOptions): string {
  const { realm, nonce, algorithm = "SHA-256", stale = false } = options;
  const fields = [`realm=${quoted(realm)}`, `qop="auth"`, `algorithm=${algorithm}`];
  fields.push(`nonce=${quoted(nonce)}`, `charset=UTF-8`);
  if (stale) fields.push("stale=true");
  return `Digest ${fields.join(", ")}`;
}

/** A nonce that its maker knows again without keeping it: the time, and a keyed hash of it. `now` is in milliseconds. */
export function makeNonce(key: Buffer, now: number): string {
  const time = Math.floor(now).toString(36);
  return `${time}.${seal(key, time)}`;
}

/** Milliseconds since this nonce was made; undefined for one that wasn't made with this key. */
export function nonceAge(key: Buffer, nonce: string, now: number): number | undefined {
  const [time = "", mark = ""] = nonce.split(".");
  if (!sameText(mark, seal(key, time)) || nonce !== `${time}.${mark}`) return undefined;
  return now - Number.parseInt(time, 36);
}

function seal(key: Buffer, time: string): string {
  return createHmac("sha256", key).update(time).digest("base64url");
}

/** What a request has to do with its credentials. */
export interface CredentialCheck extends Login {
  readonly realm: string;
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** Digest: whether this nonce is one of ours, and still good. */
  nonce(nonce: string): "good" | "stale" | "unknown";
}

/**
 * Whether credentials are those of `check`, in a time that says nothing about how much of them was right. "stale":
 * they are, but for a nonce that has become too old.
 */
export function checkCredentials(
  credentials: Credentials,
  check: CredentialCheck,
): "good" | "stale" | "wrong" {
  if (credentials.scheme === "digest") return checkDigest(credentials.params, check);
  const login = basicLogin(credentials);
  if (!login) return "wrong";
  const user = sameText(login.user, check.user);
  const password = sameText(login.password, check.password);
  return user && password ? "good" : "wrong";
}

function checkDigest(
  params: ReadonlyMap<string, string>,
  check: CredentialCheck,
): "good" | "stale" | "wrong" {
  const { realm, method, target, user, password } = check;
  const algorithm = digestAlgorithm(params.get("algorithm"));
  const nonce = params.get("nonce");
  const qop = params.get("qop");
  if (!algorithm || nonce === undefined || (qop !== undefined && qop !== "auth")) return "wrong";
  const [nc = "", cnonce = ""] = [params.get("nc"), params.get("cnonce")];
  // RFC 7616 §3.4: with qop both must be there.
  if (qop === "auth" && (!/^[0-9a-f]{8}$/i.test(nc) || cnonce === "")) return "wrong";
  const hashed = params.get("userhash") === "true";
  const expectedUser = hashed ? hashedUser(algorithm, user, realm) : user;
  const parts: DigestParts = {
    algorithm,
    realm,
    nonce,
    method,
    uri: target,
    cnonce,
    nc,
    qop,
    user,
    password,
  };
  const right = [
    sameText(userOf(params) ?? "", expectedUser),
    sameText(params.get("realm") ?? "", realm),
    sameText(params.get("uri") ?? "", target),
    sameText((params.get("response") ?? "").toLowerCase(), digestResponse(parts)),
  ];
  const state = check.nonce(nonce);
  if (right.includes(false) || state === "unknown") return "wrong";
  return state;
}

/** The user as text: plain, or as RFC 5987 writes it. */
function userOf(params: ReadonlyMap<string, string>): string | undefined {
  const plain = params.get("username");
  if (plain !== undefined) return Buffer.from(plain, "latin1").toString();
  const extended = /^utf-8'[^']*'(.*)$/i.exec(params.get("username*") ?? "");
  if (!extended) return undefined;
  try {
    return decodeURIComponent(extended[1] ?? "");
  } catch {
    // A stray percent sign: nobody's name.
    return undefined;
  }
}
