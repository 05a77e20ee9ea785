import { expect, test } from "vitest";
import { parseAbsolute, parseAuthority } from "../../../../src/relay/proxy/http-target.ts";

test.each([
  ["GET", "http://example.org", "example.org", 80, "example.org", "/"],
  ["GET", "HTTP://Example.org:8080/a?b", "Example.org", 8080, "Example.org:8080", "/a?b"],
  ["GET", "http://example.org?q", "example.org", 80, "example.org", "/?q"],
  ["GET", "http://example.org:/x", "example.org", 80, "example.org:", "/x"],
  ["GET", "http://[::1]:81/", "::1", 81, "[::1]:81", "/"],
  ["GET", "http://a/http://b/../c", "a", 80, "a", "/http://b/../c"],
  ["OPTIONS", "http://example.org", "example.org", 80, "example.org", "*"],
  ["OPTIONS", "http://example.org/", "example.org", 80, "example.org", "/"],
])("%s %s goes to %s, port %i", (method, text, host, port, authority, path) => {
  expect(parseAbsolute(method, text)).toEqual({ to: { kind: "tcp", host, port }, authority, path });
});

test.each([
  "/path",
  "*",
  "https://example.org/",
  "http://",
  "http:///x",
  "http://user@example.org/",
  "http://example.org:x/",
  "http://example.org:65536/",
  "http://[::1/",
  "http://::1/",
  "http://a b/",
  "http://example.org/#f",
])("%s is refused", (text) => {
  expect(() => parseAbsolute("GET", text)).toThrow(expect.objectContaining({ status: 400 }));
});

test.each([
  ["example.org:443", "example.org", 443],
  ["[2001:db8::1]:22", "2001:db8::1", 22],
])("CONNECT %s", (text, host, port) => {
  expect(parseAuthority(text)).toEqual({ kind: "tcp", host, port });
});

test.each(["example.org", "example.org:", ":443", "a:b:1", "2001:db8::1:22x", "[::1]", "a/b:1"])(
  "CONNECT %s is refused",
  (text) => {
    expect(() => parseAuthority(text)).toThrow(expect.objectContaining({ status: 400 }));
  },
);
