import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decoded, identify, looksLikeTls, printable } from "../../../src/scan/banner/banner.ts";
import { verdict } from "../../../src/scan/scan.ts";
import { udpQuestion, udpQuestionPorts } from "../../../src/protocol/udp-questions.ts";

const MYSQL = Buffer.from("\x4a\0\0\0\x0a8.0.36-log\0rest", "latin1");
const POSTGRESQL = Buffer.from(
  "E\0\0\0\x30SFATAL\0C0A000\0Munsupported frontend protocol\0\0",
  "latin1",
);

describe("identify()", () => {
  test.each<[string | Buffer, number, string, string]>([
    ["SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 22, "ssh", "SSH-2.0-OpenSSH_9.2p1 Debian-2"],
    ["hello\r\nSSH-2.0-x\r\n", 22, "ssh", "SSH-2.0-x"],
    ["220 mail.example ESMTP Postfix\r\n", 25, "smtp", "220 mail.example ESMTP Postfix"],
    ["220 ProFTPD ready\r\n", 4444, "ftp", "220 ProFTPD ready"],
    ["220 welcome\r\n", 21, "ftp", "220 welcome"],
    ["HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", 80, "http", "HTTP/1.1 200 OK (nginx)"],
    ["+PONG\r\n", 6379, "redis", "+PONG"],
    ["-NOAUTH Authentication required.\r\n", 1, "redis", "-NOAUTH Authentication required."],
    [MYSQL, 3306, "mysql", "8.0.36-log"],
    ["N", 5432, "postgresql", "no TLS"],
    ["S", 5432, "postgresql", "TLS offered"],
    [POSTGRESQL, 1, "postgresql", "unsupported frontend protocol"],
    ["* OK IMAP4rev1 ready\r\n", 143, "imap", "* OK IMAP4rev1 ready"],
    ["+OK POP3 ready\r\n", 110, "pop3", "+OK POP3 ready"],
    [Buffer.from("20020000", "hex"), 1883, "mqtt", "connection accepted"],
    [Buffer.from("20020005", "hex"), 1883, "mqtt", "connection not authorized"],
    ["RFB 003.008\n", 5900, "vnc", "RFB 003.008"],
    ["RTSP/1.0 200 OK\r\n", 554, "rtsp", "RTSP/1.0 200 OK"],
    [Buffer.from("fffd18fffd20", "hex"), 23, "telnet", ""],
    ["220 grüß dich ☃ ESMTP\r\n", 25, "smtp", "220 grüß dich ☃ ESMTP"],
    [Buffer.from("220 gr\xfc\xdf dich ESMTP\r\n", "latin1"), 25, "smtp", "220 gr  dich ESMTP"],
  ])("%j at %d is %s", (bytes, port, protocol, text) => {
    expect(identify(Buffer.from(bytes), port)).toEqual({ protocol, text });
  });

  test("does not know everything", () => {
    expect(identify(Buffer.from("what do you want?\n"), 80)).toBeUndefined();
  });

  test("takes any bytes, and shows one short line of printable characters", () => {
    const start = fc.constantFrom(
      "",
      "SSH-2.0-",
      "220 ",
      "HTTP/1.1 200 ",
      "+OK ",
      "* OK ",
      "E\0\0\0",
    );
    fc.assert(
      fc.property(
        start,
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 65_535 }),
        (head, tail, port) => {
          const found = identify(Buffer.concat([Buffer.from(head), tail]), port);
          if (found) expect(found.text).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{0,120}$/u);
        },
      ),
    );
  });
});

test("looksLikeTls() knows an alert, a handshake, and a web server that wants TLS", () => {
  expect(looksLikeTls(Buffer.from("15030100020246", "hex"))).toBe(true);
  expect(looksLikeTls(Buffer.from("16030300", "hex"))).toBe(true);
  expect(
    looksLikeTls(Buffer.from("HTTP/1.1 400 Bad\r\n\r\nplain HTTP request sent to HTTPS port")),
  ).toBe(true);
  expect(looksLikeTls(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toBe(false);
});

test("decoded() is UTF-8 where it is, even cut in the middle of a character", () => {
  const snow = Buffer.from("hello wörld ☃");
  expect(decoded(snow)).toBe("hello wörld ☃");
  expect(decoded(snow.subarray(0, -1))).toBe("hello wörld ");
  expect(printable(decoded(Buffer.from("w\xf6rld", "latin1")))).toBe("w rld");
});

test("printable() turns no writing around, and cuts no character in two", () => {
  expect(printable("a\u202eb\u2028c\u200bd\x9be")).toBe("a b c d e");
  const long = printable("☃".repeat(118) + "😀😀😀");
  expect(long).toBe(`${"☃".repeat(118)}…`);
});

test("printable() lets no escape sequence through to the terminal", () => {
  expect(printable("\x1b]0;owned\x07hi\r\nthere")).toBe("]0;owned hi there");
});

describe("verdict()", () => {
  test.each([
    ["open", "tcp", "open", "syn-ack"],
    ["open", "udp", "open", "udp-response"],
    ["ECONNREFUSED", "tcp", "closed", "conn-refused"],
    ["ECONNREFUSED", "udp", "closed", "port-unreach"],
    ["self", "tcp", "closed", "conn-refused"],
    ["silent", "tcp", "filtered", "no-response"],
    ["silent", "udp", "open|filtered", "no-response"],
    ["EHOSTUNREACH", "tcp", "filtered", "host-unreach"],
    ["ENETUNREACH", "udp", "filtered", "net-unreach"],
    ["EACCES", "tcp", "filtered", "admin-prohibited"],
    ["EPERM", "tcp", "filtered", "admin-prohibited"],
  ] as const)("%s over %s is %s (%s)", (outcome, protocol, state, reason) => {
    expect(verdict(outcome, protocol)).toEqual([state, reason]);
  });

  test.each(["EMFILE", "ENOBUFS", "EADDRNOTAVAIL", "ENOMEM", "toString"])(
    "%s never closes a port",
    (outcome) => {
      expect(verdict(outcome, "tcp")[0]).toBe("filtered");
    },
  );
});

test("each usual UDP service is asked a question of its own, that fits into a packet", () => {
  const ports = udpQuestionPorts();
  expect(ports).toEqual(
    expect.arrayContaining([53, 123, 161, 5353, 3478, 11211, 69, 111, 137, 500, 1900]),
  );
  for (const port of ports) expect(udpQuestion(port)?.length).toBeLessThanOrEqual(1232);
  expect(udpQuestion(40_000)).toBeUndefined();
});
