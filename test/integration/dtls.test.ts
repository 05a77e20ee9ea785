/** DTLS between our own two ends: trust, refusals, loss, strangers, and what is left behind. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DtlsEndpoint, Endpoint } from "../../src/core/endpoint.ts";
import type { NcxError } from "../../src/core/errors.ts";
import type { Connection } from "../../src/stream/connection.ts";
import { dtlsOver } from "../../src/transport/dtls.ts";
import { bind, dial, tlsOf, type BindOptions, type Listener } from "../../src/transport/index.ts";
import { selfSigned } from "../helpers/certs.ts";
import { udpPeer } from "../helpers/peers.ts";
import { read } from "../contract/transport.ts";

const { cert, key } = selfSigned("DNS:localhost", "IP:127.0.0.1");
const other = selfSigned("DNS:elsewhere");
const at: DtlsEndpoint = { kind: "dtls", over: { kind: "udp", host: "127.0.0.1", port: 0 } };

const server = (options: BindOptions = {}): Promise<Listener> =>
  bind(at, { ...options, tls: { cert, key, ...options.tls } });

async function accepted(listener: Listener): Promise<Connection> {
  const { value } = await listener[Symbol.asyncIterator]().next();
  return value as Connection; // the listener is open: there is a next one
}

describe("trust", () => {
  test.each([
    ["without an authority", {}, "certificate is self-signed"],
    ["with another authority", { ca: other.cert }, "certificate is self-signed"],
  ])("a certificate is refused %s", async (_name, tls, state) => {
    await using listener = await server();
    await expect(dial(listener.endpoint, { tls })).rejects.toMatchObject({
      code: "TLS",
      message: expect.stringContaining(state),
      hint: expect.stringContaining("--insecure"),
    });
  });

  test("a certificate for another name is refused", async () => {
    await using listener = await server();
    const endpoint = { ...(listener.endpoint as DtlsEndpoint), servername: "example.org" };
    await expect(dial(endpoint, { tls: { ca: cert } })).rejects.toMatchObject({
      code: "TLS",
      state: "The certificate is not for example.org",
      hint: "it is for localhost, 127.0.0.1; --tls-servername NAME asks for one of these",
    });
  });

  test.each([
    ["none", "", "the server name is empty"],
    ["one that a NUL would cut", "localhost\0.evil", "no server name"],
    ["one for all below it", ".localhost", "no server name"],
  ])("a server name that is %s is refused, over DTLS and TLS", async (_name, servername, state) => {
    await using listener = await server();
    for (const kind of ["dtls", "tls"] as const) {
      const { over } = listener.endpoint as DtlsEndpoint;
      await expect(dial({ kind, over, servername }, { tls: { ca: cert } })).rejects.toMatchObject({
        code: "ADDRESS",
        message: expect.stringContaining(state),
      });
    }
  });

  test("a numeric address with a zone is verified without it", async () => {
    const scoped = selfSigned("IP:fe80::1");
    const called = (to: Endpoint): DtlsEndpoint => ({
      ...(to as DtlsEndpoint),
      servername: "fe80::1%lo",
    });
    await using right = await server({ tls: scoped });
    await using near = await dial(called(right.endpoint), { tls: { ca: scoped.cert } });
    expect(await tlsOf(near)).toMatchObject({ authorized: true });
    await using wrong = await server();
    await expect(dial(called(wrong.endpoint), { tls: { ca: cert } })).rejects.toMatchObject({
      code: "TLS",
      state: "The certificate is not for fe80::1",
    });
  });

  test("what was agreed on is told", async () => {
    await using listener = await server({ tls: { alpn: ["b", "a"] } });
    const next = accepted(listener);
    const endpoint = { ...(listener.endpoint as DtlsEndpoint), servername: "localhost" };
    await using near = await dial(endpoint, { tls: { ca: cert, alpn: ["a", "c"] } });
    await using far = await next;
    expect(await tlsOf(near)).toMatchObject({
      protocol: "DTLSv1.2",
      alpn: "a",
      authorized: true,
      certificate: { subject: "CN=ncx test", sha256: expect.stringMatching(/^([\dA-F]{2}:){31}/) },
    });
    expect(await tlsOf(far)).toMatchObject({ alpn: "a", servername: "localhost" });
  });

  test("no ALPN protocol in common fails both sides", async () => {
    const failed: NcxError[] = [];
    await using listener = await server({
      tls: { alpn: ["a"] },
      onFailed: (error) => void failed.push(error),
    });
    const dialled = dial(listener.endpoint, { tls: { ca: cert, alpn: ["c"] } });
    await expect(dialled).rejects.toMatchObject({
      code: "TLS",
      state: expect.stringContaining("ALPN"),
    });
    while (failed.length === 0) await turn();
    expect(failed[0]).toMatchObject({ code: "TLS", state: "No ALPN protocol in common" });
  });

  test("a client certificate is asked for, and checked", async () => {
    const failed: NcxError[] = [];
    const client = selfSigned("DNS:client");
    await using listener = await server({
      tls: { requestCert: true, ca: client.cert },
      onFailed: (error) => void failed.push(error),
    });
    const without = dial(listener.endpoint, { tls: { ca: cert } });
    await expect(without).rejects.toMatchObject({ code: "TLS" });
    const wrong = dial(listener.endpoint, { tls: { ca: cert, ...other } });
    await expect(wrong).rejects.toMatchObject({ code: "TLS" });
    const next = accepted(listener);
    await using near = await dial(listener.endpoint, { tls: { ca: cert, ...client } });
    await using far = await next;
    expect(await tlsOf(far)).toMatchObject({ authorized: true });
    expect(far.remote).toEqual(near.local);
    expect(failed.map(({ state }) => state)).toEqual([
      "The client has no certificate",
      "The certificate is self-signed",
    ]);
  });

  test("client certificates without an authority are refused before anything is bound", async () => {
    for (const endpoint of [at, { kind: "tls", over: { ...at.over, kind: "tcp" } } as Endpoint])
      await expect(bind(endpoint, { tls: { cert, key, requestCert: true } })).rejects.toMatchObject(
        {
          code: "USAGE",
          hint: expect.stringContaining("whose certificates"),
        },
      );
  });

  test("a listener without a certificate makes one", async () => {
    let sha256 = "";
    await using listener = await bind(at, { tls: { onSelfSigned: (made) => ({ sha256 } = made) } });
    await using near = await dial(listener.endpoint, { tls: { insecure: true } });
    expect((await tlsOf(near))?.certificate?.sha256).toBe(sha256);
    expect(await tlsOf(near)).toMatchObject({
      authorized: false,
      refusal: expect.stringContaining("self-signed"),
    });
  });

  test("a key that is not the certificate's is refused before anything is bound", async () => {
    await expect(server({ tls: { key: other.key } })).rejects.toMatchObject({ code: "TLS" });
    await expect(server({ tls: { ciphers: "NO-SUCH" } })).rejects.toMatchObject({ code: "TLS" });
  });
});

test("an onFailed that throws is the caller's: the listener goes on", async () => {
  const own = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  onTestFinished(() => own.forEach((listener) => process.on("uncaughtException", listener)));
  for (const kind of ["dtls", "tls"] as const) {
    const over: Endpoint = { kind: kind === "tls" ? "tcp" : "udp", host: "127.0.0.1", port: 0 };
    const thrown = once(process, "uncaughtException");
    const onFailed = (): void => {
      throw new Error("mine");
    };
    await using listener = await bind(
      { kind, over },
      { onFailed, tls: { cert, key, alpn: ["a"] } },
    );
    const failing = dial(listener.endpoint, { tls: { ca: cert, alpn: ["b"] } });
    await expect(failing).rejects.toMatchObject({ code: "TLS" });
    expect(await thrown).toEqual([new Error("mine"), "uncaughtException"]);
    const next = accepted(listener);
    await using _near = await dial(listener.endpoint, { tls: { ca: cert } });
    await using far = await next;
    expect(far.remote.kind).toBe(kind);
  }
});

describe("strangers", () => {
  test("who speaks no DTLS is turned away, and costs nobody a place", async () => {
    const rejects: string[] = [];
    await using listener = await server({
      firstPeerOnly: true,
      maxAccepts: 1,
      onReject: (_remote, reason) => void rejects.push(reason),
    });
    const { port } = (listener.endpoint as DtlsEndpoint).over as { port: number };
    await using stranger = await udpPeer();
    stranger.send("hello?", port);
    while (rejects.length === 0) await turn();
    expect(rejects).toEqual(["it does not speak DTLS"]);
    const next = accepted(listener);
    await using near = await dial(listener.endpoint, { tls: { ca: cert } });
    await using far = await next;
    near.stream.write("hello");
    expect(String(await read(far))).toBe("hello");
  });

  test("a hello without the cookie gets less than it has sent, and is forgotten", async () => {
    await using listener = await server();
    const hello = await firstDatagram();
    const { port } = (listener.endpoint as DtlsEndpoint).over as { port: number };
    await using forger = await udpPeer();
    for (let i = 0; i < 20; i += 1) {
      forger.send(hello, port);
      const { datagram } = await forger.next();
      expect(datagram.length).toBeLessThan(hello.length);
      // RFC 6347 §4.3.2: a HelloVerifyRequest.
      expect(datagram[13]).toBe(3);
    }
    forger.send(Buffer.concat([hello.subarray(0, 60), Buffer.alloc(100, 0xff)]), port);
    await using _near = await dial(listener.endpoint, { tls: { ca: cert } });
  });

  test("a peer that stops in mid-handshake is given up", async () => {
    const failed: NcxError[] = [];
    await using listener = await server({
      tls: { handshakeTimeout: 200 },
      onFailed: (error) => void failed.push(error),
    });
    // It answers the cookie, and no more.
    let sent = 0;
    const { dial: through } = filtered(() => (sent += 1) <= 2);
    const signal = AbortSignal.timeout(1500);
    await expect(
      through(listener.endpoint as DtlsEndpoint, { tls: { ca: cert }, signal }),
    ).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(failed[0]).toMatchObject({ code: "TLS", state: "The handshake took too long" });
  });

  test("nobody there is known at once, and silence after the time given", async () => {
    await using silent = await udpPeer();
    const place = (port: number): DtlsEndpoint => ({
      kind: "dtls",
      over: { kind: "udp", host: "127.0.0.1", port },
    });
    const dialled = dial(place(silent.port), { timeout: 300 });
    await expect(dialled).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

test("lost datagrams of a handshake are sent again", async () => {
  await using listener = await server();
  const next = accepted(listener);
  let count = 0;
  // Of what the client sends, the first hello and its last flight are lost once.
  const { dial: through } = filtered(() => (count += 1) !== 1 && count !== 4);
  await using near = await through(listener.endpoint as DtlsEndpoint, { tls: { ca: cert } });
  await using far = await next;
  near.stream.write("through");
  expect(String(await read(far))).toBe("through");
  expect(count).toBeGreaterThan(4);
});

test("closing one side ends the other", async () => {
  await using listener = await server();
  const next = accepted(listener);
  const near = await dial(listener.endpoint, { tls: { ca: cert } });
  await using far = await next;
  near.stream.write("last words");
  await near[Symbol.asyncDispose]();
  expect(String(await read(far))).toBe("last words");
  far.stream.resume();
  await once(far.stream, "end");
});

test("a message longer than a record is refused in words", async () => {
  await using listener = await server();
  await using near = await dial(listener.endpoint, { tls: { ca: cert } });
  near.stream.write(Buffer.alloc(16_385));
  await new Promise((resolve) => near.stream.once("close", resolve));
  expect(near.stream.errored).toMatchObject({
    code: "LIMIT",
    hint: expect.stringContaining("16384"),
  });
});

test("DTLS over a stream is refused", async () => {
  const over: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 1 };
  await expect(bind({ kind: "dtls", over })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(dial({ kind: "dtls", over })).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("DTLS goes over unix datagrams, too", async () => {
  const over: Endpoint = { kind: "unixgram", path: `@ncx-dtls-${process.pid}` };
  if (process.platform !== "linux") return;
  await using listener = await bind({ kind: "dtls", over }, { tls: { cert, key } });
  const next = accepted(listener);
  await using near = await dial(listener.endpoint, { tls: { ca: cert } });
  await using far = await next;
  near.stream.write("hello");
  expect(String(await read(far))).toBe("hello");
});

test(
  "a thousand handshakes, refused and accepted in turn, leave nothing behind",
  { timeout: 120_000 },
  async () => {
    await using listener = await server();
    const turnOf = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        const trusted = i % 2 === 0;
        const next = accepted(listener);
        const near = await dial(listener.endpoint, {
          tls: trusted ? { ca: cert } : { ca: other.cert },
        }).catch(() => undefined);
        expect(near !== undefined).toBe(trusted);
        const far = await next;
        await near?.[Symbol.asyncDispose]();
        await far[Symbol.asyncDispose]();
      }
    };
    await turnOf(300);
    const before = process.memoryUsage.rss();
    await turnOf(1000);
    // Both ends' buffers alone are some 70 KB a handshake; up to 45 MB of V8's own growth was seen, which then stops.
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024);
  },
);

/** The first datagram of a client: its hello without a cookie. */
async function firstDatagram(): Promise<Buffer> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const over: Endpoint = { kind: "udp", host: "127.0.0.1", port: socket.address().port };
  const stop = new AbortController();
  const dialled = dial({ kind: "dtls", over }, { signal: stop.signal }).catch(() => {});
  const [hello] = (await once(socket, "message")) as [Buffer];
  stop.abort();
  await dialled;
  socket.close();
  return hello;
}

/** DTLS whose client's datagrams pass as `passes` says. */
function filtered(passes: () => boolean): ReturnType<typeof dtlsOver> {
  return dtlsOver(async (endpoint, options) => {
    const carrier = await dial(endpoint, options);
    const write = carrier.stream.write.bind(carrier.stream) as (
      chunk: unknown,
      done?: (error?: Error | null) => void,
    ) => boolean;
    carrier.stream.write = ((chunk: unknown, done?: () => void) => {
      if (passes()) return write(chunk, done);
      done?.();
      return true;
    }) as typeof carrier.stream.write;
    return carrier;
  }, bind);
}
