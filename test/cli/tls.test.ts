/** --tls and its flags: what a person types, sees and gets. */
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authority, encrypted, selfSigned } from "../helpers/certs.ts";
import { workingProxy } from "../helpers/fake-proxies.ts";
import { tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, scratch, startListening, type Ended } from "../helpers/run-cli.ts";

const ca = authority();
const leaf = ca.issue(["IP:127.0.0.1", "DNS:right.test"]);
const other = selfSigned("DNS:other.test");
const old = authority("old", -1);
const PASSPHRASE = "correct horse";

type Folder = Awaited<ReturnType<typeof scratch>>;
let folder: Folder;
const at = (name: string): string => folder.path(name);

beforeAll(async () => {
  folder = await scratch();
  const files: Record<string, string> = {
    "ca.pem": ca.cert,
    "cert.pem": leaf.cert,
    "key.pem": leaf.key,
    "both.pem": leaf.cert + leaf.key,
    "other.pem": other.key,
    "old.pem": old.cert,
    "secret.pem": encrypted(leaf.key, PASSPHRASE),
    "rubbish.pem": "rubbish\n",
    "broken.pem": leaf.key.replace(/\n.{12}/, "\n!!!"),
    "der.p12": "\x30\x82",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
});
afterAll(() => folder[Symbol.asyncDispose]());

const identity = (): string[] => ["--tls-cert", at("cert.pem"), "--tls-key", at("key.pem")];

/** One listener and one client, and how both ended. */
async function meet(
  listening: readonly string[],
  dialling: readonly string[],
): Promise<{ server: Ended; client: Ended }> {
  await using server = await startListening(["-l", "127.0.0.1", "0", ...listening]);
  server.stdin.end("from the server\n");
  const client = await run([...dialling, "127.0.0.1", String(server.port)], {
    input: "from the client\n",
  });
  return { server: await server.ended, client };
}

describe("flags about TLS ask for it", () => {
  test.each([
    ["--insecure", []],
    ["--insecure", ["--proxy", "http"]],
    ["--tls-ca", ["--proxy", "http"]],
    ["--tls-cert", ["--proxy", "https"]],
  ])("%s with %j", async (flag, [, proxied]) => {
    await using peer = await tcpPeer((socket) => {
      socket.once("data", (chunk: Buffer) => void socket.end(chunk));
    });
    await using proxy = await workingProxy(proxied === "https" ? "https" : "http", undefined, leaf);
    const flags = {
      "--insecure": ["--insecure"],
      "--tls-ca": ["--tls-ca", at("ca.pem")],
      "--tls-cert": [...identity(), "--tls-ca", at("ca.pem")],
    }[flag] as string[];
    const way = proxied === undefined ? [] : ["--proxy", `${proxied}://127.0.0.1:${proxy.port}`];
    const line = [...flags, ...way, "127.0.0.1", String(peer.port)];
    const { code, stdout, stderr } = await run(line, { input: "SECRET\n" });
    // The peer gives back what it heard: a hello, not the secret, and that is no answer.
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/TLS|handshake|unexpected/i);
    expect(stderr).not.toContain("SECRET");
  });
});

test("a failed handshake is one line and OpenSSL's reason, without its addresses", async () => {
  await using server = await startListening(["-l", "127.0.0.1", "0", "--tls"]);
  await using client = await tcpClient(server.port);
  client.socket.end("GET / HTTP/1.0\r\n\r\n");
  const { stderr, code } = await server.ended;
  expect(stderr).toMatch(
    /^Ncx: Cannot accept 127\.0\.0\.1 port \d+ \(tls\): the client speaks plain HTTP\n/m,
  );
  expect(stderr).toMatch(/\nNcx: cause: http request\n$/);
  expect(code).toBe(1);
});

