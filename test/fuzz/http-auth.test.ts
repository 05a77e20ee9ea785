import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkCredentials, digestChallenge } from "../../src/protocol/http/auth-check.ts";
import {
  answerChallenge,
  chooseChallenge,
  parseChallenges,
  parseCredentials,
} from "../../src/protocol/http/auth.ts";

/** Field values as a decoder lets them through, made of what the grammar is made of. */
const hostile = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        ...'Basic,Digest,realm,nonce,qop,auth,algorithm,MD5,=,",\\,\\", ,\t,a,/,==,@,;'.split(","),
        ",",
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join("")),
);
const login = { user: "joe", password: "s3cret" };
const request = { method: "CONNECT", uri: "host:1", cnonce: "c" };

describe("challenges", () => {
  test("whatever comes is read, and what is chosen can be answered in one line", () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), (fields) => {
        const chosen = chooseChallenge(parseChallenges(fields));
        if (!chosen) return;
        const answer = answerChallenge(chosen, login, request);
        expect(answer).toMatch(/^(Basic|Digest) /);
        expect(answer).not.toContain("s3cret");
      }),
    );
  });

  test("garbage before or after, in fields of its own, takes nothing away", () => {
    fc.assert(
      fc.property(hostile, hostile, (before, after) => {
        const digest = 'Digest realm="r", nonce="n", algorithm=SHA-512-256';
        const chosen = chooseChallenge(parseChallenges([before, digest, after]));
        expect(chosen?.scheme).toBe("digest");
      }),
    );
  });

  test("any realm, nonce, user and password arrive", () => {
    const text = fc.string({ maxLength: 30 });
    const field = fc.string({
      maxLength: 30,
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(field, field, text, text, (realm, nonce, user, password) => {
        const [challenge] = parseChallenges([digestChallenge({ realm, nonce })]);
        const answer = challenge && answerChallenge(challenge, { user, password }, request);
        const credentials = parseCredentials(answer ?? "");
        const check = { user, password, realm, method: "CONNECT", target: "host:1" };
        const verdict = (more = {}): unknown =>
          credentials &&
          checkCredentials(credentials, {
            ...check,
            ...more,
            nonce: (given) => (given === nonce ? "good" : "unknown"),
          });
        expect(verdict()).toBe("good");
        expect(verdict({ password: `${password}x` })).toBe("wrong");
      }),
    );
  });
});

describe("credentials", () => {
  test("hostile ones are wrong, never an exception", () => {
    fc.assert(
      fc.property(hostile, (field) => {
        const credentials = parseCredentials(field);
        if (!credentials) return;
        const check = { ...login, realm: "r", method: "CONNECT", target: "host:1" };
        expect(checkCredentials(credentials, { ...check, nonce: () => "good" })).toBe("wrong");
      }),
    );
  });
});
