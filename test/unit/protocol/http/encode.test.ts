import { expect, test } from "vitest";
import { requestDecoder } from "../../../../src/protocol/http/codec.ts";
import {
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
} from "../../../../src/protocol/http/encode.ts";

test("encodeRequestHead() writes what the decoder reads back", () => {
  const head = {
    method: "PUT",
    target: "/x?y",
    minor: 1,
    headers: [
      ["Host", "h"],
      ["E", ""],
      ["O", "\xE9\xFF"],
    ],
  } as const;
  const bytes = encodeRequestHead(head);
  expect(bytes.toString("latin1")).toBe(
    "PUT /x?y HTTP/1.1\r\nHost: h\r\nE:\r\nO: \xE9\xFF\r\n\r\n",
  );
  const decoder = requestDecoder();
  decoder.push(bytes);
  expect(decoder.next()).toMatchObject({ type: "head", head });
});

test("encodeResponseHead() and encodeLastChunk() write heads and trailers", () => {
  expect(`${encodeResponseHead({ status: 204, statusText: "No Content", headers: [] })}`).toBe(
    "HTTP/1.1 204 No Content\r\n\r\n",
  );
  expect(`${encodeLastChunk()}`).toBe("0\r\n\r\n");
  expect(`${encodeLastChunk([["A", "b"]])}`).toBe("0\r\nA: b\r\n\r\n");
});

test.each([
  ["a method with a space", { method: "GE T" }],
  ["an empty method", { method: "" }],
  ["a target with a line break", { target: "/\r\nX: y" }],
  ["a target with a space", { target: "/a b" }],
  ["a header name with a colon", { headers: [["A:", "b"]] }],
  ["a header value with a line break", { headers: [["A", "b\r\nC: d"]] }],
  ["a header value with a NUL", { headers: [["A", "\0"]] }],
  ["a header value beyond latin1", { headers: [["A", "\u{20AC}"]] }],
] as const)("encodeRequestHead() refuses %s", (_name, part) => {
  const head = {
    method: "GET",
    target: "/",
    headers: [] as (readonly [string, string])[],
    ...part,
  };
  expect(() => encodeRequestHead(head)).toThrow(
    expect.objectContaining({ name: "NcxError", code: "USAGE" }),
  );
});

test("a refused value is not in the message: it may be a secret", () => {
  const secret = { method: "GET", target: "/", headers: [["Authorization", "hunter2\n"]] } as const;
  expect(() => encodeRequestHead(secret)).toThrow(/^(?!.*hunter2)/);
});
