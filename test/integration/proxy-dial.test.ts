import dns from "node:dns";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { NcxError } from "../../src/core/errors.ts";
import type { Proxy, ProxyProtocol } from "../../src/core/proxy.ts";
import { relay } from "../../src/relay/index.ts";
import { dial, type DialOptions } from "../../src/transport/index.ts";
import { selfSigned } from "../helpers/certs.ts";
import { scriptedProxy, workingProxy, type Kind, type Step } from "../helpers/fake-proxies.ts";
import { closedPort, read, serves, tcpClient, tcpPeer } from "../helpers/peers.ts";

const KINDS: readonly Kind[] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
const SECRET = "s3cret-päss";
const login = { user: "joe", password: SECRET };
const certificate = selfSigned("DNS:localhost", "IP:127.0.0.1");
const trusting = { tls: { ca: certificate.cert } };
const END = "\r\n\r\n";

const tcp = (port: number, host = "127.0.0.1"): Endpoint => ({ kind: "tcp", host, port });
const via = (protocol: ProxyProtocol, port: number, more: Partial<Proxy> = {}): Proxy => ({
  protocol,
  host: "127.0.0.1",
  port,
  ...more,
});

/** All that comes after "hello" and the end of input. */
async function talk(stream: Duplex, text = "hello"): Promise<string> {
  stream.end(text);
  return String(await read(stream));
}

async function failure(
  proxies: readonly Proxy[],
  options: DialOptions = {},
  to: Endpoint = tcp(9),
): Promise<NcxError> {
  try {
    await using _connection = await dial(to, { ...options, proxy: proxies });
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    for (let each: unknown = error; each instanceof Error; each = each.cause) {
      expect(each.message).not.toContain(SECRET);
      expect(each.message).not.toContain(Buffer.from(`joe:${SECRET}`).toString("base64"));
    }
    return error;
  }
  throw new Error("it has connected");
}

