import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import type { Endpoint, TlsEndpoint } from "../../src/core/endpoint.ts";
import { bind, dial } from "../../src/transport/index.ts";
import { describeTls } from "../../src/transport/tls.ts";
import { selfSigned } from "../helpers/certs.ts";
import { transportContract } from "./transport.ts";

const server = selfSigned("IP:127.0.0.1", "DNS:right.test");
const trusting = { tls: { ca: server.cert } };

const tcp = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const contract = {
  framing: "stream",
  halfClose: true,
  backpressure: true,
  dialRefused: true,
  closeFreesAddress: true,
  acceptsSilent: true,
} as const;

describe("tls over tcp", () =>
  transportContract(
    {
      at: () => ({ kind: "tls", over: tcp }),
      nowhere: async () => {
        await using listener = await bind(tcp);
        return { kind: "tls", over: listener.endpoint };
      },
      bind: (endpoint, options) => bind(endpoint, { ...options, tls: server }),
      dial: (endpoint, options) => dial(endpoint, { ...options, ...trusting }),
    },
    contract,
  ));

let paths = 0;
const folder = mkdtempSync(join(tmpdir(), "ncx-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const unix = () => ({ kind: "unix", path: join(folder, `${(paths += 1)}.sock`) }) as const;

describe("tls over unix", () =>
  transportContract(
    {
      at: () => ({ kind: "tls", over: unix() }),
      nowhere: async () => ({ kind: "tls", over: unix() }),
      bind: (endpoint, options) => bind(endpoint, { ...options, tls: server }),
      dial: (endpoint, options) => dial(endpoint, { ...options, tls: { insecure: true } }),
    },
    contract,
  ));

let names = 0;
const memory = () => ({ kind: "memory", name: `tls-${(names += 1)}` }) as const;

describe("tls over memory", () =>
  transportContract(
    {
      at: () => ({ kind: "tls", over: memory() }),
      nowhere: async () => ({ kind: "tls", over: memory() }),
      bind: (endpoint, options) => bind(endpoint, { ...options, tls: server }),
      // A carrier without a host has no name to verify.
      dial: (endpoint, options) =>
        dial({ ...endpoint } as TlsEndpoint, { ...options, tls: { insecure: true } }),
    },
    contract,
  ));

interface Running extends AsyncDisposable {
  readonly endpoint: TlsEndpoint;
}

async function run(running: Server): Promise<Running> {
  running.listen(0, "127.0.0.1");
  await once(running, "listening");
  const { port } = running.address() as AddressInfo;
  return {
    endpoint: { kind: "tls", over: { ...tcp, port } },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => running.close(resolve));
    },
  };
}

function tlsServer(options: TlsOptions = server): Promise<Running> {
  return run(
    createTlsServer(options, (socket) => {
      socket.on("error", () => {});
      socket.end("hello");
    }).on("tlsClientError", () => {}),
  );
}

describe("tls handshakes", () => {
  test("a self-signed certificate is refused, and says how it could be taken", async () => {
    await using there = await tlsServer();
    await expect(dial(there.endpoint)).rejects.toMatchObject({
      code: "TLS",
      message: expect.stringContaining("the certificate is self-signed"),
      hint: expect.stringContaining("--insecure"),
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  });

  test("insecure takes any certificate", async () => {
    await using there = await tlsServer();
    await using connection = await dial(there.endpoint, { tls: { insecure: true } });
    expect(describeTls(connection)).toMatchObject({ authorized: false, protocol: "TLSv1.3" });
  });

  test("a certificate for another name is refused; the right servername passes", async () => {
    await using there = await tlsServer();
    await expect(
      dial({ ...there.endpoint, servername: "wrong.test" }, trusting),
    ).rejects.toMatchObject({
      code: "TLS",
      state: "The certificate is not for wrong.test",
      cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    });
    await using right = await dial({ ...there.endpoint, servername: "right.test" }, trusting);
    expect(describeTls(right)?.authorized).toBe(true);
  });

  test("a server without TLS is named as such", async () => {
    await using plain = await run(
      createServer((socket) => {
        socket.on("error", () => {}).resume();
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      }),
    );
    await expect(dial(plain.endpoint, trusting)).rejects.toMatchObject({
      code: "TLS",
      state: "It is not a TLS server",
    });
  });

  test("a server that hangs up during the handshake is TLS", async () => {
    await using rude = await run(createServer((socket) => void socket.destroy()));
    await expect(dial(rude.endpoint, trusting)).rejects.toMatchObject({
      code: "TLS",
      state: "The server hung up during the handshake",
    });
  });

  test("the timeout covers a handshake that is never answered; so does a signal", async () => {
    await using listener = await bind(tcp);
    const endpoint: TlsEndpoint = { kind: "tls", over: listener.endpoint };
    await expect(dial(endpoint, { ...trusting, timeout: 50 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    const stop = new AbortController();
    const dialled = dial(endpoint, { ...trusting, signal: stop.signal });
    const accepted = await listener[Symbol.asyncIterator]().next();
    stop.abort();
    await expect(dialled).rejects.toMatchObject({ code: "ABORTED" });
    await (accepted.value as AsyncDisposable)[Symbol.asyncDispose]();
  });

  test("ALPN is offered, and what was chosen can be read", async () => {
    await using there = await tlsServer({ ...server, ALPNProtocols: ["http/1.1"] });
    await using connection = await dial(there.endpoint, {
      tls: { ca: server.cert, alpn: ["h2", "http/1.1"] },
    });
    expect(describeTls(connection)).toMatchObject({ alpn: "http/1.1", authorized: true });
  });

  test("a certificate that cannot be read is a TLS error, not a crash", async () => {
    await using there = await tlsServer();
    await expect(
      dial(there.endpoint, { tls: { cert: "rubbish", key: "rubbish" } }),
    ).rejects.toMatchObject({
      name: "NcxError",
      code: "TLS",
    });
  });

  test("datagrams carry no TLS", async () => {
    const udp: Endpoint = { kind: "udp", host: "127.0.0.1", port: 9 };
    await expect(dial({ kind: "tls", over: udp })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
