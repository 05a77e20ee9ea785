import { describe, expect, test } from "vitest";
import { answerChallenge, parseChallenges } from "../../../../src/protocol/http/auth.ts";
import { makeGuard } from "../../../../src/relay/proxy/guard.ts";

const LOGIN = { user: "me", password: "se:cret" };
const TARGET = "http://example.org/x?y";
const PATH = "/x?y";

/** The challenges of a guard, as a client reads them. */
function challengesOf(guard: ReturnType<typeof makeGuard>): ReturnType<typeof parseChallenges> {
  const fields = guard.challenge({ method: "GET", target: TARGET, credentials: undefined }) ?? [];
  return parseChallenges(fields.map(([, value]) => value));
}

describe("makeGuard()", () => {
  test.each([
    [0, TARGET],
    [0, PATH],
    [1, TARGET],
    [1, PATH],
    [2, TARGET],
  ])("challenge %i, answered for %s, lets the request pass", (which, uri) => {
    const guard = makeGuard(LOGIN);
    const challenge = challengesOf(guard)[which];
    if (!challenge) throw new Error("there is none");
    const credentials = answerChallenge(challenge, LOGIN, { method: "GET", uri, cnonce: "c" });
    const request = { method: "GET", target: TARGET, path: PATH, credentials };
    expect(guard.challenge(request)).toBeUndefined();
  });

  test.each([
    ["for another target", { target: "http://example.org/other", path: "/other" }],
    ["for another method", { method: "POST" }],
    ["of no scheme", { credentials: "me:secret" }],
    ["none", { credentials: undefined }],
  ])("Digest credentials %s do not", (_what, change) => {
    const guard = makeGuard(LOGIN);
    const [challenge] = challengesOf(guard);
    if (!challenge) throw new Error("there is none");
    const credentials = answerChallenge(challenge, LOGIN, {
      method: "GET",
      uri: TARGET,
      cnonce: "c",
    });
    expect(
      guard.challenge({ method: "GET", target: TARGET, path: PATH, credentials, ...change }),
    ).toHaveLength(3);
  });

  test("a nonce of another guard is not known", () => {
    const [challenge] = challengesOf(makeGuard(LOGIN));
    if (!challenge) throw new Error("there is none");
    const credentials = answerChallenge(challenge, LOGIN, {
      method: "GET",
      uri: TARGET,
      cnonce: "c",
    });
    expect(makeGuard(LOGIN).challenge({ method: "GET", target: TARGET, credentials })).toHaveLength(
      3,
    );
  });

  test.each([
    ["me", "se:cret", true],
    ["me", "se:cre", false],
    ["you", "se:cret", false],
    ["", "", false],
  ])("knows(%j, %j) is %s", (user, password, expected) => {
    expect(makeGuard(LOGIN).knows({ user, password })).toBe(expected);
  });
});
