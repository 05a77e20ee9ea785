/** Who may use a proxy. */
import { randomBytes } from "node:crypto";
import {
  basicChallenge,
  checkCredentials,
  digestChallenge,
  makeNonce,
  nonceAge,
} from "../../protocol/http/auth-check.ts";
import { sameText } from "../../protocol/same-text.ts";
import { parseCredentials } from "../../protocol/http/auth.ts";
import type { HeaderList } from "../../protocol/http/headers.ts";
import type { ProxyOptions } from "./options.ts";

const REALM = "ncx";
/** Milliseconds that a nonce is good for. */
const NONCE_LIFE = 300_000;

type Login = NonNullable<ProxyOptions["auth"]>;

export interface Guard {
  /** SOCKS5: whether these are the right ones. */
  knows(login: Login): boolean;
  /** HTTP: the challenges for a request whose credentials are not right; undefined lets it pass. */
  challenge(request: GuardedRequest): HeaderList | undefined;
}

export interface GuardedRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** The target without scheme and authority: what many clients hash instead. */
  readonly path?: string;
  /** The value of Proxy-Authorization. */
  readonly credentials: string | undefined;
}

export function makeGuard({ user, password }: Login): Guard {
  const key = randomBytes(32);
  const nonceState = (nonce: string): "good" | "stale" | "unknown" => {
    const age = nonceAge(key, nonce, performance.now());
    if (age === undefined) return "unknown";
    return age < NONCE_LIFE ? "good" : "stale";
  };

  function check({
    method,
    target,
    path,
    credentials,
  }: GuardedRequest): "good" | "stale" | "wrong" {
    const given = credentials === undefined ? undefined : parseCredentials(credentials);
    if (!given) return "wrong";
    const hashed = path !== undefined && given.params.get("uri") === path ? path : target;
    return checkCredentials(given, {
      realm: REALM,
      user,
      password,
      method,
      target: hashed,
      nonce: nonceState,
    });
  }

  return {
    knows(login) {
      const right = [sameText(login.user, user), sameText(login.password, password)];
      return !right.includes(false);
    },
    challenge(request) {
      const state = check(request);
      if (state === "good") return undefined;
      const nonce = makeNonce(key, performance.now());
      const digest = { realm: REALM, nonce, stale: state === "stale" };
      // RFC 7616 §3.7 would have SHA-256 first; but ncat takes the first Digest there is, and knows MD5 alone.
      return [
        ["Proxy-Authenticate", digestChallenge({ ...digest, algorithm: "MD5" })],
        ["Proxy-Authenticate", digestChallenge({ ...digest, algorithm: "SHA-256" })],
        ["Proxy-Authenticate", basicChallenge(REALM)],
      ];
    },
  };
}
