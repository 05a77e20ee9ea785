/**
 * Answering a server's challenges, and Basic (RFC 7617). Digest is in digest.ts, the server's side in auth-check.ts.
 * A user or password is written as UTF-8.
 */
import { NcxError } from "../../core/errors.ts";
import type { Challenge, Credentials, Login } from "./challenges.ts";
import { digestCredentials, digestStrength, type DigestRequest } from "./digest.ts";

export {
  parseChallenges,
  parseCredentials,
  type Challenge,
  type Credentials,
  type Login,
} from "./challenges.ts";

/**
 * The strongest of the challenges that can be answered: Digest with SHA-512-256, SHA-256, MD5, then Basic, in
 * whatever order they came. Undefined where there is none.
 */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  let best: Challenge | undefined;
  for (const challenge of challenges) {
    if (strength(challenge) > (best ? strength(best) : 0)) best = challenge;
  }
  return best;
}

/**
 * The value of the field that answers a challenge of `chooseChallenge`.
 *
 * @throws {NcxError} UNSUPPORTED for a scheme that isn't Basic or Digest; ADDRESS for a user that Basic cannot say.
 */
export function answerChallenge(
  challenge: Challenge,
  login: Login,
  request: DigestRequest,
): string {
  if (challenge.scheme === "digest") return digestCredentials(challenge.params, login, request);
  if (challenge.scheme === "basic") return basicCredentials(login);
  throw new NcxError("UNSUPPORTED", "Cannot answer the challenge: its scheme is unknown");
}

/** RFC 7617 §2. @throws {NcxError} ADDRESS for a user name with a colon, or control characters. */
export function basicCredentials({ user, password }: Login): string {
  // oxlint-disable-next-line no-control-regex -- RFC 7617 §2 forbids them
  const control = /[\u0000-\u001F\u007F]/;
  if (user.includes(":") || control.test(user) || control.test(password)) {
    const state = "Basic has no way to say a colon in the user name, or control characters";
    throw new NcxError("ADDRESS", `Cannot log in: ${state}`, { state });
  }
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** The user and password of Basic credentials; undefined for others, and for what is malformed. */
export function basicLogin({ scheme, token68 }: Credentials): Login | undefined {
  if (scheme !== "basic" || token68 === undefined) return undefined;
  const text = Buffer.from(token68, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function strength({ scheme, params }: Challenge): number {
  if (scheme === "basic") return 1;
  return scheme === "digest" ? digestStrength(params) : 0;
}
