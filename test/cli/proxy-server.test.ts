/** `ncx -l --proxy-type`: what is refused, what is warned about, what is said; and that it serves. */
import { describe, expect, test } from "vitest";
import { closedPort } from "../helpers/peers.ts";
import { httpServer, overTls, proxied } from "../helpers/proxied.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";
import { tcpServer } from "../helpers/sockets.ts";

function at(port: number): { kind: "tcp"; host: string; port: number } {
  return { kind: "tcp", host: "127.0.0.1", port };
}

describe("who may use it", () => {
  test.each([
    ["every address", ["--public"]],
    ["an address", ["0.0.0.0"]],
    ["a name that may be anybody's", ["proxy.example"]],
  ])("beyond loopback, on %s, it is refused", async (_what, where) => {
    const { code, stderr } = await run(["-l", "--proxy-type", "http", ...where, "0"]);
    expect(stderr).toMatch(
      /^Ncx: Cannot be a proxy beyond loopback: whoever can reach it may use it\n.*--open-proxy/,
    );
    expect(code).toBe(2);
  });

  test.each([
    ["--allow", ["--allow", "127.0.0.1"]],
    ["--proxy-auth", ["--proxy-auth", "me:secret"]],
  ])("with %s it is not, and nothing is warned about", async (_what, flags) => {
    await using server = await startListening([
      "-l",
      "--proxy-type",
      "http",
      ...flags,
      "0.0.0.0",
      "0",
    ]);
    expect(server.stderr()).not.toMatch(/Warning|Ignored/);
  });

  test("without --proxy-type its flags are said to be ignored", async () => {
    const flags = ["--allow-target", "127.0.0.1", "--proxy-auth", "me:secret", "--open-proxy"];
    await using server = await startListening(["-l", ...flags, "127.0.0.1", "0"]);
    expect(server.stderr()).toMatch(
      /^(Ncx: Ignored --(proxy-auth|allow-target|open-proxy): this is no proxy; add --proxy-type\n){3}/,
    );
  });

  test("--open-proxy insists, and is warned once", async () => {
    await using server = await startListening([
      "-l",
      "--proxy-type",
      "http",
      "--open-proxy",
      "0.0.0.0",
      "0",
    ]);
    expect(server.stderr().match(/Warning: this proxy is open/g)).toHaveLength(1);
  });

  test("as ncat it is warned about, not refused", async () => {
    await using server = await startListening([
      "--compat",
      "ncat",
      "-l",
      "--proxy-type",
      "http",
      "0.0.0.0",
      `${await closedPort()}`,
    ]);
    expect(server.stderr()).toMatch(
      /^Ncat: Warning: this proxy is open: whoever can reach it may use it$/m,
    );
  });

  test("where no address is given it is loopback", async () => {
    await using server = await startListening(["-l", "--proxy-type", "auto", "0"]);
    expect(server.stderr()).toMatch(/127\.0\.0\.1:\d+/);
    expect(server.stderr()).not.toMatch(/0\.0\.0\.0|:::/);
  });

  test.each([
    ["NCX_PROXY_AUTH", { NCX_PROXY_AUTH: "me:secret" }],
    ["NCAT_PROXY_AUTH", { NCAT_PROXY_AUTH: "me:secret" }],
  ])("%s names who", async (_what, env) => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await using server = await startListening(["-l", "--proxy-type", "http", "0"], { env });
    const request = origin.get("/").slice(0, -2);
    expect(await proxied(at(server.port), `${request}\r\n`)).toMatch(/^HTTP\/1\.1 407 /);
    const credentials = Buffer.from("me:secret").toString("base64");
    expect(
      await proxied(at(server.port), `${request}Proxy-Authorization: Basic ${credentials}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 200 /);
    expect(server.stderr()).not.toContain("secret");
    expect(server.stderr()).not.toContain(credentials);
  });

  test("a client that --deny names is not let in", async () => {
    await using server = await startListening([
      "-l",
      "--proxy-type",
      "http",
      "--deny",
      "127.0.0.1",
      "0",
    ]);
    expect(await proxied(at(server.port), "").catch(() => "")).toBe("");
    await server.said(/turned away: not allowed/);
  });
});

describe("what makes no sense", () => {
  test.each([
    ["a program", ["-e", "/bin/cat"]],
    ["a shell line", ["-c", "cat"]],
    ["--broker", ["--broker"]],
    ["--chat", ["--chat"]],
    ["UDP", ["-u"]],
  ])("together with %s it is refused", async (_what, flags) => {
    const { code, stderr } = await run(["-l", "--proxy-type", "http", ...flags, "0"]);
    expect(stderr).toMatch(/^Ncx: Cannot (be a proxy with|use) .*: they exclude each other/);
    expect(code).toBe(2);
  });

  test("credentials without a colon are refused, and not shown", async () => {
    const { code, stderr } = await run([
      "-l",
      "--proxy-type",
      "http",
      "--proxy-auth",
      "verysecret",
      "0",
    ]);
    expect(stderr).toMatch(/it is not user:password/);
    expect(stderr).not.toContain("verysecret");
    expect(code).toBe(2);
  });

  test("SOCKS4 with a password is refused", async () => {
    const { code, stderr } = await run([
      "-l",
      "--proxy-type",
      "socks4",
      "--proxy-auth",
      "a:b",
      "0",
    ]);
    expect(stderr).toMatch(/SOCKS4 has none/);
    expect(code).toBe(2);
  });

  test("a list of targets that cannot be read is refused", async () => {
    const { code, stderr } = await run([
      "-l",
      "--proxy-type",
      "http",
      "--deny-target",
      "300.0.0.1",
      "0",
    ]);
    expect(stderr).toMatch(/Cannot use host "300\.0\.0\.1"/);
    expect(code).toBe(2);
  });
});

describe("serving", () => {
  test("auto serves HTTP, SOCKS4 and SOCKS5, one client after another, and says so with -v", async () => {
    await using origin = await tcpServer((socket) => void socket.pipe(socket));
    const { port } = origin.endpoint;
    const place = [port >> 8, port & 255];
    await using server = await startListening(["-l", "--proxy-type", "auto", "0"]);
    const near = at(server.port);
    expect(await proxied(near, `CONNECT localhost:${port} HTTP/1.1\r\n\r\none`)).toMatch(
      /^HTTP\/1\.1 200 .*\r\n\r\none$/,
    );
    expect(await proxied(near, Buffer.from([4, 1, ...place, 127, 0, 0, 1, 0, 50]))).toMatch(
      /^\0\x5A.{6}2$/s,
    );
    expect(
      await proxied(near, Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, ...place, 51])),
    ).toMatch(/3$/);
    await server.said(
      new RegExp(
        `tcp:127\\.0\\.0\\.1:\\d+ -> tcp:localhost:${port}: 3 B there, 3 B back in .* \\(eof\\)`,
      ),
    );
    server.kill("SIGINT");
    expect((await server.ended).code).toBe(130);
  });

  test("a plain request is one line with -v, without its query", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await using server = await startListening(["-l", "--proxy-type", "http", "0"]);
    expect(await proxied(at(server.port), origin.get("/path?token=hidden"))).toMatch(/ok$/);
    await server.said(
      new RegExp(`-> GET http://127\\.0\\.0\\.1:${origin.port}/path: 200, 0 B there, 2 B back in `),
    );
    expect(server.stderr()).not.toContain("hidden");
  });

  test("--json: open, close and request are events", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await using server = start(["-l", "--proxy-type", "http", "--json", "0"]);
    const [, port] = await server.said(/"type":"listening".*"port":(\d+)/);
    await proxied(at(Number(port)), origin.get("/"));
    await proxied(at(Number(port)), `CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\n\r\n`);
    const [, line = ""] = await server.said(/^(.*"type":"request".*)$/m);
    expect(JSON.parse(line)).toMatchObject({
      method: "GET",
      url: `http://127.0.0.1:${origin.port}/`,
      status: 200,
      sent: 2,
      received: 0,
    });
    const [, open = ""] = await server.said(/^(.*"type":"open".*)$/m);
    expect(JSON.parse(open)).toMatchObject({
      to: { kind: "tcp", host: "127.0.0.1", port: origin.port },
    });
    await server.said(/"type":"close".*"reason":"eof"/);
  });

  test("a target that is denied is told to the client, and to the user", async () => {
    await using server = await startListening([
      "-l",
      "--proxy-type",
      "http",
      "--deny-target",
      "127.0.0.0/8",
      "0",
    ]);
    expect(await proxied(at(server.port), "CONNECT localhost:80 HTTP/1.1\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    await server.said(/not allowed/);
  });

  test.each([
    ["--proxy-type https", ["--proxy-type", "https"]],
    ["--tls", ["--proxy-type", "http", "--tls"]],
  ])("%s listens over TLS", async (_what, flags) => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await using server = await startListening(["-l", ...flags, "0"]);
    expect(await overTls(at(server.port), origin.get("/"))).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[^]*ok$/,
    );
  });

  test("-x: it dials through a further proxy", async () => {
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await using last = await startListening(["-l", "--proxy-type", "socks5", "0"]);
    await using server = await startListening([
      "-l",
      "--proxy-type",
      "http",
      "-x",
      `socks5://127.0.0.1:${last.port}`,
      "0",
    ]);
    expect(await proxied(at(server.port), origin.get("/"))).toMatch(/ok$/);
    await last.said(new RegExp(`-> tcp:127\\.0\\.0\\.1:${origin.port}: `));
  });

  test("a unix socket is a place to listen, too", async () => {
    await using folder = await scratch();
    await using origin = await httpServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const path = folder.path("proxy.sock");
    await using server = start(["-lU", "--proxy-type", "http", "-v", path]);
    await server.said(/istening on/);
    expect(await proxied({ kind: "unix", path }, origin.get("/"))).toMatch(/ok$/);
  });
});
