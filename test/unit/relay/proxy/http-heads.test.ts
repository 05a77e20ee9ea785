import { describe, expect, test } from "vitest";
import type { BodyFraming, ResponseHead } from "../../../../src/protocol/http/framing.ts";
import {
  forwardInformation,
  forwardRequestHead,
  forwardResponseHead,
} from "../../../../src/relay/proxy/http-heads.ts";

const TARGET = {
  to: { kind: "tcp", host: "example.org", port: 80 },
  authority: "example.org",
  path: "/x",
} as const;
const NONE: BodyFraming = { kind: "length", bytes: 0 };
const GET = { method: "GET", target: "http://example.org/x", minor: 1, headers: [] };

describe("a request's head", () => {
  test.each([
    ["GET without a body has no length", NONE, [], []],
    [
      "POST of nothing keeps its length",
      NONE,
      [["Content-Length", "0"]],
      [["Content-Length", "0"]],
    ],
    [
      "a length is written anew",
      { kind: "length", bytes: 3 },
      [["content-length", "003"]],
      [["Content-Length", "3"]],
    ],
    [
      "chunks stay chunks",
      { kind: "chunked" },
      [["transfer-encoding", "Chunked"]],
      [["Transfer-Encoding", "chunked"]],
    ],
  ] as const)("%s", (_what, framing, given, expected) => {
    const { headers } = forwardRequestHead({ ...GET, headers: given }, TARGET, framing);
    expect(headers).toEqual([["Host", "example.org"], ...expected, ["Via", "1.1 ncx"]]);
  });

  test("an HTTP/1.0 request is said to have been one", () => {
    const { headers, minor } = forwardRequestHead({ ...GET, minor: 0 }, TARGET, NONE);
    expect(headers).toEqual([
      ["Host", "example.org"],
      ["Via", "1.0 ncx"],
    ]);
    expect(minor).toBeUndefined();
  });

  test("Via of others stays before ours; fields keep their order and case", () => {
    const given = [
      ["x-B", "1"],
      ["Via", "1.1 other"],
      ["X-a", "2"],
      ["x-B", "3"],
    ] as const;
    const { headers } = forwardRequestHead({ ...GET, headers: given }, TARGET, NONE);
    expect(headers).toEqual([["Host", "example.org"], ...given, ["Via", "1.1 ncx"]]);
  });

  test.each([
    ["OPTIONS", "3", "2"],
    ["GET", "3", "3"],
    ["OPTIONS", "many", "many"],
  ])("Max-Forwards of %s: %s becomes %s", (method, given, expected) => {
    const head = { ...GET, method, headers: [["Max-Forwards", given]] as const };
    expect(forwardRequestHead(head, TARGET, NONE).headers).toContainEqual([
      "Max-Forwards",
      expected,
    ]);
  });
});

describe("a response's head", () => {
  const head = (status: number, ...headers: (readonly [string, string])[]): ResponseHead => ({
    status,
    statusText: "",
    minor: 1,
    headers,
  });
  const length = ["Content-Length", "5"] as const;

  test.each([
    ["a length", head(200, length), { kind: "length", bytes: 5 }, 1, ["Content-Length: 5"], true],
    ["a length that HEAD only tells", head(200, length), NONE, 1, ["Content-Length: 5"], true],
    ["204 tells none", head(204, length), NONE, 1, [], true],
    ["chunks", head(200), { kind: "chunked" }, 1, ["Transfer-Encoding: chunked"], true],
    ["until the close", head(200), { kind: "close" }, 1, ["Transfer-Encoding: chunked"], true],
    ["chunks for HTTP/1.0", head(200), { kind: "chunked" }, 0, [], false],
    [
      "a length for HTTP/1.0",
      head(200, length),
      { kind: "length", bytes: 5 },
      0,
      ["Content-Length: 5"],
      true,
    ],
  ] as const)("%s", (_what, given, framing, minor, expected, goesOn) => {
    const plan = forwardResponseHead(given, framing, { ...GET, minor }, true);
    const told = plan.head.headers.map(([name, value]) => `${name}: ${value}`);
    const connection = goesOn
      ? minor === 0
        ? ["Connection: keep-alive"]
        : []
      : ["Connection: close"];
    expect(told).toEqual([...expected, "Via: 1.1 ncx", ...connection]);
    expect(plan.goesOn).toBe(goesOn);
  });

  test("an interim one has no hop-by-hop fields either", () => {
    const early = head(103, ["Link", "</a>"], ["Connection", "x"], ["X", "1"]);
    expect(forwardInformation(early).headers).toEqual([
      ["Link", "</a>"],
      ["Via", "1.1 ncx"],
    ]);
  });
});
