import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { joinServices } from "../../../src/platform/service-list.ts";
import {
  parseServices,
  readServices,
  serviceName,
  servicePort,
} from "../../../src/platform/services.ts";

const FILE = `# Network services
tcpmux\t\t1/tcp\t\t\t\t# TCP port service multiplexer
domain\t\t53/tcp
domain\t\t53/udp
http\t\t80/tcp\t\twww www-http\t# WorldWideWeb HTTP
http\t\t8008/tcp
  indented   7/udp  echo#comment
# commented 9/tcp
sctp-only\t5/sctp
broken 99999/tcp
www-clash 80/tcp http
`;

describe("parseServices()", () => {
  const services = parseServices(FILE);

  test.each([
    ["http", "tcp", 80],
    ["www", "tcp", 80],
    ["www-http", "tcp", 80],
    ["www-clash", "tcp", 80],
    ["http", "udp", undefined],
    ["domain", "udp", 53],
    ["indented", "udp", 7],
    ["echo", "udp", 7],
    ["commented", "tcp", undefined],
    ["WorldWideWeb", "tcp", undefined],
    ["broken", "tcp", undefined],
    ["sctp-only", "tcp", undefined],
    ["constructor", "tcp", undefined],
    ["", "tcp", undefined],
  ] as const)("port of %s/%s: %s", (name, protocol, port) => {
    expect(services.port(name, protocol)).toBe(port);
  });

  test.each([
    [80, "tcp", "http"],
    [8008, "tcp", "http"],
    [53, "udp", "domain"],
    [80, "udp", undefined],
    [9, "tcp", undefined],
  ] as const)("name of %s/%s: %s", (port, protocol, name) => {
    expect(services.name(port, protocol)).toBe(name);
  });

  test("takes a file with CRLF", () => {
    const services = parseServices("http 80/tcp www\r\nssh 22/tcp\r\n");
    expect([services.port("www", "tcp"), services.port("ssh", "tcp")]).toEqual([80, 22]);
  });
});

test("readServices() knows the best known services where there is no file", () => {
  const services = readServices(join(tmpdir(), "ncx-no-such-directory", "services"));
  expect(services.port("http", "tcp")).toBe(80);
  expect(services.port("www", "tcp")).toBe(80);
  expect(services.name(443, "tcp")).toBe("https");
  expect(services.name(53, "udp")).toBe("domain");
});

test("readServices() believes the file where there is one", () => {
  const directory = mkdtempSync(join(tmpdir(), "ncx-"));
  try {
    writeFileSync(join(directory, "services"), "http 81/tcp\n");
    const services = readServices(join(directory, "services"));
    expect([services.port("http", "tcp"), services.port("https", "tcp")]).toEqual([81, undefined]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("servicePort() and serviceName() know the system's services", () => {
  expect(servicePort("http", "tcp")).toBe(80);
  expect(serviceName(22, "tcp")).toBe("ssh");
  expect(servicePort("no-such-service", "tcp")).toBeUndefined();
});

test("joinServices() keeps every name of a place: the first line's, the others and IANA's as aliases", () => {
  const text = "http 80/tcp www # the web\nhttp-also 80/tcp www web\nhttp 80/udp\n";
  const { services, name } = joinServices(text, { "80/tcp": ["iana-http", "IANA's words"] });
  expect(services).toMatchObject([
    { name: "http", protocol: "tcp", aliases: ["www", "http-also", "web", "iana-http"] },
    { name: "http", protocol: "udp", aliases: [] },
  ]);
  expect(services[0]?.description).toBe("the web");
  expect(name(80, "tcp")).toBe("http");
});
