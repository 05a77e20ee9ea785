import { describe, expect, test } from "vitest";
import {
  formatProxy,
  parseProxy,
  type Proxy,
  type ProxyProtocol,
} from "../../../src/core/proxy.ts";

describe("parseProxy()", () => {
  test.each<[string, Proxy]>([
    ["http://host", { protocol: "http", host: "host", port: 3128 }],
    ["https://host/", { protocol: "https", host: "host", port: 443 }],
    ["socks4://host", { protocol: "socks4", host: "host", port: 1080 }],
    ["SOCKS4A://host:1", { protocol: "socks4a", host: "host", port: 1 }],
    ["socks5h://[::1]:99", { protocol: "socks5h", host: "::1", port: 99 }],
    ["socks5://joe@host", { protocol: "socks5", host: "host", port: 1080, user: "joe" }],
    [
      "http://joe:p%40%3As@h:8",
      { protocol: "http", host: "h", port: 8, user: "joe", password: "p@:s" },
    ],
    [
      "http://a%3Ab:c:d@e@h:8",
      { protocol: "http", host: "h", port: 8, user: "a:b", password: "c:d@e" },
    ],
    ["http://joe:@h", { protocol: "http", host: "h", port: 3128, user: "joe", password: "" }],
  ])("%s", (text, expected) => expect(parseProxy(text)).toEqual(expected));

  test.each<[string, ProxyProtocol, string]>([
    ["host", "socks5", "socks5://host:1080"],
    ["host", "http", "http://host:3128"],
    ["host:8080", "http", "http://host:8080"],
    ["::1", "socks5", "socks5://[::1]:1080"],
    ["[::1]:5", "socks4", "socks4://[::1]:5"],
    ["joe:x@host:5", "http", "http://host:5"],
    ["http://host", "socks5", "http://host:3128"],
  ])("%s with the type %s is %s", (text, fallback, expected) => {
    expect(formatProxy(parseProxy(text, fallback))).toBe(expected);
  });

  test.each([
    ["", "the host is missing"],
    ["http://", "the host is missing"],
    ["ftp://joe:s3cret@host", "no proxy is spoken to like this"],
    ["http://joe:s3cret@", "the host is missing"],
    ["http://host:s3cret", "the port must be 1-65535"],
    ["http://host:0", "the port must be 1-65535"],
    ["http://host:65536", "the port must be 1-65535"],
    ["http://joe:s3cret%@host", "user and password have a percent sign that is not written as %25"],
    ["http://joe:s3cret@ho st", "the host is neither a name nor a numeric address"],
    ["http://joe:s3cret/host", "the port must be 1-65535"],
  ])("%s is an error that tells no secret", (text, state) => {
    const parse = (): Proxy => parseProxy(text);
    expect(parse).toThrow(expect.objectContaining({ code: "ADDRESS", state }));
    expect(parse).not.toThrow(/s3cret/);
  });
});
