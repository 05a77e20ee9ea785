import { expect, test } from "vitest";
import { persists, requestFraming } from "../../../../src/protocol/http/framing.ts";
import { headerOf, membersOf } from "../../../../src/protocol/http/headers.ts";

test.each([
  [1, [], true],
  [1, [["Connection", "close"]], false],
  [1, [["Connection", "Upgrade, CLOSE"]], false],
  [0, [], false],
  [0, [["Connection", "Keep-Alive"]], true],
  [
    0,
    [
      ["Connection", "keep-alive"],
      ["Transfer-Encoding", "chunked"],
    ],
    false,
  ],
  [
    0,
    [
      ["Connection", "keep-alive"],
      ["Connection", "close"],
    ],
    false,
  ],
] as const)("persists() of HTTP/1.%s with %j is %s", (minor, headers, kept) => {
  expect(persists({ status: 200, statusText: "", minor, headers })).toBe(kept);
});

test("requestFraming() of a request without a length is an empty body", () => {
  expect(requestFraming({ method: "POST", target: "/", headers: [] })).toEqual({
    kind: "length",
    bytes: 0,
  });
});

test("headerOf() joins repeated fields, whatever their case", () => {
  const headers = [
    ["Vary", "a"],
    ["X", "y"],
    ["vary", "b"],
  ] as const;
  expect(headerOf(headers, "VARY")).toBe("a, b");
  expect(headerOf(headers, "none")).toBeUndefined();
});

test("membersOf() splits, trims, lowers and drops empty members", () => {
  expect(
    membersOf(
      [
        ["Connection", " A ,,b"],
        ["connection", "C"],
      ],
      "connection",
    ),
  ).toEqual(["a", "b", "c"]);
});

test.each(["\u00A0", "\u000B", "\u000C", "\u0085"])(
  "a coding with %j beside it is another coding: only space and tab are white space",
  (odd) => {
    const headers = [["Transfer-Encoding", `${odd}chunked`]] as const;
    expect(() => requestFraming({ method: "POST", target: "/", headers })).toThrow(
      "the last Transfer-Encoding is not chunked",
    );
  },
);
