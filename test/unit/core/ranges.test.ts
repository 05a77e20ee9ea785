import { describe, expect, test } from "vitest";
import { listPorts, parsePortRanges } from "../../../src/core/ranges.ts";

const services: Record<string, number> = { http: 80, "http-alt": 8080 };
const service = (name: string): number | undefined => services[name];

describe("parsePortRanges()", () => {
  test.each([
    ["22", [22]],
    ["20-23", [20, 21, 22, 23]],
    ["80-80", [80]],
    ["20-21,443,http", [20, 21, 443, 80]],
    ["http-alt", [8080]],
    ["443,80,443,79-81", [443, 80, 79, 81]],
    ["65535", [65535]],
  ])("reads %s, in its order, each port once", (text, ports) => {
    expect(listPorts(parsePortRanges(text, service))).toEqual(ports);
  });

  test.each([
    ["0", 'Cannot parse ports "0": a port is 1-65535'],
    ["0-10", 'Cannot parse ports "0-10": a port is 1-65535'],
    ["65536", 'Cannot parse ports "65536": a port is 1-65535'],
    ["80-70000", 'Cannot parse ports "80-70000": a port is 1-65535'],
    ["-1", 'Cannot parse ports "-1": a port is 1-65535'],
    ["80-20", 'Cannot parse ports "80-20": the range ends before it begins'],
    ["http x", 'Cannot parse port "http x": not a number or a known service'],
    ["nope", 'Cannot parse port "nope": not a number or a known service'],
    ["", 'Cannot parse ports "": it is empty'],
    ["80,,81", 'Cannot parse ports "80,,81": a part of it is empty'],
    ["22,", 'Cannot parse ports "22,": a part of it is empty'],
    ["80-", 'Cannot parse port "80-": not a number or a known service'],
    ["1-2-3", 'Cannot parse port "1-2-3": not a number or a known service'],
  ])("refuses %j: %s", (text, message) => {
    expect(() => parsePortRanges(text, service)).toThrow(
      expect.objectContaining({ code: "ADDRESS", message }),
    );
  });
});

test("listPorts() lists all there are", () => {
  const ports = listPorts(parsePortRanges("1-65535"));
  expect([ports.length, ports[0], ports.at(-1)]).toEqual([65535, 1, 65535]);
});
