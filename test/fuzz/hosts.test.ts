import { BlockList, isIPv4 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { NcxError } from "../../src/core/errors.ts";
import { addressBytes } from "../../src/core/address-bytes.ts";
import { indexHosts } from "../../src/core/host-index.ts";
import {
  formatHost,
  matchesAny,
  matchesHost,
  parseHosts,
  type HostPattern,
} from "../../src/core/hosts.ts";

const octet = fc.nat({ max: 255 });
const item = fc.oneof(
  octet.map(String),
  fc.tuple(octet, octet).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
);
const octetList = fc.oneof(
  fc.constant("*"),
  fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(",")),
);
const octets = fc.tuple(octetList, octetList, octetList, octetList).map((lists) => lists.join("."));
const network = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat({ max: 32 })).map(([host, bits]) => `${host}/${bits}`),
  fc.tuple(fc.ipV6(), fc.nat({ max: 128 })).map(([host, bits]) => `${host}/${bits}`),
);
const host = fc.oneof(octets, network, fc.ipV4(), fc.ipV6(), fc.domain(), fc.constant("*"));
const hostile = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom("1", "0", "255", "256", ".", ",", "-", "*", "/", ":", "%", "#", "a", " "),
    )
    .map((parts) => parts.join("")),
);

test("parseHosts() throws nothing but NcxError ADDRESS", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      try {
        expect(Array.isArray(parseHosts(text))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(NcxError);
        expect(error).toMatchObject({ code: "ADDRESS" });
      }
    }),
    { numRuns: 5000 },
  );
});

test("parseHosts() gives again what formatHost() has written, also out of a list", () => {
  fc.assert(
    fc.property(
      fc.array(host, { maxLength: 4 }),
      fc.constantFrom(" ", "\n", " , "),
      (hosts, gap) => {
        const patterns = hosts.flatMap(read);
        expect(parseHosts(patterns.map(formatHost).join(gap))).toEqual(patterns);
      },
    ),
  );
});

test("matchesHost() agrees with a naive reading of octets", () => {
  fc.assert(
    fc.property(octets, fc.ipV4(), fc.boolean(), (text, address, near) => {
      // One in a thousand would match by chance.
      const tried = near ? closeTo(text, address) : address;
      expect(matches(text, tried)).toBe(naive(text, tried));
      expect(matches(text, `::ffff:${tried}`)).toBe(naive(text, tried));
    }),
    { numRuns: 2000 },
  );
});

test("matchesHost() agrees with node:net's BlockList on networks", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.tuple(fc.ipV4(), fc.nat({ max: 32 }), fc.ipV4()),
        fc.tuple(fc.ipV6(), fc.nat({ max: 128 }), fc.ipV6()),
        fc.tuple(
          fc.constantFrom("2001:db8::", "2001:db8::ff"),
          fc.nat({ max: 128 }),
          fc.constantFrom("2001:db8::1", "2001:db8:8000::", "::"),
        ),
        fc.tuple(
          fc.constantFrom("10.0.0.0", "10.0.255.9"),
          fc.nat({ max: 32 }),
          fc.constantFrom("10.0.128.0", "10.128.0.0", "10.0.255.8"),
        ),
      ),
      ([base, bits, address]) => {
        fc.pre(!isMapped(base) && !isMapped(address));
        const family = isIPv4(base) ? "ipv4" : "ipv6";
        const list = new BlockList();
        list.addSubnet(base, bits, family);
        expect(matches(`${base}/${bits}`, address)).toBe(list.check(address, family));
      },
    ),
    { numRuns: 2000 },
  );
});

test("indexHosts() agrees with one pattern after another", () => {
  const near = fc.constantFrom("10.0.0.1", "10.0.128.7", "2001:db8::1", "::1", "0.0.0.0", "::");
  const address = fc.oneof(near, fc.ipV4(), fc.ipV6());
  const some = fc.oneof(
    host,
    fc.tuple(near, fc.nat({ max: 32 })).map(([base, bits]) => `${base}/${bits}`),
  );
  fc.assert(
    fc.property(fc.array(some, { maxLength: 6 }), address, (hosts, tried) => {
      const patterns = hosts.flatMap(read).filter((pattern) => pattern.kind !== "name");
      const bytes = addressBytes(tried);
      expect(bytes && indexHosts(patterns)(bytes)).toBe(matchesAny(patterns, tried));
    }),
    { numRuns: 3000 },
  );
});

function read(text: string): HostPattern[] {
  try {
    return parseHosts(text);
  } catch {
    return []; // such as a v4-mapped address with a short mask
  }
}

function matches(text: string, address: string): boolean {
  const [pattern, ...more] = parseHosts(text);
  if (!pattern || more.length > 0) throw new Error(`${text} is not one pattern`);
  return matchesHost(pattern, address);
}

/** The address with those octets swapped for ones that the pattern has. */
function closeTo(text: string, address: string): string {
  const wanted = text.split(".").map((list) => /\d+/.exec(list)?.[0]);
  return address
    .split(".")
    .map((own, at) => wanted[at] ?? own)
    .join(".");
}

function naive(text: string, address: string): boolean {
  const tried = address.split(".").map(Number);
  return text.split(".").every((list, at) =>
    list.split(",").some((part) => {
      if (part === "*") return true;
      const [first, last = first] = part.split("-").map(Number);
      return Number(first) <= Number(tried[at]) && Number(tried[at]) <= Number(last);
    }),
  );
}

/** Whether it is v4 in v6, which a BlockList reads in its own way. */
function isMapped(address: string): boolean {
  return /^(0*:)*:?(0+:)*ffff:/i.test(address);
}
