/** Real proxy programs, and an SSH server to go to through them, each on a free port with its own files. */
import { execFileSync } from "node:child_process";
import { accessSync, mkdirSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { closedPort, tcpClient } from "./peers.ts";
import { peer } from "./peers-installed.ts";
import { startPeer } from "./real-peers.ts";
import { scratch, type Running } from "./run-cli.ts";

export interface RealServer extends AsyncDisposable {
  readonly port: number;
}

export const LOGIN = { user: "joe", password: "s3cret" };

/** tinyproxy: HTTP with Basic. */
export function startTinyproxy(): Promise<RealServer> {
  return startServer("tinyproxy", async (folder, port) => {
    const lines = [
      `Port ${port}`,
      "Listen 127.0.0.1",
      "Timeout 60",
      "MaxClients 20",
      "LogLevel Error",
      `LogFile "${folder("log")}"`,
      `BasicAuth ${LOGIN.user} ${LOGIN.password}`,
    ];
    await writeFile(folder("conf"), `${lines.join("\n")}\n`);
    return ["-d", "-c", folder("conf")];
  });
}

/** Where Debian and others keep squid's programs for authentication. */
const HELPERS = ["/usr/lib/squid", "/usr/lib64/squid", "/usr/libexec/squid"];

/** squid: HTTP that offers Digest and Basic, in this order or the other. */
export function startSquid(...schemes: readonly ("digest" | "basic")[]): Promise<RealServer> {
  return startServer("squid", async (folder, port) => {
    const helpers = HELPERS.find((place) => exists(`${place}/digest_file_auth`));
    const programs = {
      digest: `${helpers}/digest_file_auth ${folder("users")}`,
      // What it takes is anybody: a client that chooses Basic over Digest is not seen by a refusal but by the log.
      basic: `${helpers}/basic_fake_auth`,
    };
    const lines = [
      `http_port 127.0.0.1:${port}`,
      ...schemes.flatMap((scheme) => [
        `auth_param ${scheme} program ${programs[scheme]}`,
        `auth_param ${scheme} children 1 startup=1 idle=1`,
        `auth_param ${scheme} realm a realm, with a comma`,
      ]),
      "acl known proxy_auth REQUIRED",
      "http_access allow known",
      "http_access deny all",
      "cache deny all",
      "access_log none",
      `cache_log ${folder("cache.log")}`,
      `pid_filename ${folder("pid")}`,
      `coredump_dir ${folder(".")}`,
      "pinger_enable off",
      "shutdown_lifetime 0 seconds",
      `visible_hostname localhost`,
    ];
    await writeFile(folder("users"), `${LOGIN.user}:${LOGIN.password}\n`);
    await writeFile(folder("conf"), `${lines.join("\n")}\n`);
    // Started by root it becomes another user.
    await chmod(folder("."), 0o777);
    // A name of its own: others' shared memory would be in its way.
    return ["-N", "-n", `ncx${port}`, "-f", folder("conf")];
  });
}

/** Whether squid has the program that checks Digest. */
export function hasSquidDigest(): boolean {
  return HELPERS.some((place) => exists(`${place}/digest_file_auth`));
}

/** microsocks: SOCKS5 with user and password. */
export function startMicrosocks(): Promise<RealServer> {
  const { user, password } = LOGIN;
  return startServer("microsocks", async (_folder, port) => [
    "-i",
    "127.0.0.1",
    "-p",
    `${port}`,
    "-u",
    user,
    "-P",
    password,
  ]);
}

/** ncat as an HTTP proxy: Digest and Basic, and a new connection for each request. */
export function startNcatProxy(): Promise<RealServer> {
  const auth = `${LOGIN.user}:${LOGIN.password}`;
  return startServer("ncat", async (_folder, port) => [
    "-l",
    "-k",
    "127.0.0.1",
    `${port}`,
    "--proxy-type",
    "http",
    "--proxy-auth",
    auth,
  ]);
}

export interface SshServer extends RealServer {
  /** The arguments of ssh that get in, all but the way there and the command. */
  readonly client: readonly string[];
}

/** An sshd that lets in who runs the tests, by a key made for it. */
export async function startSshd(): Promise<SshServer> {
  const { username, uid } = userInfo();
  // As root it wants this folder, which the system makes when its own sshd starts.
  if (uid === 0) mkdirSync("/run/sshd", { recursive: true });
  let identity = "";
  const server = await startServer("sshd", async (folder, port) => {
    identity = folder("user");
    for (const name of ["host", "user"])
      execFileSync(peer("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", folder(name)]);
    const lines = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder("host")}`,
      `AuthorizedKeysFile ${folder("user.pub")}`,
      `PidFile ${folder("pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin prohibit-password",
    ];
    await writeFile(folder("conf"), `${lines.join("\n")}\n`);
    return ["-D", "-e", "-f", folder("conf")];
  });
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes"];
  return Object.assign(server, {
    client: [
      "-F",
      "/dev/null",
      "-i",
      identity,
      "-l",
      username,
      "-o",
      "IdentitiesOnly=yes",
      "-o",
      "LogLevel=ERROR",
      ...options.flatMap((option) => ["-o", option]),
    ],
  });
}

async function startServer(
  name: string,
  prepare: (folder: (name: string) => string, port: number) => Promise<readonly string[]>,
): Promise<RealServer> {
  const folder = await scratch();
  const port = await closedPort();
  const running = startPeer(name, await prepare((file) => folder.path(file), port));
  await answers(port, running);
  return {
    port,
    async [Symbol.asyncDispose]() {
      running.kill("SIGTERM");
      await running.ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Waits until somebody accepts; throws when the program has ended instead. */
async function answers(port: number, running: Running): Promise<void> {
  let over = false;
  void running.ended.then(() => (over = true));
  for (;;) {
    try {
      await using _client = await tcpClient(port);
      return;
    } catch (error) {
      if (over) throw new Error(`it ended: ${running.stderr()}`, { cause: error });
      await delay(20); // nothing tells but an answer
    }
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
