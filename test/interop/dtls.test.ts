/** DTLS with the programs that speak it: in both roles, and both ways. */
import { writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { selfSigned } from "../helpers/certs.ts";
import { closedPort } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer } from "../helpers/real-peers.ts";
import { scratch, start, startListening, type Running } from "../helpers/run-cli.ts";

const { cert, key } = selfSigned("DNS:localhost", "IP:127.0.0.1");

type Files = Awaited<ReturnType<typeof scratch>>;

async function pems(): Promise<Files> {
  const files = await scratch();
  writeFileSync(files.path("cert.pem"), cert);
  writeFileSync(files.path("key.pem"), key);
  writeFileSync(files.path("both.pem"), key + cert);
  return files;
}

const CLIENTS: readonly [string, (port: number, files: Files) => string[]][] = [
  [
    "openssl",
    (port, { path }) => {
      const trust = ["-CAfile", path("cert.pem"), "-verify_return_error"];
      return ["s_client", "-dtls1_2", "-quiet", ...trust, "-connect", `127.0.0.1:${port}`];
    },
  ],
  [
    "ncat",
    (port, { path }) => {
      const trust = ["--ssl-verify", "--ssl-trustfile", path("cert.pem")];
      return ["-4", "-u", "--ssl", ...trust, "localhost", `${port}`]; // 7.93 verifies names alone
    },
  ],
  [
    "socat",
    (port, { path }) => [
      "-",
      `OPENSSL-DTLS-CLIENT:127.0.0.1:${port},cafile=${path("cert.pem")},verify=1`,
    ],
  ],
];

const SERVERS: readonly [string, (port: number, files: Files) => string[], RegExp][] = [
  [
    "openssl",
    (port, { path }) => {
      const identity = ["-cert", path("cert.pem"), "-key", path("key.pem")];
      return ["s_server", "-dtls1_2", ...identity, "-accept", `127.0.0.1:${port}`];
    },
    /ACCEPT/,
  ],
  [
    "socat",
    (port, { path }) => [
      "-d",
      "-d",
      "-",
      `OPENSSL-DTLS-SERVER:${port},bind=127.0.0.1,cert=${path("both.pem")},verify=0`,
    ],
    /listening on/,
  ],
];

describe.each(CLIENTS)("%s", (name, args) => {
  needs(name)("connects to ncx -l -u --tls, and both talk", async () => {
    await using files = await pems();
    const identity = ["--tls-cert", files.path("cert.pem"), "--tls-key", files.path("key.pem")];
    await using ncx = await startListening(["-l", "-u", "--tls", ...identity, "127.0.0.1", "0"]);
    await using other = startPeer(name, args(ncx.port, files));
    await talk(other, ncx);
    other.stdin.end();
    other.kill("SIGTERM");
  });
});

describe.each(SERVERS)("%s", (name, args, ready) => {
  needs(name)("takes ncx -u --tls, and both talk", async () => {
    await using files = await pems();
    const port = await closedPort();
    await using other = startPeer(name, args(port, files));
    await Promise.race([other.said(ready), other.gave(ready)]);
    const trust = ["--tls-ca", files.path("cert.pem")];
    await using ncx = start(["-u", "--tls", ...trust, "127.0.0.1", `${port}`]);
    await talk(ncx, other);
    ncx.stdin.end();
    expect((await ncx.ended).code).toBe(0);
  });

  needs(name)("is not trusted without its certificate", async () => {
    await using files = await pems();
    const port = await closedPort();
    await using other = startPeer(name, args(port, files));
    await Promise.race([other.said(ready), other.gave(ready)]);
    await using ncx = start(["-u", "--tls", "127.0.0.1", `${port}`]);
    expect(await ncx.ended).toMatchObject({ code: 1, stdout: "" });
    expect(ncx.stderr()).toContain("The certificate is self-signed");
  });
});

async function talk(first: Running, second: Running): Promise<void> {
  first.stdin.write("there\n");
  await second.gave(/there\n/);
  second.stdin.write("back\n");
  await first.gave(/back\n/);
}
