/** TLS with other people's programs, both ways. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { authority } from "../helpers/certs.ts";
import { closedPort } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer, untilListening } from "../helpers/real-peers.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";

const LARGE = randomBytes(20 * 1024 * 1024);
const ca = authority();
const VERSIONS = ["tls1_2", "tls1_3"] as const;

let folder: Awaited<ReturnType<typeof scratch>>;
const at = (name: string): string => folder.path(name);

beforeAll(async () => {
  folder = await scratch();
  const leaf = ca.issue(["IP:127.0.0.1", "DNS:right.test"]);
  const client = ca.issue(["DNS:client.test"]);
  const expired = ca.issue(["IP:127.0.0.1"], -1);
  const files: Record<string, string | Buffer> = {
    "ca.pem": ca.cert,
    "stranger.pem": authority("stranger").cert,
    "cert.pem": leaf.cert,
    "key.pem": leaf.key,
    "client.pem": client.cert,
    "client.key": client.key,
    "expired.pem": expired.cert,
    "expired.key": expired.key,
    "both.pem": leaf.cert + leaf.key,
    large: LARGE,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);
});
afterAll(() => folder[Symbol.asyncDispose]());

const identity = (): string[] => ["--tls-cert", at("cert.pem"), "--tls-key", at("key.pem")];
const trust = (): string[] => ["--tls", "--tls-ca", at("ca.pem")];

/** `openssl s_server`, once it accepts. */
async function sServer(args: readonly string[], cert = "cert.pem", key = "key.pem") {
  const own = ["-cert", at(cert), "-key", at(key), "-accept", "127.0.0.1:0", "-naccept", "1"];
  const running = startPeer("openssl", ["s_server", ...own, ...args]);
  const [, port = ""] = await running.gave(/ACCEPT 127\.0\.0\.1:(\d+)/);
  return Object.assign(running, { port });
}

describe("openssl s_server", () => {
  needs("openssl").each(VERSIONS)("takes our bytes by %s, and we take its own", async (version) => {
    await using server = await sServer([`-${version}`]);
    await using client = start([...trust(), "-v", "127.0.0.1", server.port]);
    await client.said(version === "tls1_2" ? /TLSv1\.2/ : /TLSv1\.3/);
    client.stdin.write("from ncx\n");
    await server.gave(/from ncx/);
    server.stdin.write("from openssl\n");
    await client.gave(/from openssl/);
    client.stdin.end();
    expect((await client.ended).code).toBe(0);
  });

  needs("openssl").each(VERSIONS)("gets a client certificate by %s", async (version) => {
    await using server = await sServer([`-${version}`, "-Verify", "1", "-CAfile", at("ca.pem")]);
    const own = ["--tls-cert", at("client.pem"), "--tls-key", at("client.key")];
    const { code } = await run([...trust(), ...own, "127.0.0.1", server.port], { input: "hi\n" });
    expect(code).toBe(0);
    await server.gave(/hi/);
  });

  needs("openssl").each(VERSIONS)(
    "refuses us without one by %s, and we say so",
    async (version) => {
      const must = [`-${version}`, "-Verify", "1", "-verify_return_error", "-CAfile", at("ca.pem")];
      await using server = await sServer(must);
      const { code, stderr } = await run([...trust(), "127.0.0.1", server.port], { input: "hi\n" });
      expect(code).toBe(1);
      expect(stderr).toMatch(/wants a client certificate|refused the handshake/);
    },
  );

  needs("openssl")("is told a name, and agrees on a protocol", async () => {
    await using server = await sServer(["-alpn", "echo,h2"]);
    const asks = ["--tls-servername", "right.test", "--tls-alpn", "h2", "-v"];
    await using client = start([...trust(), ...asks, "127.0.0.1", server.port]);
    await client.said(/ALPN h2, server name right\.test/);
    client.stdin.end();
    expect((await client.ended).code).toBe(0);
  });

  needs("openssl").each([
    ["an expired certificate", "expired", "ca.pem", [], "The certificate has expired"],
    ["an unknown authority", "cert", "stranger.pem", [], "The certificate's authority is unknown"],
    ["a wrong name", "cert", "ca.pem", ["--tls-servername", "wrong.test"], "is not for wrong.test"],
  ] as const)("is refused for %s", async (_what, name, authorities, flags, said) => {
    await using server = await sServer(
      [],
      `${name}.pem`,
      name === "cert" ? "key.pem" : "expired.key",
    );
    const args = ["--tls", "--tls-ca", at(authorities), ...flags, "127.0.0.1", server.port];
    const { code, stderr } = await run(args, { input: "" });
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
  });
});

