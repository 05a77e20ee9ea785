import { describe, expect, test } from "vitest";
import {
  basicChallenge,
  checkCredentials,
  digestChallenge,
  makeNonce,
  nonceAge,
  type CredentialCheck,
} from "../../../src/protocol/http/auth-check.ts";
import {
  answerChallenge,
  basicCredentials,
  basicLogin,
  chooseChallenge,
  parseChallenges,
  parseCredentials,
  type Challenge,
} from "../../../src/protocol/http/auth.ts";

const plain = (challenges: readonly Challenge[]): unknown[] =>
  challenges.map(({ scheme, params, token68 }) => [
    scheme,
    token68 ?? Object.fromEntries(params.entries()),
  ]);

describe("parseChallenges()", () => {
  test.each<[string, string[], unknown[]]>([
    ["one", ['Basic realm="a"'], [["basic", { realm: "a" }]]],
    [
      "several in one field, with commas and quotes in the strings",
      ['Basic realm="a, \\"b\\" Digest x=y", Digest realm="c",nonce=n , qop="auth,auth-int"'],
      [
        ["basic", { realm: 'a, "b" Digest x=y' }],
        ["digest", { realm: "c", nonce: "n", qop: "auth,auth-int" }],
      ],
    ],
    [
      "several fields",
      ["Negotiate", "NTLM TlRMTVNTUAAC==", 'BASIC Realm = "x"'],
      [
        ["negotiate", {}],
        ["ntlm", "TlRMTVNTUAAC=="],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      "schemes without parameters, empty members",
      [", ,Negotiate, Basic,,Bearer x=1,"],
      [
        ["negotiate", {}],
        ["basic", {}],
        ["bearer", { x: "1" }],
      ],
    ],
    ["of repeated parameters the first", ["Digest realm=a, realm=b"], [["digest", { realm: "a" }]]],
    [
      "garbage ends its field and no other",
      ['Basic realm="open', "@@@", '=x, Basic realm="no"', 'Digest realm="d"'],
      [
        ["basic", {}],
        ["digest", { realm: "d" }],
      ],
    ],
    ["nothing", ["", " , "], []],
  ])("%s", (_what, fields, expected) => {
    expect(plain(parseChallenges(fields))).toEqual(expected);
  });

  test("reads a long hostile field in one pass", () => {
    const fields = ["a=".repeat(30_000), `Basic x="${'\\"'.repeat(30_000)}`, "a, ".repeat(20_000)];
    expect(parseChallenges(fields).length).toBeLessThanOrEqual(64);
  });
});

describe("chooseChallenge()", () => {
  const basic = 'Basic realm="b"';
  const md5 = 'Digest realm="d", nonce="n", qop="auth"';
  const sha = 'Digest realm="d", nonce="n", algorithm=SHA-256, qop="auth"';
  test.each([
    ["Digest over Basic, Basic first in one field", [`${basic}, ${md5}`], "digest", undefined],
    ["Digest over Basic, Digest first in one field", [`${md5}, ${basic}`], "digest", undefined],
    ["Digest over Basic, one field each", [basic, md5], "digest", undefined],
    ["SHA-256 over MD5", [`${md5}, ${sha}`, basic], "digest", "SHA-256"],
    [
      "Basic where Digest has an unknown algorithm",
      [`${basic}, Digest realm=d, nonce=n, algorithm=X`],
      "basic",
      undefined,
    ],
    [
      "Basic where Digest has only an unknown qop",
      [`Digest realm=d, nonce=n, qop="auth-int"`, basic],
      "basic",
      undefined,
    ],
    ["Basic where Digest has no nonce", [`Digest realm=d`, basic], "basic", undefined],
    [
      "Basic among unknown schemes",
      ["Negotiate", `Bearer a="b", ${basic}, NTLM`],
      "basic",
      undefined,
    ],
  ])("%s", (_what, fields, scheme, algorithm) => {
    const chosen = chooseChallenge(parseChallenges(fields));
    expect(chosen?.scheme).toBe(scheme);
    expect(chosen?.params.get("algorithm")).toBe(algorithm);
  });

  test("none where all are unknown", () => {
    expect(chooseChallenge(parseChallenges(["Negotiate", "Bearer a=b"]))).toBeUndefined();
  });
});

describe("Basic", () => {
  test("RFC 7617's own examples", () => {
    expect(basicCredentials({ user: "Aladdin", password: "open sesame" })).toBe(
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    );
    expect(basicCredentials({ user: "test", password: "123£" })).toBe("Basic dGVzdDoxMjPCow==");
  });

  test("the password may have colons, the user may not", () => {
    const credentials = parseCredentials(basicCredentials({ user: "u", password: "a:b:" }));
    expect(credentials && basicLogin(credentials)).toEqual({ user: "u", password: "a:b:" });
    expect(() => basicCredentials({ user: "a:b", password: "s3cret" })).toThrow(
      expect.objectContaining({ code: "ADDRESS", message: expect.not.stringContaining("s3cret") }),
    );
  });

  test.each(["Basic", "Basic !!", "Basic Zm9v", "Bearer Zm9vOmJhcg=="])("%s is nobody", (field) => {
    const credentials = parseCredentials(field);
    expect(credentials && basicLogin(credentials)).toBeUndefined();
  });
});

describe("Digest", () => {
  const mufasa = { user: "Mufasa", password: "Circle of Life" };
  const index = {
    method: "GET",
    uri: "/dir/index.html",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  };
  const responseOf = (field: string): string | undefined =>
    parseCredentials(field)?.params.get("response");

  test.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("RFC 7616 §3.9.1 with %s", (algorithm, expected) => {
    const [challenge] = parseChallenges([
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
        `nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    ]);
    const answer = answerChallenge(challenge ?? nobody(), mufasa, index);
    expect(responseOf(answer)).toBe(expected);
    expect(answer).toBe(
      `Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ` +
        `uri="/dir/index.html", algorithm=${algorithm}, response="${expected}", ` +
        `opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ` +
        `cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"`,
    );
  });

  test("RFC 7616 §3.9.2, as its erratum 4897 corrects it: SHA-512-256, a hashed user name, UTF-8", () => {
    const [challenge] = parseChallenges([
      `Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ` +
        `nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", ` +
        `charset=UTF-8, userhash=true`,
    ]);
    const answer = answerChallenge(
      challenge ?? nobody(),
      { user: "Jäsøn Doe", password: "Secret, or not?" },
      { method: "GET", uri: "/doe.json", cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v" },
    );
    const params = parseCredentials(answer)?.params;
    expect(params?.get("username")).toBe(
      "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
    );
    expect(params?.get("response")).toBe(
      "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
    );
  });

  test("RFC 2617's example, and the old form without qop", () => {
    const old = { user: "Mufasa", password: "Circle Of Life" };
    const request = { method: "GET", uri: "/dir/index.html", cnonce: "0a4f113b" };
    const base = `Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"`;
    const [withQop, without] = parseChallenges([`${base}, qop="auth,auth-int"`, base]);
    expect(responseOf(answerChallenge(withQop ?? nobody(), old, request))).toBe(
      "6629fae49393a05397450978507c4ef1",
    );
    const answer = answerChallenge(without ?? nobody(), old, request);
    expect(responseOf(answer)).toBe("670fd8c2df070c60b045671b8b24ff02");
    expect(answer).not.toMatch(/qop|nc=|cnonce|algorithm|opaque/);
  });

  const key = Buffer.alloc(32, 7);
  const nonce = makeNonce(key, 1_000_000);
  const check = (login = mufasa, now = 1_000_500): CredentialCheck => ({
    ...login,
    realm: 'my "realm"',
    method: "CONNECT",
    target: "host:443",
    nonce(given) {
      const age = nonceAge(key, given, now);
      return age === undefined ? "unknown" : age > 1000 ? "stale" : "good";
    },
  });

  test.each([
    ["MD5", ""],
    ["SHA-256", ""],
    ["SHA-512-256", ""],
    ["MD5", "-sess"],
    ["SHA-256", "-sess"],
  ] as const)("both sides agree on %s%s, on good, stale and wrong", (algorithm, session) => {
    const field = digestChallenge({ realm: 'my "realm"', nonce, algorithm });
    const offered = field.replace(algorithm, algorithm + session);
    const request = { method: "CONNECT", uri: "host:443", cnonce: "c" };
    const answer = (login: typeof mufasa): string =>
      answerChallenge(parseChallenges([offered])[0] ?? nobody(), login, request);
    const credentials = parseCredentials(answer(mufasa)) ?? nobody();
    expect(checkCredentials(credentials, check())).toBe("good");
    expect(checkCredentials(credentials, check(mufasa, 1_002_000))).toBe("stale");
    expect(checkCredentials(credentials, check({ ...mufasa, password: "x" }))).toBe("wrong");
    expect(checkCredentials(credentials, check({ ...mufasa, user: "x" }))).toBe("wrong");
    expect(checkCredentials(credentials, { ...check(), target: "other:443" })).toBe("wrong");
    expect(checkCredentials(credentials, { ...check(), nonce: () => "unknown" })).toBe("wrong");
  });

  test.each(["Jäsøn Doe", 'a"b\\c', "naïve,'(x)*"])("the user %s arrives as it is", (user) => {
    for (const extra of ["", ", charset=UTF-8", ", userhash=true"]) {
      const [challenge] = parseChallenges([
        `Digest realm="my \\"realm\\"", nonce="${nonce}", qop=auth${extra}`,
      ]);
      const request = { method: "CONNECT", uri: "host:443", cnonce: "c" };
      const answer = answerChallenge(challenge ?? nobody(), { user, password: "pä" }, request);
      const credentials = parseCredentials(answer) ?? nobody();
      expect(checkCredentials(credentials, check({ user, password: "pä" }))).toBe("good");
    }
  });

  test("a nonce is known again by its own key alone", () => {
    expect(nonceAge(key, nonce, 1_000_500)).toBe(500);
    expect(nonceAge(Buffer.alloc(32, 8), nonce, 1_000_500)).toBeUndefined();
    for (const other of ["", ".", `${nonce}x`, `${nonce}.x`, `0${nonce}`, "zz.zz"])
      expect(nonceAge(key, other, 1_000_500)).toBeUndefined();
  });

  test("Basic is checked whole", () => {
    const login = { user: "u", password: "p:1" };
    const ask = (field: string): string =>
      checkCredentials(parseCredentials(field) ?? nobody(), check(login));
    expect(ask(basicCredentials(login))).toBe("good");
    expect(ask(basicCredentials({ ...login, password: "p" }))).toBe("wrong");
    expect(ask(basicCredentials({ ...login, user: "U" }))).toBe("wrong");
    expect(ask("Bearer x")).toBe("wrong");
    expect(basicChallenge('a"b')).toBe('Basic realm="a\\"b", charset="UTF-8"');
  });
});

function nobody(): never {
  throw new Error("there is no challenge");
}
