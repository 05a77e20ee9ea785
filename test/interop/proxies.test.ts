/** ncx through real proxies, to a server of the test's own and to a real sshd. */
import { randomBytes } from "node:crypto";
import { describe, expect } from "vitest";
import { serves, tcpPeer } from "../helpers/peers.ts";
import { needs, peer } from "../helpers/peers-installed.ts";
import {
  LOGIN,
  hasSquidDigest,
  startMicrosocks,
  startNcatProxy,
  startSquid,
  startSshd,
  startTinyproxy,
  type RealServer,
} from "../helpers/real-proxies.ts";
import { CLI, run, start, type Ended } from "../helpers/run-cli.ts";

const BODY = randomBytes(300_000);

interface Real {
  readonly name: string;
  readonly program: string;
  readonly scheme: "http" | "socks5";
  start(): Promise<RealServer>;
}

const PROXIES: readonly Real[] = [
  { name: "tinyproxy with Basic", program: "tinyproxy", scheme: "http", start: startTinyproxy },
  {
    name: "microsocks with a password",
    program: "microsocks",
    scheme: "socks5",
    start: startMicrosocks,
  },
  { name: "ncat with Digest or Basic", program: "ncat", scheme: "http", start: startNcatProxy },
  ...(hasSquidDigest()
    ? ([
        {
          name: "squid with Digest",
          program: "squid",
          scheme: "http",
          start: () => startSquid("digest"),
        },
        {
          name: "squid with Digest and Basic",
          program: "squid",
          scheme: "http",
          start: () => startSquid("basic", "digest"),
        },
      ] as const)
    : []),
];

for (const { name, program, scheme, start: startProxy } of PROXIES) {
  describe(`through ${name}`, () => {
    needs(program)("carries what is sent and what comes back, byte for byte", async () => {
      await using echo = await tcpPeer(serves.echo);
      await using proxy = await startProxy();
      const ended = await converse([
        "--proxy",
        `${scheme}://127.0.0.1:${proxy.port}`,
        "127.0.0.1",
        `${echo.port}`,
      ]);
      expect(ended.stderr).toBe("");
      expect(ended.code).toBe(0);
      expect(ended.bytes.equals(BODY)).toBe(true);
    });

    needs(program)("turns a wrong password, and none, away with 1", async () => {
      await using proxy = await startProxy();
      const at = `127.0.0.1:${proxy.port}`;
      const wrong = await run(["--proxy", `${scheme}://joe:nonsense@${at}`, "127.0.0.1", "9"]);
      // basic_fake_auth, beside Digest, would have taken it.
      expect(wrong.stderr).toContain("the proxy does not take this user and password");
      expect(wrong.stderr).not.toContain("nonsense");
      const none = await run(["--proxy", `${scheme}://${at}`, "127.0.0.1", "9"]);
      expect(none.stderr).toContain("the proxy wants a user and a password");
      expect([wrong.code, none.code]).toEqual([1, 1]);
    });

    needs(
      program,
      "sshd",
      "ssh",
      "ssh-keygen",
    )("is a way for ssh's ProxyCommand", async () => {
      await using sshd = await startSshd();
      await using proxy = await startProxy();
      const type = scheme === "http" ? "connect" : "5";
      const command = `${process.execPath} ${CLI} -X ${type} -x 127.0.0.1:${proxy.port} %h %p`;
      const ended = await run(
        [
          ...sshd.client,
          "-o",
          `ProxyCommand=${command}`,
          "-p",
          `${sshd.port}`,
          "127.0.0.1",
          "cat; echo done >&2",
        ],
        {
          program: peer("ssh"),
          input: BODY,
          env: { NCX_PROXY_AUTH: `${LOGIN.user}:${LOGIN.password}` },
        },
      );
      expect(ended.stderr).toBe("done\n");
      expect(ended.code).toBe(0);
      expect(ended.bytes.equals(BODY)).toBe(true);
    });
  });
}

describe("a chain of real ones", () => {
  needs("tinyproxy", "microsocks")("microsocks, then tinyproxy", async () => {
    await using echo = await tcpPeer(serves.echo);
    await using one = await startMicrosocks();
    await using two = await startTinyproxy();
    const login = `${LOGIN.user}:${LOGIN.password}`;
    const chain = [
      "--proxy",
      `socks5://${login}@127.0.0.1:${one.port}`,
      "--proxy",
      `http://${login}@127.0.0.1:${two.port}`,
    ];
    const ended = await converse([...chain, "127.0.0.1", `${echo.port}`]);
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(0);
    expect(ended.bytes.equals(BODY)).toBe(true);
  });
});

/** Sends the body, and ends only when all of it has come back: most proxies take an end of input for the end of all. */
async function converse(args: readonly string[]): Promise<Ended> {
  await using ncx = start(args, { env: { NCX_PROXY_AUTH: `${LOGIN.user}:${LOGIN.password}` } });
  ncx.stdin.write(BODY);
  let come = 0;
  ncx.child.stdout?.on("data", (chunk: Buffer) => {
    come += chunk.length;
    if (come === BODY.length) ncx.stdin.end();
  });
  return await ncx.ended;
}
