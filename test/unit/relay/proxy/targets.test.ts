import { describe, expect, test } from "vitest";
import type { Endpoint } from "../../../../src/core/endpoint.ts";
import { readTargets } from "../../../../src/relay/proxy/targets.ts";

const ALLOWED = undefined;
const DENIED = "The target is not allowed";
const OWN = "That is the proxy itself";

describe("lists", () => {
  test.each([
    [[], ["10.0.0.0/8"], "10.1.2.3", DENIED],
    [[], ["10.0.0.0/8"], "11.1.2.3", ALLOWED],
    [[], ["10.0.0.0/8"], "::ffff:10.1.2.3", DENIED],
    [[], ["10.0.0.0/8"], "::ffff:a01:203", DENIED],
    [[], ["127.0.0.1"], "0.0.0.0", DENIED],
    [[], ["::1"], "::", DENIED],
    [[], ["::1"], "0:0:0:0:0:0:0:1", DENIED],
    [[], ["::1"], "::1%lo", DENIED],
    [["10.0.0.0/8"], [], "10.1.2.3", ALLOWED],
    [["10.0.0.0/8"], [], "::ffff:10.1.2.3", ALLOWED],
    [["10.0.0.0/8"], [], "::1", DENIED],
    [["10.0.0.0/8"], ["10.1-2.*.*"], "10.2.0.1", DENIED],
    [["2001:db8::/32"], [], "2001:db8::7", ALLOWED],
  ])("allow %j, deny %j: %s", async (allowTargets, denyTargets, address, expected) => {
    const rules = await readTargets({ allowTargets, denyTargets }, () => []);
    expect(rules.refuse(address, 80)).toBe(expected);
    expect(rules.listed).toBe(true);
  });
});

describe("its own address", () => {
  const tcp = (host: string): Endpoint => ({ kind: "tcp", host, port: 3128 });

  test.each([
    ["127.0.0.1", "127.0.0.1", OWN],
    ["127.0.0.1", "127.0.0.2", ALLOWED],
    ["127.0.0.1", "::ffff:127.0.0.1", OWN],
    ["0.0.0.0", "127.3.2.1", OWN],
    ["0.0.0.0", "0.0.0.0", OWN],
    ["0.0.0.0", "::1", ALLOWED],
    ["0.0.0.0", "192.0.2.1", ALLOWED],
    ["::", "::1", OWN],
    ["::1", "0:0:0:0:0:0:0:1", OWN],
  ])("bound to %s: %s", async (bound, address, expected) => {
    const rules = await readTargets({}, () => [tcp(bound)]);
    expect(rules.refuse(address, 3128)).toBe(expected);
    expect(rules.refuse(address, 3129)).toBeUndefined();
  });

  test("over TLS it is the carrier's", async () => {
    const rules = await readTargets({}, () => [{ kind: "tls", over: tcp("127.0.0.1") }]);
    expect(rules.refuse("127.0.0.1", 3128)).toBe(OWN);
  });
});
