/** Digest authentication: what both sides compute, and the client's credentials. RFC 7616. */
import { createHash } from "node:crypto";
import { NcxError } from "../../core/errors.ts";
import { quoted, type Login } from "./challenges.ts";
import { trimSpace } from "./headers.ts";

/** The request that credentials are for. */
export interface DigestRequest {
  readonly method: string;
  /** The request target, exactly as in the request line: for CONNECT `host:port`. */
  readonly uri: string;
  /** Random text of the client's own. */
  readonly cnonce: string;
  /** How often this nonce was used, this request included. @default {1} */
  readonly count?: number;
}

export interface DigestAlgorithm {
  /** As Node names it. */
  readonly hash: "md5" | "sha256" | "sha512-256";
  /** `-sess`: the key is bound to this nonce and cnonce. */
  readonly session: boolean;
}

/** RFC 7616 §6.1. */
const HASHES = { md5: "md5", "sha-256": "sha256", "sha-512-256": "sha512-256" } as const;
/** Worth more than Basic, which is 1. */
const STRENGTHS = { md5: 2, sha256: 3, "sha512-256": 4 } as const;

/** What everything in a response is made of, all as byte strings but user and password. */
export interface DigestParts extends Login {
  readonly algorithm: DigestAlgorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly cnonce: string;
  /** The count as it is written: 8 digits in hexadecimal. */
  readonly nc: string;
  /** Undefined is the old form, of RFC 2069. */
  readonly qop: "auth" | undefined;
}

/** `MD5`, `SHA-256-sess` and so on; absent is MD5. Undefined for one that nobody here can compute. */
export function digestAlgorithm(name = "MD5"): DigestAlgorithm | undefined {
  const [, hash = "", session] = /^(.*?)(-sess)?$/i.exec(name) ?? [];
  const lower = hash.toLowerCase();
  if (!Object.hasOwn(HASHES, lower)) return undefined;
  // Known: it is a key of the table.
  return { hash: HASHES[lower as keyof typeof HASHES], session: session !== undefined };
}

/** RFC 7616 §3.4.1: 32 or 64 hexadecimal digits. */
export function digestResponse(parts: DigestParts): string {
  const { algorithm, realm, nonce, method, uri, cnonce, nc, qop, user, password } = parts;
  const h = (text: string): string => digestHash(algorithm, text);
  const secret = h(`${bytes(user)}:${realm}:${bytes(password)}`);
  const a1 = algorithm.session ? h(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = h(`${method}:${uri}`);
  return h(qop ? `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}` : `${a1}:${nonce}:${a2}`);
}

/** Of a byte string. */
function digestHash({ hash }: DigestAlgorithm, text: string): string {
  return createHash(hash).update(text, "latin1").digest("hex");
}

/** RFC 7616 §3.4.4: a user name that isn't to be seen on the wire. */
export function hashedUser(algorithm: DigestAlgorithm, user: string, realm: string): string {
  return digestHash(algorithm, `${bytes(user)}:${realm}`);
}

/** How good a Digest challenge is; 0 for one that cannot be answered. */
export function digestStrength(params: ReadonlyMap<string, string>): number {
  const algorithm = digestAlgorithm(params.get("algorithm"));
  if (!algorithm || !params.has("nonce") || !params.has("realm")) return 0;
  return qopOf(params) === "unknown" ? 0 : STRENGTHS[algorithm.hash];
}

/** @throws {NcxError} UNSUPPORTED where `digestStrength` is 0. */
export function digestCredentials(
  params: ReadonlyMap<string, string>,
  login: Login,
  request: DigestRequest,
): string {
  const algorithm = digestAlgorithm(params.get("algorithm"));
  const realm = params.get("realm");
  const nonce = params.get("nonce");
  const qop = qopOf(params);
  if (!algorithm || realm === undefined || nonce === undefined || qop === "unknown")
    throw new NcxError("UNSUPPORTED", "Cannot answer the challenge: its parameters are unknown");
  const { method, uri, cnonce, count = 1 } = request;
  const nc = count.toString(16).padStart(8, "0");
  const parts = { ...login, algorithm, realm, nonce, method, uri, cnonce, nc, qop };
  const userhash = params.get("userhash")?.toLowerCase() === "true";
  const fields: (readonly [string, string | undefined])[] = [
    userField(login.user, userhash && hashedUser(algorithm, login.user, realm), params),
    ["realm", quoted(realm)],
    ["nonce", quoted(nonce)],
    ["uri", quoted(uri)],
    ["algorithm", params.get("algorithm")],
    ["response", quoted(digestResponse(parts))],
    ["opaque", optional(params.get("opaque"))],
    ["qop", qop],
    ["nc", qop && nc],
    // RFC 7616 §3.4: a session's key needs it as well.
    ["cnonce", qop || algorithm.session ? quoted(cnonce) : undefined],
    ["userhash", userhash ? "true" : undefined],
  ];
  const given = fields.filter(([, value]) => value !== undefined);
  return `Digest ${given.map(([name, value]) => `${name}=${value}`).join(", ")}`;
}

/** RFC 7616 §3.4: what isn't ASCII is written as RFC 5987 says, where the server knows UTF-8. */
function userField(
  user: string,
  hashed: string | false,
  params: ReadonlyMap<string, string>,
): readonly [string, string] {
  if (hashed !== false) return ["username", quoted(hashed)];
  const plain = /^[ -~]*$/.test(user);
  if (plain || params.get("charset")?.toLowerCase() !== "utf-8")
    return ["username", quoted(bytes(user))];
  const encoded = encodeURIComponent(user).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return ["username*", `UTF-8''${encoded}`];
}

/** "auth" where it is offered; undefined in the old form; "unknown" if only others are. */
function qopOf(params: ReadonlyMap<string, string>): "auth" | "unknown" | undefined {
  const offered = params.get("qop");
  if (offered === undefined) return undefined;
  const options = offered.split(",").map((option) => trimSpace(option).toLowerCase());
  return options.includes("auth") ? "auth" : "unknown";
}

function optional(value: string | undefined): string | undefined {
  return value === undefined ? undefined : quoted(value);
}

/** Text as a byte string of its UTF-8 form. */
function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}
