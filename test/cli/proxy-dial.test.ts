/** Every spelling of dialling through a proxy, and what is said when that fails. */
import { describe, expect, test } from "vitest";
import { scriptedProxy, workingProxy, type Kind } from "../helpers/fake-proxies.ts";
import { closedPort, serves, tcpClient, tcpPeer } from "../helpers/peers.ts";
import { run, start, startListening } from "../helpers/run-cli.ts";
import { selfSigned } from "../helpers/certs.ts";

const SECRET = "s3cret-word";
const AUTH = { NCX_PROXY_AUTH: `joe:${SECRET}` };
const END = "\r\n\r\n";

describe("the spellings", () => {
  test.each<[string, Kind, (port: number) => string[], RegExp]>([
    ["--proxy with a URL", "http", (port) => ["--proxy", `http://127.0.0.1:${port}`], /^localhost/],
    ["--proxy=URL", "socks5h", (port) => [`--proxy=socks5h://127.0.0.1:${port}`], /^localhost/],
    [
      "socks5:// looks up here",
      "socks5",
      (port) => ["-x", `socks5://127.0.0.1:${port}`],
      /^127|^::1/,
    ],
    ["socks4:// looks up here", "socks4", (port) => ["-x", `socks4://127.0.0.1:${port}`], /^127/],
    [
      "--proxy-dns wins over the scheme",
      "socks5",
      (port) => ["--proxy-dns", "remote", "-x", `socks5://127.0.0.1:${port}`],
      /^localhost/,
    ],
    ["-x URL", "socks4a", (port) => ["-x", `socks4a://127.0.0.1:${port}`], /^localhost/],
    ["-x alone is SOCKS5", "socks5", (port) => ["-x", `127.0.0.1:${port}`], /^localhost/],
    ["-x attached", "socks5", (port) => [`-x127.0.0.1:${port}`], /^localhost/],
    ["-X 5", "socks5", (port) => ["-X", "5", "-x", `127.0.0.1:${port}`], /^localhost/],
    ["-X connect", "http", (port) => ["-X", "connect", "-x", `127.0.0.1:${port}`], /^localhost/],
    ["-Xconnect", "http", (port) => ["-Xconnect", `-x127.0.0.1:${port}`], /^localhost/],
    ["-X 4 looks up here", "socks4", (port) => ["-X4", "-x", `127.0.0.1:${port}`], /^127\.0\.0\.1/],
    [
      "a URL wins over -X",
      "http",
      (port) => ["-X5", "-x", `http://127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "--proxy-type http",
      "http",
      (port) => ["--proxy-type", "http", "--proxy", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "--proxy-type socks4",
      "socks4",
      (port) => ["--proxy-type", "socks4", "--proxy", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "--proxy-dns remote",
      "socks5",
      (port) => ["--proxy-dns", "remote", "-x", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "--proxy-dns local",
      "socks5",
      (port) => ["--proxy-dns", "local", "-x", `127.0.0.1:${port}`],
      /^(127\.0\.0\.1|::1)/,
    ],
    [
      "--proxy-dns both",
      "socks5",
      (port) => ["--proxy-dns", "both", "-x", `127.0.0.1:${port}`],
      /^(127\.0\.0\.1|::1)/,
    ],
    [
      "ncat's --proxy",
      "http",
      (port) => ["--compat", "ncat", "--proxy", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "ncat's socks5",
      "socks5",
      (port) => ["--compat", "ncat", "--proxy-type", "socks5", "--proxy", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "ncat's socks4",
      "socks4",
      (port) => ["--compat", "ncat", "--proxy-type", "socks4", "--proxy", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "OpenBSD's -x",
      "socks5",
      (port) => ["--compat", "openbsd", "-N", "-x", `127.0.0.1:${port}`],
      /^localhost/,
    ],
    [
      "OpenBSD's -X connect",
      "http",
      (port) => ["--compat", "openbsd", "-NXconnect", `-x127.0.0.1:${port}`],
      /^localhost/,
    ],
  ])("%s", async (_what, kind, flags, asked) => {
    await using late = await tcpPeer(serves.late);
    await using proxy = await workingProxy(kind);
    const { code, stdout, stderr } = await run(
      [...flags(proxy.port), "localhost", String(late.port)],
      { input: "hello" },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "hello", stderr: "" });
    expect(proxy.asked[0]).toMatch(asked);
  });

  test("--proxy again and again is a chain", async () => {
    await using echo = await tcpPeer(serves.late);
    await using one = await workingProxy("http");
    await using two = await workingProxy("socks4");
    await using three = await workingProxy("socks5");
    const chain = [
      `http://127.0.0.1:${one.port}`,
      `socks4://127.0.0.1:${two.port}`,
      `127.0.0.1:${three.port}`,
    ];
    const flags = chain.flatMap((proxy) => ["--proxy", proxy]);
    const { code, stdout } = await run([...flags, "127.0.0.1", `${echo.port}`], { input: "hello" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hello" });
    expect([one, two, three].map(({ asked }) => asked)).toEqual([
      [`127.0.0.1:${two.port}`],
      [`127.0.0.1:${three.port}`],
      [`127.0.0.1:${echo.port}`],
    ]);
  });

  test("-z asks for each port through the proxy", async () => {
    await using open = await tcpPeer();
    await using proxy = await workingProxy("socks5");
    const { code, stderr } = await run([
      "-z",
      `-x127.0.0.1:${proxy.port}`,
      "127.0.0.1",
      `${open.port}`,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(`Connection to 127.0.0.1 ${open.port} port`);
    expect(proxy.asked).toEqual([`127.0.0.1:${open.port}`]);
  });

  test("a relay goes through the proxy for each client", async () => {
    await using echo = await tcpPeer(serves.late);
    await using proxy = await workingProxy("http");
    const via = ["--proxy", `http://127.0.0.1:${proxy.port}`];
    await using relay = await startListening(["relay", ...via, "0", `127.0.0.1:${echo.port}`]);
    for (const text of ["one", "two"]) {
      await using client = await tcpClient(relay.port);
      client.socket.end(text);
      expect(String(await client.received)).toBe(text);
    }
    expect(proxy.asked).toHaveLength(2);
  });

  test("a flag about a proxy that isn't there is said to be ignored", async () => {
    await using peer = await tcpPeer(serves.hangUp);
    const { stderr } = await run([
      "-X",
      "5",
      "--proxy-auth",
      `joe:${SECRET}`,
      "127.0.0.1",
      `${peer.port}`,
    ]);
    expect(stderr).toBe(
      "Ncx: Ignored -X: no proxy was given; add -x or --proxy\n" +
        "Ncx: Ignored --proxy-auth: no proxy was given; add -x or --proxy\n",
    );
  });
});

describe("credentials", () => {
  const login = { user: "joe", password: SECRET };
  test.each<[string, Kind, (port: number) => string[], Record<string, string>]>([
    ["in the URL", "http", (port) => ["--proxy", `http://joe:${SECRET}@127.0.0.1:${port}`], {}],
    [
      "percent-encoded",
      "socks5",
      (port) => ["--proxy", `socks5://j%6fe:${SECRET}@127.0.0.1:${port}`],
      {},
    ],
    [
      "--proxy-auth",
      "http",
      (port) => ["--proxy-auth", `joe:${SECRET}`, "--proxy", `http://127.0.0.1:${port}`],
      {},
    ],
    ["NCX_PROXY_AUTH", "socks5", (port) => ["-x", `127.0.0.1:${port}`], AUTH],
    [
      "NCAT_PROXY_AUTH",
      "http",
      (port) => ["-Xconnect", "-x", `127.0.0.1:${port}`],
      { NCAT_PROXY_AUTH: `joe:${SECRET}` },
    ],
    [
      "-P and NCX_PROXY_AUTH",
      "http",
      (port) => ["-P", "joe", "-Xconnect", "-x", `127.0.0.1:${port}`],
      AUTH,
    ],
    [
      "-P alone for socks4",
      "socks4",
      (port) => ["-P", "joe", "-X4", "-x", `127.0.0.1:${port}`],
      {},
    ],
    [
      "the URL before the environment",
      "socks5",
      (port) => ["-x", `socks5://joe:${SECRET}@127.0.0.1:${port}`],
      { NCX_PROXY_AUTH: "ann:x" },
    ],
  ])("%s, and nowhere in what is said", async (_what, kind, flags, env) => {
    await using late = await tcpPeer(serves.late);
    await using proxy = await workingProxy(kind, kind === "socks4" ? undefined : login);
    const target = ["127.0.0.1", String(late.port)];
    const said = ["-vv", "--json-output"];
    const { code, stdout, stderr } = await run([...flags(proxy.port), ...said, ...target], {
      input: "hello",
      env,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hello" });
    expect(stderr).not.toContain(SECRET);
    const who = kind === "http" ? " digest" : kind === "socks4" ? " joe" : "";
    expect(proxy.asked).toEqual([`127.0.0.1:${late.port}${who}`]);
  });

  test.each([
    [["-vv"]],
    [["--json"]],
    [["--compat", "ncat", "-vv"]],
    [["--compat", "openbsd", "-v"]],
  ])("a refusal with %j tells neither user nor password", async (voice) => {
    await using proxy = await workingProxy("socks5", login);
    const url = `socks5://zoe:${SECRET}x@127.0.0.1:${proxy.port}`;
    const { code, stdout, stderr } = await run([...voice, "--proxy", url, "127.0.0.1", "9"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      `Cannot connect to tcp:127.0.0.1:9 through socks5://127.0.0.1:${proxy.port}: ` +
        "the proxy does not take this user and password",
    );
    expect(stderr).not.toMatch(/s3cret|zoe/);
  });

  test.each([
    [`http://joe:${SECRET}@`],
    [`ftp://joe:${SECRET}@host`],
    [`http://joe:${SECRET}%@host`],
    [`http://host:${SECRET}`],
  ])("a URL that makes no sense is not repeated: %s", async (url) => {
    const { code, stderr } = await run(["-vv", "--proxy", url, "127.0.0.1", "9"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Cannot parse proxy");
    expect(stderr).not.toContain(SECRET);
  });

  test.each([["NCX_PROXY_AUTH"], ["NCAT_PROXY_AUTH"]])(
    "%s without a colon is an error at the start, as a client and as a proxy",
    async (name) => {
      for (const line of [
        ["-x", "127.0.0.1:9", "127.0.0.1", "9"],
        ["-l", "--proxy-type", "http", "127.0.0.1", "0"],
      ]) {
        const { code, stderr } = await run(line, { env: { [name]: SECRET } });
        expect(stderr).toBe(
          `Ncx: Cannot use ${name}: it is not user:password\nNcx: hint: ${name}=user:password\n`,
        );
        expect(code).toBe(2);
      }
    },
  );

  test("only the nearest proxy is given what isn't in a URL", async () => {
    await using echo = await tcpPeer(serves.late);
    await using one = await workingProxy("socks5", login);
    await using two = await scriptedProxy([
      [END, `HTTP/1.1 407 No\r\nProxy-Authenticate: Basic${END}`],
    ]);
    const chain = ["--proxy", `127.0.0.1:${one.port}`, "--proxy", `http://127.0.0.1:${two.port}`];
    const { code, stderr } = await run([...chain, "127.0.0.1", `${echo.port}`], { env: AUTH });
    expect(code).toBe(1);
    expect(stderr).toContain("the proxy wants a user and a password");
    expect(two.heard.join("")).not.toContain("Proxy-Authorization");
  });
});

describe("what fails", () => {
  test("the destination: 1, and the whole sentence", async () => {
    const closed = await closedPort();
    await using proxy = await scriptedProxy([
      [3, Buffer.from([5, 0])],
      [10, Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])],
    ]);
    expect(await run(["-x", `127.0.0.1:${proxy.port}`, "127.0.0.1", `${closed}`])).toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        `Ncx: Cannot connect to tcp:127.0.0.1:${closed} through socks5://127.0.0.1:${proxy.port}: ` +
        "connection refused by the destination\n",
    });
  });

  test("the proxy itself: 1, and which it was", async () => {
    const closed = await closedPort();
    expect(await run(["-x", `127.0.0.1:${closed}`, "127.0.0.1", "9"])).toMatchObject({
      code: 1,
      stderr:
        `Ncx: Cannot connect to tcp:127.0.0.1:9 through socks5://127.0.0.1:${closed}: ` +
        "the proxy cannot be reached: connection refused\n",
    });
  });

  test("-z with a proxy that is gone: no port is called closed", async () => {
    const closed = await closedPort();
    const args = ["-z", "--json", "-x", `127.0.0.1:${closed}`, "127.0.0.1", "9"];
    const { code, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stderr).toContain('"state":"error"');
    expect(stderr).not.toContain('"state":"closed"');
  });

  test("the error event has the code PROXY", async () => {
    await using proxy = await scriptedProxy([[END, `HTTP/1.1 403 Forbidden${END}the page`]]);
    const args = ["--json", "--proxy", `http://127.0.0.1:${proxy.port}`, "127.0.0.1", "9"];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({
      type: "error",
      code: "PROXY",
      message: expect.stringMatching(/: the proxy answered 403 Forbidden$/),
    });
  });

  test("a proxy that says nothing, within -w", async () => {
    await using proxy = await tcpPeer();
    const { code, stderr } = await run([
      "-w",
      "200ms",
      "-x",
      `127.0.0.1:${proxy.port}`,
      "127.0.0.1",
      "9",
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ through socks5:.* operation timed out\n$/);
  });

  test.each([
    [
      "a name with --proxy-dns none",
      ["--proxy-dns", "none", "-x", "127.0.0.1:9", "localhost", "9"],
    ],
    ["UDP", ["-u", "-x", "127.0.0.1:9", "127.0.0.1", "9"]],
    ["a unix socket", ["-x", "127.0.0.1:9", "-U", "/nowhere"]],
    ["a type that only servers have", ["-X", "auto", "-x", "127.0.0.1:9", "127.0.0.1", "9"]],
    ["an unknown type", ["-X", "6", "-x", "127.0.0.1:9", "127.0.0.1", "9"]],
    ["no user", ["--proxy-auth", ":x", "-x", "127.0.0.1:9", "127.0.0.1", "9"]],
  ])("%s: 2, and nothing is dialled", async (_what, args) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Ncx: C/);
  });

  test("the proxy's answer and body never reach stdout, what follows a 200 does", async () => {
    await using proxy = await scriptedProxy([
      [END, `HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 6${END}<html>`],
      [END, `HTTP/1.1 200 OK\r\nContent-Length: 3${END}early `],
      [4, (socket) => void socket.end("late")],
    ]);
    await using ncx = start(["-Xconnect", `-x127.0.0.1:${proxy.port}`, "127.0.0.1", "9"], {
      env: AUTH,
    });
    await ncx.gave(/early /);
    ncx.stdin.write("ping");
    expect(await ncx.ended).toMatchObject({ code: 0, stdout: "early late" });
  });
});

test("an https proxy is spoken to over TLS, and its certificate is verified", async () => {
  const certificate = selfSigned("DNS:localhost", "IP:127.0.0.1");
  await using proxy = await workingProxy("https", undefined, certificate);
  const args = ["--proxy", `https://127.0.0.1:${proxy.port}`, "127.0.0.1", "9"];
  const { code, stderr } = await run(args);
  expect(code).toBe(1);
  expect(stderr).toContain("the proxy cannot be reached: the certificate is self-signed");
});