describe("--tls", () => {
  test.each([
    ["--tls", "--tls-ca", "--tls-cert", "--tls-key"],
    ["--ssl", "--ssl-trustfile", "--ssl-cert", "--ssl-key"],
    ["--tls", "--cacert", "--cert", "--key"],
  ])("%s %s %s %s: both talk, and end with 0", async (tls, trust, cert, key) => {
    const { server, client } = await meet(
      [tls, cert, at("cert.pem"), key, at("key.pem")],
      [tls, trust, at("ca.pem")],
    );
    expect([server.code, server.stdout]).toEqual([0, "from the client\n"]);
    expect([client.code, client.stdout, client.stderr]).toEqual([0, "from the server\n", ""]);
  });

  test("a listener makes its certificate, says its fingerprint, and -v of a client shows the same", async () => {
    const { server, client } = await meet(["--tls"], ["--tls", "--insecure", "-v"]);
    const [, print] = /SHA-256 fingerprint: ([\dA-F:]{95})\n/.exec(server.stderr) ?? [];
    expect(client.stderr).toContain(`Ncx: SHA-256 fingerprint: ${print}\n`);
    expect(client.stderr).toContain("Ncx: TLSv1.3, TLS_AES_256_GCM_SHA384\n");
    expect(client.stderr).toContain("not verified: the certificate is self-signed\n");
    expect(server.stderr).toMatch(/^Ncx: Connection from 127\.0\.0\.1:\d+\.$/m);
    expect([server.code, client.code]).toEqual([0, 0]);
  });

  test("a certificate that is not trusted ends both with 1, each saying why", async () => {
    const { server, client } = await meet(["--tls"], ["--tls"]);
    expect(client.stderr).toMatch(
      /^Ncx: connect to 127\.0\.0\.1 port \d+ \(tls\) failed: The certificate is self-signed\nNcx: hint: .*--insecure\n$/,
    );
    expect(client).toMatchObject({ code: 1, stdout: "" });
    expect(server.code).toBe(1);
    expect(server.stderr).toMatch(
      /^Ncx: Cannot accept 127\.0\.0\.1 port \d+ \(tls\): the client hung /m,
    );
  });

  test("-v describes a certificate that is refused", async () => {
    const { client } = await meet(identity(), [
      "--tls",
      "--tls-servername",
      "wrong.test",
      "-v",
      "--tls-ca",
      at("ca.pem"),
    ]);
    expect(client.code).toBe(1);
    expect(client.stderr).toContain("failed: The certificate is not for wrong.test\n");
    expect(client.stderr).toContain("hint: it is for 127.0.0.1, right.test; --tls-servername ");
    expect(client.stderr).toMatch(
      /cause: certificate CN=ncx leaf, issued by CN=ncx test CA, valid /,
    );
  });

  test("--tls-servername and --tls-alpn are agreed on, and said", async () => {
    const { server, client } = await meet(
      [...identity(), "--tls-alpn", "h2,echo"],
      ["--ssl-servername", "right.test", "--ssl-alpn", "echo", "--tls-ca", at("ca.pem"), "-v"],
    );
    expect(client.stderr).toContain("ALPN echo, server name right.test\n");
    expect(client.stderr).toContain("issued by CN=ncx test CA, verified\n");
    expect(server.stderr).toContain("ALPN echo, server name right.test\n");
  });

  test("--tls-ciphers chooses", async () => {
    const ciphers = ["--ssl-ciphers", "TLS_CHACHA20_POLY1305_SHA256"];
    const { client } = await meet(["--tls"], ["--tls", "--insecure", "-v", ...ciphers]);
    expect(client.stderr).toContain("TLSv1.3, TLS_CHACHA20_POLY1305_SHA256\n");
  });

  test("--tls-request-cert lets in who has a certificate of the authority, and nobody else", async () => {
    const asks = [...identity(), "--tls-request-cert", "--tls-ca", at("ca.pem")];
    const trusts = ["--tls", "--tls-ca", at("ca.pem")];
    const good = await meet(asks, [...trusts, ...identity()]);
    expect([good.server.code, good.client.code]).toEqual([0, 0]);
    expect(good.server.stderr).toContain("Certificate of CN=ncx leaf");
    const bad = await meet(asks, trusts);
    expect(bad.server.code).toBe(1);
    expect(bad.server.stderr).toContain("the client has no certificate\n");
    expect(bad.server.stdout).toBe("");
    expect(bad.client.code).toBe(1);
    expect(bad.client.stderr).toContain("the server wants a client certificate\n");
  });

  test("a key may be in the certificate's file, or encrypted with its passphrase in the environment", async () => {
    const both = await meet(["--tls-cert", at("both.pem")], ["--tls", "--tls-ca", at("ca.pem")]);
    expect([both.server.code, both.client.code]).toEqual([0, 0]);
    const secret = [
      "-l",
      "127.0.0.1",
      "0",
      "--tls-cert",
      at("cert.pem"),
      "--tls-key",
      at("secret.pem"),
    ];
    await using server = await startListening(secret, { env: { NCX_TLS_PASSPHRASE: PASSPHRASE } });
    server.stdin.end();
    const port = String(server.port);
    const client = await run(["--tls", "--tls-ca", at("ca.pem"), "127.0.0.1", port], {
      input: "in",
    });
    expect([client.code, (await server.ended).stdout]).toEqual([0, "in"]);
    expect(server.stderr()).not.toContain(PASSPHRASE);
  });

  test("with -k a failed handshake costs nobody else anything", async () => {
    await using server = await startListening([
      "-lk",
      "--tls",
      "--max-conns",
      "1",
      "127.0.0.1",
      "0",
    ]);
    {
      await using plain = await tcpClient(server.port);
      plain.socket.write("GET / HTTP/1.0\r\n\r\n");
      await server.said(/the client speaks plain HTTP\n/);
    }
    const client = await run([
      "--tls",
      "--insecure",
      "127.0.0.1",
      String(server.port),
      "--no-stdin",
      "--idle-timeout",
      "300ms",
    ]);
    await server.said(/Connection from/);
    expect(client.stderr).toContain("Idle timeout");
  });

  test.each([["-l"], ["-lk"]])(
    "%s ends at SIGINT, a handshake under way or not",
    async (listen) => {
      await using server = await startListening([listen, "--tls", "127.0.0.1", "0", "-v"]);
      await using slow = await tcpClient(server.port);
      slow.socket.write(Buffer.from([0x16, 3, 1]));
      const client = run(["--tls", "127.0.0.1", String(server.port)]); // refuses, or is refused
      await client;
      server.kill("SIGINT");
      expect((await server.ended).code).toBe(130);
    },
  );

  test("what is refused is refused in the words of a plain connect", async () => {
    await using server = await startListening(["-l", "127.0.0.1", "0"]);
    server.kill("SIGTERM");
    await server.ended;
    expect(await run(["--tls", "127.0.0.1", String(server.port)])).toMatchObject({
      code: 1,
      stderr: `Ncx: connect to 127.0.0.1 port ${server.port} (tcp) failed: Connection refused\n`,
    });
  });

  test("-z says open after a handshake, and else why not", async () => {
    await using server = await startListening(["-lk", ...identity(), "127.0.0.1", "0"]);
    const probe = ["-z", "--tls", "127.0.0.1", String(server.port)];
    expect((await run([...probe, "--tls-ca", at("ca.pem")])).code).toBe(0);
    const refused = await run(probe);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("The certificate's authority is unknown");
  });

  test("--json has what was agreed on", async () => {
    const { client } = await meet(["--tls"], ["--tls", "--insecure", "--json"]);
    const open = client.stderr.split("\n").find((line) => line.includes('"open"')) ?? "{}";
    expect(JSON.parse(open)).toMatchObject({
      type: "open",
      remote: { kind: "tls" },
      tls: { protocol: "TLSv1.3", authorized: false, refusal: "The certificate is self-signed" },
    });
  });
});

