/** TLS by library call: who is let in, who is refused, and that nobody holds up anybody else. */
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { TlsEndpoint } from "../../src/core/endpoint.ts";
import type { NcxError } from "../../src/core/errors.ts";
import { connect, listen, relay } from "../../src/index.ts";
import { bind, dial, tlsOf, type TlsBindOptions } from "../../src/transport/index.ts";
import { authority, selfSigned } from "../helpers/certs.ts";
import { rawClient, rawSocket, readToEnd, TCP0, tcpServer } from "../helpers/sockets.ts";

const ca = authority();
const leaf = ca.issue(["IP:127.0.0.1", "DNS:right.test"]);
const client = ca.issue(["DNS:client.test"]);
const AT: TlsEndpoint = { kind: "tls", over: TCP0 };

/** A server that greets, and a list of the handshakes that failed. */
async function greeter(tls: TlsBindOptions = {}, options: { maxConns?: number } = {}) {
  const failed: NcxError[] = [];
  let tell = (): void => {};
  const server = await listen(
    AT,
    async ({ stream }) => {
      stream.end("welcome");
      await once(stream.resume(), "close");
    },
    {
      ...options,
      tls: { ...leaf, ...tls },
      onFailed(error) {
        failed.push(error);
        tell();
      },
    },
  );
  return {
    endpoint: server.endpoint as TlsEndpoint,
    failed,
    async failure(): Promise<NcxError | undefined> {
      if (failed.length === 0) await new Promise<void>((resolve) => (tell = resolve));
      return failed[0];
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function greeting(to: TlsEndpoint, tls: object = { ca: ca.cert }): Promise<string> {
  await using connection = await connect(to, { tls });
  const text = await readToEnd(connection.stream);
  connection.stream.end();
  return text;
}

describe("a TLS listener", () => {
  test("goes on with quick handshakes beside slow ones", async () => {
    await using server = await greeter();
    const idle = await Promise.all(
      Array.from({ length: 20 }, () => rawSocket(server.endpoint.over)),
    );
    idle[0]?.write(Buffer.from([0x16, 3, 1])); // the start of a ClientHello, and no more
    expect(await greeting(server.endpoint)).toBe("welcome");
    for (const socket of idle) socket.destroy();
  });

  test("ends a handshake that takes too long, even one that trickles", async () => {
    await using server = await greeter({ handshakeTimeout: 150 });
    await using slow = await rawClient(server.endpoint.over);
    const record = Buffer.concat([
      Buffer.from([0x16, 3, 1, 1, 0, 1, 0, 0, 0xfc]),
      Buffer.alloc(200),
    ]);
    slow.socket.on("error", () => {});
    const closed = new Promise((resolve) => slow.socket.once("close", resolve));
    const trickle = setInterval(() => slow.socket.write(record.subarray(0, 1)), 20);
    slow.socket.write(record.subarray(0, 9));
    await closed;
    clearInterval(trickle);
    expect(await server.failure()).toMatchObject({
      code: "TLS",
      state: "The handshake took too long",
    });
  });

  test("gives the place of a failed handshake to the next client", async () => {
    await using server = await greeter({}, { maxConns: 1 });
    await using plain = await rawClient(server.endpoint.over);
    plain.socket.end("GET / HTTP/1.0\r\n\r\n");
    expect(await server.failure()).toMatchObject({ state: "The client speaks plain HTTP" });
    expect(await greeting(server.endpoint)).toBe("welcome");
  });

  test.each([
    ["hangs up", "", "The client hung up during the handshake"],
    ["talks something else", "\r\n\r\nSSH-2.0-x\r\n", "The client does not speak TLS"],
  ])("says of a client that %s what it did", async (_what, said, state) => {
    await using server = await greeter();
    await using odd = await rawClient(server.endpoint.over);
    odd.socket.end(said);
    expect(await server.failure()).toMatchObject({ code: "TLS", state });
    expect(await greeting(server.endpoint)).toBe("welcome");
  });

  test("counts a failed handshake against maxAccepts, and ends when that was all", async () => {
    const failed: NcxError[] = [];
    const onFailed = (error: NcxError): void => void failed.push(error);
    const listener = await bind(AT, { tls: leaf, maxAccepts: 1, onFailed });
    const socket = await rawSocket((listener.endpoint as TlsEndpoint).over);
    socket.end("hello?");
    for await (const _connection of listener) expect.unreachable();
    expect(failed).toHaveLength(1);
    socket.destroy();
  });

  test("lets a handshake finish that was under way when it closed", async () => {
    const listener = await bind(AT, { tls: leaf });
    const { over } = listener.endpoint as TlsEndpoint;
    const socket = await rawSocket(over);
    await using early = await dial(listener.endpoint, { tls: { ca: ca.cert } });
    await listener.close();
    const next = await listener[Symbol.asyncIterator]().next();
    expect(next.value?.remote).toEqual(early.local);
    socket.destroy();
    expect((await listener[Symbol.asyncIterator]().next()).done).toBe(true);
    await next.value?.[Symbol.asyncDispose]();
  });

  test("drops handshakes under way when it is disposed of", async () => {
    const server = await greeter();
    const socket = await rawSocket(server.endpoint.over);
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.resume().once("close", resolve));
    socket.write(Buffer.from([0x16]));
    await server[Symbol.asyncDispose]();
    await closed;
    expect(server.failed).toEqual([]);
  });

  test("without a certificate makes one, and tells its fingerprint", async () => {
    let told = "";
    const tls: TlsBindOptions = { onSelfSigned: ({ sha256 }) => (told = sha256) };
    await using server = await listen(AT, async ({ stream }) => void stream.end("made"), { tls });
    await using connection = await connect(server.endpoint, { tls: { insecure: true } });
    expect((await tlsOf(connection))?.certificate?.sha256).toBe(told);
    await expect(connect(server.endpoint)).rejects.toMatchObject({ code: "TLS" });
  });

  test("refuses a key that is not the certificate's", async () => {
    await expect(bind(AT, { tls: { cert: leaf.cert, key: client.key } })).rejects.toMatchObject({
      code: "TLS",
    });
  });
});

describe("client certificates", () => {
  const mutual = { requestCert: true, ca: ca.cert };

  test("are taken when the authority has signed them, and can be read", async () => {
    await using listener = await bind(AT, { tls: { ...leaf, ...mutual } });
    await using near = await dial(listener.endpoint, { tls: { ca: ca.cert, ...client } });
    const { value } = await listener[Symbol.asyncIterator]().next();
    await using far = value;
    expect(far && (await tlsOf(far))).toMatchObject({
      authorized: true,
      certificate: { subject: "CN=ncx leaf", issuer: "CN=ncx test CA" },
    });
    expect(near.stream.destroyed).toBe(false);
  });

  test("are missed", async () => {
    await using server = await greeter(mutual);
    const refused = greeting(server.endpoint);
    await expect(refused).rejects.toThrow("the server wants a client certificate");
    expect(await server.failure()).toMatchObject({ state: "The client has no certificate" });
  });

  test.each([
    ["of an authority that is not ours", authority("another").issue(["DNS:x.test"]), "unknown"],
    ["that have expired", ca.issue(["DNS:x.test"], -1), "has expired"],
    ["that sign themselves", selfSigned("DNS:x.test"), "self-signed"],
  ])("%s are refused", async (_what, wrong, why) => {
    await using server = await greeter(mutual);
    await greeting(server.endpoint, { ca: ca.cert, ...wrong }).catch(() => {});
    expect((await server.failure())?.message).toContain(why);
  });
});

describe("a TLS dial", () => {
  test.each([
    ["an authority that is not trusted", leaf, authority("another").cert, "unknown"],
    ["an expired certificate", ca.issue(["IP:127.0.0.1"], -1), ca.cert, "has expired"],
    ["another host's certificate", ca.issue(["DNS:other.test"]), ca.cert, "is not for 127.0.0.1"],
  ])("refuses %s", async (_what, certificate, trusted, why) => {
    await using server = await greeter({ ...certificate });
    await expect(greeting(server.endpoint, { ca: trusted })).rejects.toMatchObject({
      code: "TLS",
      message: expect.stringContaining(why),
    });
  });

  test("names the authority, where that has expired", async () => {
    const old = authority("old", -1);
    await using server = await greeter({ ...old.issue(["IP:127.0.0.1"]) });
    await expect(greeting(server.endpoint, { ca: old.cert })).rejects.toMatchObject({
      state: "The certificate's authority has expired",
    });
  });

  test("asks for the name it is given, and agrees on a protocol", async () => {
    await using listener = await bind(AT, { tls: { ...leaf, alpn: ["h2", "echo"] } });
    const named = { ...(listener.endpoint as TlsEndpoint), servername: "right.test" };
    await using near = await dial(named, { tls: { ca: ca.cert, alpn: ["echo"] } });
    const { value } = await listener[Symbol.asyncIterator]().next();
    await using far = value;
    expect(await tlsOf(near)).toMatchObject({ alpn: "echo", authorized: true });
    expect(far && (await tlsOf(far))).toMatchObject({ alpn: "echo", servername: "right.test" });
  });

  test("fails where no protocol is in common", async () => {
    await using server = await greeter({ alpn: ["h2"] });
    await expect(greeting(server.endpoint, { ca: ca.cert, alpn: ["echo"] })).rejects.toMatchObject({
      state: "No ALPN protocol in common",
    });
    expect(await server.failure()).toMatchObject({ state: "No ALPN protocol in common" });
  });

  test("fails where no cipher is in common", async () => {
    await using server = await greeter({ ciphers: "TLS_AES_256_GCM_SHA384" });
    const other = { ca: ca.cert, ciphers: "TLS_CHACHA20_POLY1305_SHA256" };
    await expect(greeting(server.endpoint, other)).rejects.toMatchObject({ code: "TLS" });
    expect(await server.failure()).toMatchObject({ state: "No cipher in common" });
  });
});

test("a server that never answers a client's hello is given up after 30 seconds", async () => {
  const asked: number[] = [];
  const late = new AbortController();
  await using silent = await tcpServer((socket) => {
    socket.once("data", () => late.abort(new DOMException("late", "TimeoutError")));
  });
  const spy = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    asked.push(ms);
    return late.signal;
  });
  onTestFinished(() => spy.mockRestore());
  await expect(dial({ kind: "tls", over: silent.endpoint })).rejects.toMatchObject({
    code: "TIMEOUT",
    message: expect.stringContaining("timed out"),
  });
  expect(asked).toEqual([30_000]);
});

test("a handshake shares the time that was given for the dial", async () => {
  await using silent = await tcpServer(() => {});
  const dialled = dial({ kind: "tls", over: silent.endpoint }, { timeout: 50 });
  await expect(dialled).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("a relay takes TLS off on one side and puts it on at the other", async () => {
  await using upstream = await greeter();
  await using plain = await relay(TCP0, upstream.endpoint, { dial: { tls: { ca: ca.cert } } });
  await using raw = await rawClient(plain.endpoint);
  expect(await readToEnd(raw.socket)).toBe("welcome");

  await using behind = await tcpServer((socket) => void socket.end("plain"));
  await using secure = await relay(AT, behind.endpoint, { bind: { tls: leaf } });
  expect(await greeting(secure.endpoint as TlsEndpoint)).toBe("plain");
});