describe("a working proxy", () => {
  test.each(KINDS)("%s leads to the destination, with half-close both ways", async (kind) => {
    await using echo = await tcpPeer(serves.late);
    await using proxy = await workingProxy(kind, undefined, certificate);
    await using connection = await dial(tcp(echo.port), {
      ...trusting,
      proxy: [via(kind, proxy.port)],
    });
    expect(connection.remote).toEqual(tcp(echo.port));
    expect(await talk(connection.stream)).toBe("hello");
    expect(proxy.asked).toEqual([`127.0.0.1:${echo.port}`]);
  });

  test.each(KINDS)("%s carries TLS to the destination", async (kind) => {
    await using proxy = await workingProxy(kind, undefined, certificate);
    const server = createTlsServer({ ...certificate, allowHalfOpen: true }, (socket) =>
      socket.pipe(socket),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const target: Endpoint = { kind: "tls", over: tcp(port), servername: "localhost" };
      await using connection = await dial(target, {
        ...trusting,
        proxy: [via(kind, proxy.port)],
      });
      expect(await talk(connection.stream)).toBe("hello");
      expect(connection.remote).toEqual(target);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test.each<Kind>(["http", "https", "socks5"])("%s is given user and password", async (kind) => {
    await using echo = await tcpPeer(serves.echo);
    await using proxy = await workingProxy(kind, login, certificate);
    const options = { ...trusting, proxy: [via(kind, proxy.port, login)] };
    await using connection = await dial(tcp(echo.port), options);
    expect(await talk(connection.stream)).toBe("hello");
    const wrong = await failure([via(kind, proxy.port, { ...login, password: "x" })], trusting);
    expect(wrong).toMatchObject({ code: "PROXY" });
    expect(wrong.message).toMatch(/: the proxy does not take this user and password$/);
    const none = await failure([via(kind, proxy.port)], trusting);
    expect(none.message).toMatch(/: the proxy wants a user and a password$/);
    expect(none.hint).toContain("NCX_PROXY_AUTH");
  });

  test("socks4 is given the user as its user id", async () => {
    await using echo = await tcpPeer(serves.echo);
    await using proxy = await workingProxy("socks4");
    const options = { proxy: [via("socks4", proxy.port, { user: "joe" })] };
    await using connection = await dial(tcp(echo.port), options);
    expect(await talk(connection.stream)).toBe("hello");
    expect(proxy.asked).toEqual([`127.0.0.1:${echo.port} joe`]);
  });

  test("a chain of four mixed kinds, each reached through the one before", async () => {
    await using echo = await tcpPeer(serves.late);
    await using one = await workingProxy("socks5", login);
    await using two = await workingProxy("https", login, certificate);
    await using three = await workingProxy("socks4a");
    await using four = await workingProxy("http");
    await using connection = await dial(tcp(echo.port, "localhost"), {
      ...trusting,
      proxy: [
        via("socks5", one.port, login),
        via("https", two.port, login),
        via("socks4a", three.port),
        via("http", four.port),
      ],
    });
    expect(await talk(connection.stream)).toBe("hello");
    expect(one.asked).toEqual([`127.0.0.1:${two.port}`]);
    expect(two.asked).toEqual([`127.0.0.1:${three.port} digest`]);
    expect(three.asked).toEqual([`127.0.0.1:${four.port}`]);
    expect(four.asked).toEqual([`localhost:${echo.port}`]);
  });

  test("a lot passes whole both ways through a relay, which goes direct", async () => {
    await using echo = await tcpPeer(serves.echo);
    await using proxy = await workingProxy("socks5");
    const through = { dial: { proxy: [via("socks5", proxy.port)] } };
    await using server = await relay(tcp(0), tcp(echo.port), through);
    const { endpoint } = server;
    if (endpoint.kind !== "tcp") throw new TypeError("it listens on TCP");
    await using client = await tcpClient(endpoint.port);
    const much = Buffer.alloc(8_000_000, "0123456789");
    client.socket.end(much);
    expect((await client.received).equals(much)).toBe(true);
    expect(proxy.asked).toEqual([`127.0.0.1:${echo.port}`]);
  });
});

describe("who looks names up", () => {
  test.each<[ProxyProtocol, Proxy["dns"], RegExp]>([
    ["socks4", undefined, /^127\.0\.0\.1:/],
    ["socks4", "remote", /^localhost:/],
    ["socks4a", undefined, /^localhost:/],
    ["socks4a", "local", /^127\.0\.0\.1:/],
    ["socks5", undefined, /^(127\.0\.0\.1|::1):/],
    ["socks5h", undefined, /^localhost:/],
    ["socks5h", "both", /^(127\.0\.0\.1|::1):/],
    ["http", undefined, /^localhost:/],
    ["http", "local", /^(127\.0\.0\.1|\[::1\]):/],
  ])("%s with dns %s", async (kind, dns, asked) => {
    await using echo = await tcpPeer(serves.echo);
    await using proxy = await workingProxy(kind);
    const options = { proxy: [via(kind, proxy.port, dns ? { dns } : {})] };
    await using connection = await dial(tcp(echo.port, "localhost"), options);
    expect(await talk(connection.stream)).toBe("hello");
    expect(proxy.asked[0]).toMatch(asked);
  });

  test("both leaves a name that is unknown here to the proxy", async () => {
    await using echo = await tcpPeer(serves.echo);
    await using proxy = await workingProxy("socks5");
    // Without a look-up no name is known here.
    const options = { numeric: true, proxy: [via("socks5", proxy.port, { dns: "both" })] };
    await using connection = await dial(tcp(echo.port, "elsewhere.test"), options);
    expect(await talk(connection.stream)).toBe("hello");
    expect(proxy.asked).toEqual([`elsewhere.test:${echo.port}`]);
  });

  test("local and none refuse what they cannot look up, and nobody is asked", async () => {
    await using proxy = await workingProxy("socks5");
    const ask = (dns: Proxy["dns"]): Promise<NcxError> =>
      failure(
        [via("socks5", proxy.port, dns ? { dns } : {})],
        { numeric: true },
        tcp(9, "elsewhere.test"),
      );
    expect(await ask("local")).toMatchObject({ code: "RESOLVE" });
    expect(await ask("none")).toMatchObject({ code: "RESOLVE" });
    expect(proxy.asked).toEqual([]);
  });

  test("the next address of a name is tried when the proxy cannot reach the first", async () => {
    const refuses: Step[] = [
      [3, Buffer.from([5, 0])],
      [10, (socket) => void socket.end(Buffer.from([5, 5]))],
    ];
    const grants: Step[] = [
      [3, Buffer.from([5, 0])],
      [10, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])],
    ];
    await using proxy = await scriptedProxy(refuses, grants);
    const real = dns.lookup;
    onTestFinished(() => {
      dns.lookup = real;
      syncBuiltinESMExports();
    });
    const found = ["127.0.0.8", "127.0.0.9"].map((address) => ({ address, family: 4 }));
    const fake = (_host: string, _options: object, done: (e: null, all: unknown) => void): void =>
      done(null, found);
    dns.lookup = Object.assign(fake, real); // the tests' own look-up takes this one form only
    syncBuiltinESMExports();
    await using _connection = await dial(tcp(80, "two.test"), {
      proxy: [via("socks5", proxy.port)],
    });
    const asked = proxy.heard.map((text) =>
      [...Buffer.from(text, "latin1").subarray(7, 11)].join("."),
    );
    expect(asked).toEqual(["127.0.0.8", "127.0.0.9"]);
  });

  test("a name in another script is asked for in ASCII", async () => {
    await using echo = await tcpPeer(serves.echo);
    await using proxy = await workingProxy("http");
    const options = { proxy: [via("http", proxy.port)] };
    await using _connection = await dial(tcp(echo.port, "münchen.test"), options);
    expect(proxy.asked).toEqual([`xn--mnchen-3ya.test:${echo.port}`]);
  });
});

describe("the bytes after the answer", () => {
  const early: [string, ProxyProtocol, Step[]][] = [
    ["http", "http", [[END, `HTTP/1.1 200 OK${END}early`]]],
    [
      "http with fields about a body",
      "http",
      [[END, `HTTP/1.0 200 OK\r\nContent-Length: 5${END}early`]],
    ],
    [
      "http with interim answers",
      "http",
      [[END, `HTTP/1.1 100 Continue${END}HTTP/1.1 200${END}early`]],
    ],
    ["socks4", "socks4", [[9, Buffer.from("\0\x5a\0\0\0\0\0\0early")]]],
    [
      "socks5",
      "socks5",
      [
        [3, Buffer.from([5, 0])],
        [10, Buffer.from("\x05\0\0\x01\0\0\0\0\0\0early")],
      ],
    ],
    [
      "socks5 with a name",
      "socks5",
      [
        [3, Buffer.from([5, 0])],
        [10, Buffer.from("\x05\0\0\x03\x02ab\0\0early")],
      ],
    ],
  ];

  test.each(early)("%s: they wait for whoever reads next", async (_what, kind, script) => {
    await using proxy = await scriptedProxy([...script, [0, (socket) => void socket.end(" end")]]);
    await using connection = await dial(tcp(9), { proxy: [via(kind, proxy.port)] });
    expect(String(await read(connection.stream))).toBe("early end");
  });

  test.each(early)(
    "%s: nothing is lost when it comes byte by byte",
    async (_what, kind, script) => {
      const slowly = script.map(([wait, act]): Step => [wait, (socket) => drip(socket, act)]);
      await using proxy = await scriptedProxy([
        ...slowly,
        [0, (socket) => void socket.end(" end")],
      ]);
      await using connection = await dial(tcp(9), { proxy: [via(kind, proxy.port)] });
      expect(String(await read(connection.stream))).toBe("early end");
    },
  );

  test("a destination that hangs up at once is an end, not a hang", async () => {
    await using proxy = await scriptedProxy([
      [END, (socket) => void socket.end(`HTTP/1.1 200 OK${END}`)],
    ]);
    await using connection = await dial(tcp(9), { proxy: [via("http", proxy.port)] });
    expect(await talk(connection.stream)).toBe("");
  });
});

async function drip(socket: Duplex, act: Step[1]): Promise<void> {
  if (typeof act === "function") return act(socket);
  for (const byte of Buffer.from(act)) {
    socket.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
}

describe("Basic and Digest", () => {
  const basic = 'Basic realm="a, b"';
  const md5 = 'Digest realm="r", nonce="n1", qop="auth,auth-int", opaque="o"';
  const sha = 'Digest realm="r", nonce="n2", algorithm=SHA-256, qop="auth"';
  const old = 'Digest realm="r", nonce="n3"';
  const reply = (fields: readonly string[], more = "Content-Length: 0\r\n", status = 407): string =>
    `HTTP/1.1 ${status} X\r\n${fields.map((field) => `Proxy-Authenticate: ${field}\r\n`).join("")}${more}\r\n`;
  const ok = `HTTP/1.1 200 OK${END}`;

  test.each<[string, string[], RegExp]>([
    ["Basic alone", [basic], /^Basic [\w+/]+=*$/],
    [
      "Digest after Basic in one field",
      [`${basic}, ${md5}`],
      /^Digest .*nonce="n1".*qop=auth, nc=00000001/,
    ],
    ["Digest before Basic in one field", [`${md5}, ${basic}`], /^Digest .*nonce="n1"/],
    ["a field each, Basic first", [basic, md5], /^Digest .*nonce="n1"/],
    ["a field each, Basic last", [md5, basic], /^Digest .*nonce="n1"/],
    ["SHA-256 over MD5", [md5, `${sha}, ${basic}`], /^Digest .*nonce="n2".*algorithm=SHA-256/],
    ["the old Digest, without qop", [old], /^Digest (?!.*qop).*nonce="n3"/],
    ["unknown schemes around", ["Negotiate", `NTLM abc==, Foo a=b, ${basic}`], /^Basic /],
    ["an unknown algorithm", [`Digest realm=r, nonce=n, algorithm=SHA-999`, basic], /^Basic /],
  ])("%s", async (_what, fields, expected) => {
    await using proxy = await scriptedProxy([
      [END, reply(fields)],
      [END, ok],
    ]);
    await using _connection = await dial(tcp(9), { proxy: [via("http", proxy.port, login)] });
    expect(proxy.heard).toHaveLength(1);
    const sent = /Proxy-Authorization: (.*)\r\n/.exec(proxy.heard[0] ?? "")?.[1];
    expect(sent).toMatch(expected);
    expect(proxy.heard[0]?.indexOf("Proxy-Authorization")).toBeGreaterThan(
      proxy.heard[0]?.indexOf(END) ?? Infinity,
    );
  });

  test.each<[string, string, "end" | "leave"]>([
    ["Connection: close", reply([md5], "Connection: close\r\nContent-Length: 0\r\n"), "end"],
    ["HTTP/1.0 and a body until the close", reply([md5], "").replace("1.1", "1.0") + "body", "end"],
    ["a body too long to be read", reply([md5], "Content-Length: 99999999\r\n") + "body", "leave"],
    ["a promise to go on that isn't kept", reply([md5]), "end"],
  ])("%s: the answer goes over a new connection", async (_what, answer, then) => {
    await using proxy = await scriptedProxy(
      [[END, (socket) => void (then === "end" ? socket.end(answer) : socket.write(answer))]],
      [[END, `${ok}early`]],
    );
    await using connection = await dial(tcp(9), { proxy: [via("http", proxy.port, login)] });
    expect(proxy.heard).toHaveLength(2);
    expect(proxy.heard[1]).toContain("Proxy-Authorization: Digest");
    expect(String(await once(connection.stream, "data"))).toBe("early");
  });

  test.each([
    ["with its length", `Content-Length: 4${END}body`],
    ["in chunks", `Transfer-Encoding: chunked${END}4\r\nbody\r\n0${END}`],
  ])("the body of a 407 %s is read over, and the connection kept", async (_what, rest) => {
    await using proxy = await scriptedProxy([
      [END, `HTTP/1.1 407 X\r\nProxy-Authenticate: ${md5}\r\n${rest}`],
      [END, `${ok}early`],
    ]);
    await using connection = await dial(tcp(9), { proxy: [via("http", proxy.port, login)] });
    expect(proxy.heard).toHaveLength(1);
    expect(String(await once(connection.stream, "data"))).toBe("early");
  });

  test("a stale nonce is answered again, a second refusal is not", async () => {
    const stale = reply([`${md5.replace("n1", "n9")}, stale=true`]);
    await using proxy = await scriptedProxy([
      [END, reply([md5])],
      [END, stale],
      [END, ok],
    ]);
    await using _connection = await dial(tcp(9), { proxy: [via("http", proxy.port, login)] });
    expect(proxy.heard[0]).toMatch(/nonce="n1"[^]*nonce="n9"/);
    await using strict = await scriptedProxy([
      [END, reply([md5])],
      [END, reply([md5])],
    ]);
    const error = await failure([via("http", strict.port, login)]);
    expect(error.message).toBe(
      `Cannot connect to tcp:127.0.0.1:9 through http://127.0.0.1:${strict.port}: ` +
        `the proxy does not take this user and password`,
    );
  });

  test("nonces that are always stale come to an end", async () => {
    const stale = reply([`${md5}, stale=true`]);
    const script: Step[] = Array.from({ length: 20 }, () => [END, stale]);
    await using proxy = await scriptedProxy(script);
    const error = await failure([via("http", proxy.port, login)]);
    expect(error).toMatchObject({ code: "PROXY" });
  });

  test("only unknown schemes: the message names them", async () => {
    await using proxy = await scriptedProxy([[END, reply(["Negotiate", "NTLM"])]]);
    const error = await failure([via("http", proxy.port, login)]);
    expect(error.message).toMatch(/no way to log in that ncx knows, only negotiate, ntlm$/);
  });
});

describe("a proxy that doesn't work", () => {
  test.each([
    [1, "general failure of the proxy"],
    [2, "connection not allowed by the rules of the proxy"],
    [3, "network unreachable"],
    [4, "host unreachable"],
    [5, "connection refused by the destination"],
    [6, "time to live expired"],
    [7, "command not supported by the proxy"],
    [8, "address type not supported by the proxy"],
    [99, "request rejected with the unknown code 99"],
  ])("socks5 code %i reads %s", async (code, state) => {
    await using proxy = await scriptedProxy([
      [3, Buffer.from([5, 0])],
      [10, (socket) => void socket.end(Buffer.from([5, code]))],
    ]);
    const error = await failure([via("socks5", proxy.port)]);
    expect(error.code).toBe("PROXY");
    expect(error.endpoint).toEqual(tcp(9));
    expect(error.state?.toLowerCase()).toBe(state);
    expect(error.message).toBe(
      `Cannot connect to tcp:127.0.0.1:9 through socks5://127.0.0.1:${proxy.port}: ${state}`,
    );
  });

  test.each([
    [91, "request rejected or failed"],
    [92, "request rejected, as the proxy cannot reach identd on the client"],
    [93, "request rejected, as the user id is not the one that identd reports"],
  ])("socks4 code %i reads %s", async (code, state) => {
    await using proxy = await scriptedProxy([[9, Buffer.from([0, code, 0, 0, 0, 0, 0, 0])]]);
    const error = await failure([via("socks4", proxy.port)]);
    expect(error.code).toBe("PROXY");
    expect(error.message).toMatch(new RegExp(`: ${state}$`));
  });

  const garbage = "SSH-2.0-OpenSSH_9.6\r\n";
  test.each<[string, ProxyProtocol, Step[], RegExp]>([
    ["garbage for http", "http", [[0, garbage]], /makes no sense: it is not HTTP\/1$/],
    ["garbage for socks4", "socks4", [[0, garbage]], /makes no sense: the reply begins with 0x53/],
    ["garbage for socks5", "socks5", [[0, garbage]], /makes no sense: it begins with 0x53, not 5$/],
    ["an http answer for socks5", "socks5", [[3, `HTTP/1.1 400 Bad${END}`]], /0x48, not 5$/],
    ["a socks answer for http", "http", [[END, Buffer.from([5, 0xff])]], /it is not HTTP\/1$/],
    [
      "a method that nobody offered",
      "socks5",
      [[3, Buffer.from([5, 2])]],
      /method 2 .*not offered$/,
    ],
    ["a refusal in words", "http", [[END, `HTTP/1.1 403 Go away${END}`]], /answered 403 Go away$/],
    [
      "a refusal with a secret",
      "http",
      [[END, `HTTP/1.1 403 not ${Buffer.from(SECRET).toString("latin1")}${END}`]],
      /answered 403/,
    ],
    [
      "a refusal with a switch",
      "http",
      [[END, `HTTP/1.1 101 Switch${END}`]],
      /answered 101 Switch$/,
    ],
    [
      "a redirect",
      "http",
      [[END, `HTTP/1.1 302 Found\r\nLocation: /${END}`]],
      /answered 302 Found$/,
    ],
    [
      "interim answers only",
      "http",
      [[END, `HTTP/1.1 100 C${END}`.repeat(20)]],
      /only sends interim/,
    ],
  ])("%s", async (_what, kind, script, message) => {
    await using proxy = await scriptedProxy(script);
    const error = await failure([via(kind, proxy.port, kind === "http" ? login : {})]);
    expect(error.code).toBe("PROXY");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^Cannot connect to tcp:127\.0\.0\.1:9 through \w+:\/\/127/);
  });

  test.each<[string, ProxyProtocol, Step[]]>([
    ["http, nothing said", "http", [[END, (socket) => void socket.end()]]],
    ["http, in the head", "http", [[END, (socket) => void socket.end("HTTP/1.1 200 OK\r\nA:")]]],
    ["http, reset", "http", [[END, (socket) => void socket.destroy()]]],
    ["socks4", "socks4", [[9, (socket) => void socket.end(Buffer.from([0, 90, 0]))]]],
    ["socks5, before the method", "socks5", [[3, (socket) => void socket.end(Buffer.of(5))]]],
    ["socks5, before the reply", "socks5", [[3, (socket) => void socket.end(Buffer.from([5, 0]))]]],
    [
      "socks5, in the reply",
      "socks5",
      [
        [3, Buffer.from([5, 0])],
        [10, (socket) => void socket.end(Buffer.from([5, 0, 0, 1]))],
      ],
    ],
  ])("one that hangs up half-way: %s", async (_what, kind, script) => {
    await using proxy = await scriptedProxy(script);
    const error = await failure([via(kind, proxy.port)]);
    expect(error.code).toBe("PROXY");
    expect(error.message).toMatch(
      /: (connection closed before the answer was complete|connection reset by peer|broken pipe)$/,
    );
  });

  test("an endless head is cut off at 64 KiB", async () => {
    let sent = 0;
    await using proxy = await scriptedProxy([
      [
        END,
        async (socket) => {
          socket.write("HTTP/1.1 200 OK\r\n");
          const line = `X: ${"a".repeat(1000)}\r\n`;
          while (!socket.destroyed && sent < 1e9) {
            sent += line.length;
            if (!socket.write(line))
              await Promise.race([once(socket, "drain"), once(socket, "close")]);
          }
        },
      ],
    ]);
    const error = await failure([via("http", proxy.port)]);
    expect(error.code).toBe("PROXY");
    expect(error.message).toMatch(/makes no sense: the head is over the limit of 65536$/);
    expect(sent).toBeLessThan(1e9);
  });

  test("one that says nothing is waited for as long as the dial may take", async () => {
    for (const kind of ["http", "socks4", "socks5"] as const) {
      await using proxy = await tcpPeer();
      const error = await failure([via(kind, proxy.port)], { timeout: 50 });
      expect(error.code).toBe("TIMEOUT");
      expect(error.message).toMatch(/ through \w+:\/\/127.* operation timed out$/);
    }
  });

  test("a stopped dial ends at once, and the proxy's connection with it", async () => {
    await using proxy = await tcpPeer();
    const stop = new AbortController();
    const failed = failure([via("http", proxy.port)], { signal: stop.signal });
    const socket = await proxy.next();
    stop.abort();
    expect((await failed).code).toBe("ABORTED");
    socket.resume();
    if (!socket.readableEnded) await once(socket, "end");
  });

  test("one that cannot be reached keeps the error's code, and is named", async () => {
    const port = await closedPort();
    const error = await failure([via("socks5", port, login)]);
    expect(error).toMatchObject({
      code: "REFUSED",
      endpoint: tcp(port),
      state: "The proxy cannot be reached: connection refused",
    });
    expect(error.message).toBe(
      `Cannot connect to tcp:127.0.0.1:9 through socks5://127.0.0.1:${port}: ` +
        `the proxy cannot be reached: connection refused`,
    );
  });

  test("in a chain the message says which one it was", async () => {
    await using one = await workingProxy("socks5");
    await using two = await scriptedProxy([[END, `HTTP/1.1 503 Full${END}`]]);
    const error = await failure([via("socks5", one.port), via("http", two.port)]);
    expect(error.message).toBe(
      `Cannot connect to tcp:127.0.0.1:9 through socks5://127.0.0.1:${one.port}, ` +
        `http://127.0.0.1:${two.port}: http://127.0.0.1:${two.port}: the proxy answered 503 Full`,
    );
  });

  test("an https proxy whose certificate isn't trusted is never spoken to", async () => {
    await using proxy = await workingProxy("https", login, certificate);
    const error = await failure([via("https", proxy.port, login)]);
    expect(error.code).toBe("TLS");
    expect(error.message).toMatch(/ the proxy cannot be reached: the certificate is self-signed$/);
    expect(error.hint).toContain("--insecure");
    expect(proxy.asked).toEqual([]);
  });

  test.each(["nearest", "behind another"])(
    "an https proxy is not shown the destination's client certificate: %s",
    async (place) => {
      const shown: boolean[] = [];
      const options = { ...certificate, requestCert: true, rejectUnauthorized: false };
      const server = createTlsServer(options, (socket) => {
        shown.push("subject" in socket.getPeerCertificate());
        socket.destroy();
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      onTestFinished(() => void server.close());
      const proxy = via("https", (server.address() as AddressInfo).port);
      await using first = await workingProxy("http");
      const proxies = place === "nearest" ? [proxy] : [via("http", first.port), proxy];
      await failure(proxies, { tls: { ca: certificate.cert, ...certificate } });
      expect(shown).toEqual([false]);
    },
  );

  test("socks4 and a v6 address, and a user that Basic cannot say, are errors of ours", async () => {
    await using four = await workingProxy("socks4");
    const v6 = await failure([via("socks4", four.port)], {}, tcp(9, "::1"));
    expect(v6).toMatchObject({ code: "ADDRESS" });
    expect(v6.message).toMatch(/SOCKS4 has no v6 addresses$/i);
    await using http = await scriptedProxy([
      [END, `HTTP/1.1 407 X\r\nProxy-Authenticate: Basic${END}`],
    ]);
    const user = await failure([via("http", http.port, { user: "a:b", password: SECRET })]);
    expect(user).toMatchObject({ code: "ADDRESS" });
  });

  test.each<Endpoint>([
    { kind: "udp", host: "127.0.0.1", port: 9 },
    { kind: "unix", path: "/nowhere" },
    { kind: "dtls", over: { kind: "udp", host: "127.0.0.1", port: 9 } },
  ])("$kind does not go through a proxy", async (endpoint) => {
    const error = await failure([via("socks5", 9)], {}, endpoint);
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toMatch(/: proxies carry TCP connections only$/);
  });
});