describe("--compat ncat --ssl", () => {
  test("takes any certificate, says so, and speaks as ncat does", async () => {
    const { client } = await meet(["--tls"], ["--compat", "ncat", "--ssl", "-v"]);
    expect(client.code).toBe(0);
    expect(client.stderr).toContain("Ncat: The server's certificate is not verified");
    expect(client.stderr).toMatch(/^Ncat: SSL connection to 127\.0\.0\.1:\d+\.$/m);
    expect(client.stderr).toMatch(/^Ncat: SHA-1 fingerprint: ([\dA-F]{4} ){9}[\dA-F]{4}$/m);
  });

  test("verifies with --ssl-verify", async () => {
    const { client } = await meet(["--tls"], ["--compat", "ncat", "--ssl-verify"]);
    expect(client).toMatchObject({ code: 1, stdout: "" });
    expect(client.stderr).toContain("Ncat: The certificate is self-signed.\n");
  });
});

describe("a bad line or file ends with 2 and one clear line", () => {
  test.each<[string, () => string[], RegExp]>([
    [
      "a missing key",
      () => ["--tls-cert", at("cert.pem"), "--tls-key", "/nowhere/k"],
      /Cannot read "\/nowhere\/k": no such file or directory/,
    ],
    ["a certificate alone", () => ["--tls-cert", at("cert.pem")], /no private key is in it/],
    ["a key alone", () => ["--tls-key", at("key.pem")], /it has no certificate/],
    [
      "a key of another",
      () => ["--tls-cert", at("cert.pem"), "--tls-key", at("other.pem")],
      /the key does not match the certificate/,
    ],
    [
      "an encrypted key",
      () => ["--tls-cert", at("cert.pem"), "--tls-key", at("secret.pem")],
      /the key is encrypted\n.*NCX_TLS_PASSPHRASE/,
    ],
    [
      "a broken key",
      () => ["--tls-cert", at("cert.pem"), "--tls-key", at("broken.pem")],
      /the private key in it cannot be read/,
    ],
    ["rubbish", () => ["--tls-ca", at("rubbish.pem")], /no certificate is in it/],
    ["PKCS #12", () => ["--tls-ca", at("der.p12")], /is not in PEM form/],
    ["a folder", () => ["--tls-ca", "/"], /is a directory/],
    [
      "an expired CA",
      () => ["--tls-ca", at("old.pem")],
      /the certificate in it has expired on \d{4}-\d\d-\d\d/,
    ],
    ["unknown ciphers", () => ["--tls-ciphers", "NONSENSE"], /OpenSSL knows no such cipher/],
    ["an empty protocol", () => ["--tls-alpn", "h2,,x"], /a name in it is empty/],
  ])("%s", async (_what, flags, said) => {
    for (const line of [
      ["127.0.0.1", "9"],
      ["-l", "127.0.0.1", "0"],
    ]) {
      const { code, stderr, stdout } = await run([...line, "--tls", ...flags()]);
      expect(stderr).toMatch(said);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).not.toMatch(/PRIVATE KEY|\n +at /);
      expect(
        stderr.split("\n").filter((each) => each !== "" && !each.includes("hint:")),
      ).toHaveLength(1);
    }
  });

  test("a wrong passphrase, which is not repeated", async () => {
    const flags = ["--tls-cert", at("cert.pem"), "--tls-key", at("secret.pem")];
    const env = { NCX_TLS_PASSPHRASE: "wrong horse" };
    const { code, stderr } = await run(["-l", "127.0.0.1", "0", ...flags], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("the passphrase is wrong");
    expect(stderr).not.toContain("horse");
  });

  test.each([
    ["a server name that is empty", ["--tls", "--tls-servername", "", "127.0.0.1", "9"]],
    ["the same over DTLS", ["--tls", "-u", "--tls-servername", "", "127.0.0.1", "9"]],
    ["a listener that asks for a name", ["-l", "--tls-servername", "x", "127.0.0.1", "0"]],
    ["a listener that takes any server", ["-l", "--tls", "--insecure", "127.0.0.1", "0"]],
    ["--tls-request-cert alone", ["-l", "--tls-request-cert", "127.0.0.1", "0"]],
    [
      "a proxy that --tls-request-cert alone is to guard",
      ["-l", "--proxy-type", "http", "--tls-request-cert", "0.0.0.0", "0"],
    ],
    ["a relay without TLS, and --insecure", ["relay", "--insecure", "127.0.0.1:0", "127.0.0.1:9"]],
    ["the same and --tls-alpn", ["relay", "--tls-alpn", "h2", "127.0.0.1:0", "127.0.0.1:9"]],
    [
      "a relay that listens in clear, and --tls-request-cert",
      ["relay", "--tls-request-cert", "127.0.0.1:0", "tls:127.0.0.1:9"],
    ],
  ])("%s", async (_what, line) => {
    const { code, stderr, stdout } = await run(line);
    expect(stderr).toMatch(
      /^Ncx: Cannot (use|listen with) --(tls|insecure)[^\n]*\nNcx: hint: [^\n]*\n$/,
    );
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("as ncat, a listener takes --ssl-servername, and does nothing with it", async () => {
    const line = ["--compat", "ncat", "-l", "--ssl-servername", "x", "127.0.0.1", "0"];
    await using server = await startListening(line);
    expect(server.port).toBeGreaterThan(0);
  });

  test("--insecure with --tls-verify", async () => {
    const { code, stderr } = await run(["--tls", "--insecure", "--tls-verify", "127.0.0.1", "9"]);
    expect(code).toBe(2);
    expect(stderr).toContain("they exclude each other");
  });
});

test("ncx relay takes TLS off, and puts it on again", async () => {
  await using inner = await startListening(["-l", "127.0.0.1", "0"]);
  inner.stdin.end("hello\n");
  await using off = await startListening([
    "relay",
    "tls:0",
    `127.0.0.1:${inner.port}`,
    ...identity(),
  ]);
  const trust = ["--tls-ca", at("ca.pem")];
  await using on = await startListening(["relay", "0", `tls:127.0.0.1:${off.port}`, ...trust]);
  const client = await run(["127.0.0.1", String(on.port)], { input: "question\n" });
  expect([client.code, client.stdout]).toEqual([0, "hello\n"]);
  expect((await inner.ended).stdout).toBe("question\n");
});