describe("openssl s_client", () => {
  needs("openssl").each(VERSIONS)(
    "verifies us by %s, and a large file arrives whole each way",
    async (version) => {
      const own = [
        "-quiet",
        `-${version}`,
        "-CAfile",
        at("ca.pem"),
        "-verify_return_error",
        "-verify_ip",
        "127.0.0.1",
      ];
      {
        await using server = await startListening([
          "-l",
          ...identity(),
          "127.0.0.1",
          "0",
          "--recv-only",
        ]);
        const to = [
          "s_client",
          ...own,
          "-no_ign_eof",
          "-nocommands",
          "-connect",
          `127.0.0.1:${server.port}`,
        ];
        await using client = startPeer("openssl", to);
        client.stdin.end(LARGE);
        const { code, bytes } = await server.ended;
        expect([code, bytes.equals(LARGE)]).toEqual([0, true]);
      }
      await using server = await startListening([
        "-l",
        ...identity(),
        "127.0.0.1",
        "0",
        "--send-only",
      ]);
      const to = ["s_client", ...own, "-connect", `127.0.0.1:${server.port}`];
      await using client = startPeer("openssl", to);
      server.stdin.end(LARGE);
      expect((await client.ended).bytes.equals(LARGE)).toBe(true);
      expect((await server.ended).code).toBe(0);
    },
  );

  needs("openssl").each(VERSIONS)("is let in with a certificate only, by %s", async (version) => {
    const asks = ["--tls-request-cert", "--tls-ca", at("ca.pem")];
    await using server = await startListening(["-lk", ...identity(), ...asks, "127.0.0.1", "0"]);
    const to = ["s_client", `-${version}`, "-quiet", "-connect", `127.0.0.1:${server.port}`];
    await using without = startPeer("openssl", to);
    await server.said(/the client has no certificate/);
    await without.ended;
    const own = ["-cert", at("client.pem"), "-key", at("client.key")];
    await using _client = startPeer("openssl", [...to, ...own]);
    await server.said(/Certificate of CN=ncx leaf, issued by CN=ncx test CA, verified/);
  });

  needs("openssl")("hears that it is not trusted", async () => {
    await using server = await startListening(["-l", "--tls", "127.0.0.1", "0"]);
    const to = ["s_client", "-verify_return_error", "-connect", `127.0.0.1:${server.port}`];
    await using client = startPeer("openssl", to);
    expect((await client.ended).code).not.toBe(0);
    const { code, stderr } = await server.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/our certificate|hung up/)]);
  });
});

/** Another netcat: how it sends all of stdin by TLS, and how it writes all that comes to stdout. */
const PEERS = [
  {
    name: "ncat",
    // With --send-only ncat leaves the session tickets of TLS 1.3 unread: its kernel then resets the connection and
    // throws away what was not sent yet, whoever listens.
    dial: (port: number, way: "send" | "recv") => [
      ...(way === "recv" ? ["--recv-only"] : []),
      "--ssl",
      "127.0.0.1",
      `${port}`,
    ],
    listen: (port: number, way: "send" | "recv") => [
      "-l",
      "-v",
      `--${way}-only`,
      "--ssl",
      "127.0.0.1",
      `${port}`,
    ],
  },
  {
    name: "socat",
    dial: (port: number, way: "send" | "recv") => {
      const place = `OPENSSL:127.0.0.1:${port},cafile=${at("ca.pem")}`;
      return way === "send" ? ["-u", "-", place] : ["-u", place, "-"];
    },
    listen: (port: number, way: "send" | "recv") => {
      const place = `OPENSSL-LISTEN:${port},bind=127.0.0.1,cert=${at("both.pem")},verify=0`;
      return ["-d", "-d", ...(way === "send" ? ["-u", "-", place] : ["-u", place, "-"])];
    },
  },
];

describe.each(PEERS)("$name", ({ name, dial, listen }) => {
  needs(name)("sends us a large file, and takes one", async () => {
    {
      await using server = await startListening([
        "-l",
        ...identity(),
        "127.0.0.1",
        "0",
        "--recv-only",
      ]);
      await using client = startPeer(name, dial(server.port, "send"));
      client.stdin.end(LARGE);
      const { code, bytes } = await server.ended;
      expect([code, bytes.equals(LARGE)]).toEqual([0, true]);
    }
    await using server = await startListening(["-l", ...identity(), "127.0.0.1", "0"]);
    await using client = startPeer(name, dial(server.port, "recv"));
    server.stdin.end(LARGE);
    expect((await client.ended).bytes.equals(LARGE)).toBe(true);
    expect((await server.ended).code).toBe(0);
  });

  needs(name)("takes a large file from us, and sends one", async () => {
    for (const way of ["recv", "send"] as const) {
      const port = await closedPort();
      await using server = startPeer(name, listen(port, way));
      await untilListening(server);
      if (way === "send") server.stdin.end(LARGE);
      const only = way === "recv" ? [] : ["--recv-only"]; // its own kernel resets, too, where ours says the end
      const client = await run(["--tls", "--insecure", ...only, "127.0.0.1", `${port}`], {
        input: way === "recv" ? LARGE : "",
      });
      expect(client.code).toBe(0);
      const { bytes } = way === "recv" ? await server.ended : client;
      expect(bytes.equals(LARGE)).toBe(true);
    }
  });
});

needs("curl")("curl gets a page over https, and agrees on http/1.1", async () => {
  await using server = await startListening([
    "-l",
    "--tls",
    "--tls-alpn",
    "http/1.1",
    "127.0.0.1",
    "0",
  ]);
  server.stdin.end("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  await using curl = startPeer("curl", [
    "-sk",
    "--max-time",
    "20",
    `https://127.0.0.1:${server.port}/`,
  ]);
  expect((await curl.ended).stdout).toBe("hello");
  const { code, stdout, stderr } = await server.ended;
  expect([code, stdout]).toEqual([0, expect.stringContaining("GET / HTTP/1.1\r\n")]);
  expect(stderr).toContain("ALPN http/1.1");
});

needs("curl")("a file as stdin and stdout passes whole by TLS", async () => {
  await using server = await startListening([
    "-l",
    ...identity(),
    "127.0.0.1",
    "0",
    "-o",
    at("got"),
    "--recv-only",
  ]);
  const { code } = await run([...trust(), "127.0.0.1", String(server.port)], {
    input: readFileSync(at("large")),
  });
  expect(code).toBe(0);
  await server.ended;
  expect(readFileSync(at("got")).equals(LARGE)).toBe(true);
});
