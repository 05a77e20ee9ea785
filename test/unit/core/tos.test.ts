import { expect, test } from "vitest";
import { parseTos } from "../../../src/core/tos.ts";

// The values of <netinet/ip.h>.
test.each([
  ["lowdelay", 0x10],
  ["throughput", 0x08],
  ["reliability", 0x04],
  ["lowcost", 0x02],
  ["minimize-delay", 0x10],
  ["maximize-throughput", 0x08],
  ["critical", 0xa0],
  ["inetcontrol", 0xc0],
  ["netcontrol", 0xe0],
  ["cs0", 0x00],
  ["cs1", 0x20],
  ["cs7", 0xe0],
  ["AF11", 0x28],
  ["af23", 0x58],
  ["af43", 0x98],
  ["ef", 0xb8],
  ["0x10", 16],
  ["0", 0],
  ["255", 255],
])("parseTos() reads %s as %i", (text, value) => expect(parseTos(text)).toBe(value));

test.each(["", "256", "0x1ff", "af14", "af51", "cs8", "-1", "toString", "fast"])(
  "parseTos() refuses %j",
  (text) => expect(() => parseTos(text)).toThrow("Cannot parse type of service"),
);
