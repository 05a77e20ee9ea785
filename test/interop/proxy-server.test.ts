/** The proxy that ncx is, between real clients and real servers. */
import { describe, expect, test } from "vitest";
import { serves, tcpPeer } from "../helpers/peers.ts";
import { needs, peer } from "../helpers/peers-installed.ts";
import { certs } from "../helpers/proxied.ts";
import { startNginx, startPeer } from "../helpers/real-peers.ts";
import { run, scratch, startListening, type Ended, type Listening } from "../helpers/run-cli.ts";
import { writeFile } from "node:fs/promises";
import { closedPort } from "../helpers/peers.ts";

const withCurl = needs("curl", "nginx");
const FILES = { "hello.txt": "hello from nginx\n", "big.bin": Buffer.alloc(3_000_000, "b") };
const LOGIN = "me:se:cret";

function proxyOf(type: string, ...flags: string[]): Promise<Listening> {
  return startListening(["-l", "--proxy-type", type, ...flags, "0"]);
}

function curl(...args: string[]): Promise<Ended> {
  return run(["-sS", "--noproxy", "", "--max-time", "20", ...args], { program: peer("curl") });
}

describe("curl", () => {
  withCurl.each(["http", "socks4", "socks4a", "socks5", "socks5h"])(
    "gets a file through %s",
    async (scheme) => {
      await using nginx = await startNginx(FILES);
      await using proxy = await proxyOf("auto");
      const host = scheme === "socks4" || scheme === "socks5" ? "127.0.0.1" : "localhost";
      const through = ["-x", `${scheme}://127.0.0.1:${proxy.port}`];
      const small = await curl(...through, `http://${host}:${nginx.port}/hello.txt`);
      expect(small).toMatchObject({ code: 0, stdout: FILES["hello.txt"], stderr: "" });
      const big = await curl(...through, `http://${host}:${nginx.port}/big.bin`);
      expect(big.bytes.equals(FILES["big.bin"])).toBe(true);
    },
  );

  withCurl.each([
    ["--proxy-basic", LOGIN, 0],
    ["--proxy-digest", LOGIN, 0],
    ["--proxy-anyauth", LOGIN, 0],
    ["--proxy-basic", "me:guess", 22],
    ["--proxy-digest", "me:guess", 22],
  ])("%s as %s ends with %i", async (how, login, code) => {
    await using nginx = await startNginx(FILES);
    await using proxy = await proxyOf("http", "--proxy-auth", LOGIN);
    const url = `http://127.0.0.1:${nginx.port}/hello.txt?a=b`;
    const plain = await curl("-f", "-x", `http://127.0.0.1:${proxy.port}`, how, "-U", login, url);
    expect(plain.code, plain.stderr).toBe(code);
    const tunnelled = await curl(
      "-f",
      "-p",
      "-x",
      `http://127.0.0.1:${proxy.port}`,
      how,
      "-U",
      login,
      url,
    );
    expect(tunnelled.code, tunnelled.stderr).toBe(code);
    expect(proxy.stderr()).not.toMatch(/se:cret|guess|response=/);
  });

  withCurl.each([
    ["the right", LOGIN, 0],
    ["a wrong", "me:guess", 97],
  ])("SOCKS5 with %s password", async (_what, login, code) => {
    await using nginx = await startNginx(FILES);
    await using proxy = await proxyOf("socks5", "--proxy-auth", LOGIN);
    const through = `socks5h://127.0.0.1:${proxy.port}`;
    const { code: got, stderr } = await curl(
      "-x",
      through,
      "-U",
      login,
      `http://127.0.0.1:${nginx.port}/hello.txt`,
    );
    expect(got, stderr).toBe(code);
  });

  withCurl("two URLs go over one connection to the proxy", async () => {
    await using nginx = await startNginx(FILES);
    await using proxy = await proxyOf("http");
    const url = `http://127.0.0.1:${nginx.port}/hello.txt`;
    const { stdout } = await curl(
      "-x",
      `http://127.0.0.1:${proxy.port}`,
      "-w",
      "%{num_connects} ",
      url,
      url,
    );
    expect(stdout).toBe(`${FILES["hello.txt"]}1 ${FILES["hello.txt"]}0 `);
  });

  needs("curl", "python3").each([
    ["with its length", []],
    ["in chunks", ["-H", "Transfer-Encoding: chunked"]],
    ["after 100 (Continue)", ["-H", "Expect: 100-continue"]],
  ])("posts a large body %s", async (_what, flags) => {
    await using folder = await scratch();
    const body = Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => at % 251));
    await writeFile(folder.path("body"), body);
    await writeFile(folder.path("server.py"), ECHO);
    await using server = startPeer("python3", ["-u", folder.path("server.py")]);
    const [, port] = await server.gave(/(\d+)/);
    await using proxy = await proxyOf("http");
    const through = ["-x", `http://127.0.0.1:${proxy.port}`, ...flags];
    const { bytes, code } = await curl(
      ...through,
      "--data-binary",
      `@${folder.path("body")}`,
      `http://127.0.0.1:${port}/`,
    );
    expect(code).toBe(0);
    expect(bytes.equals(body)).toBe(true);
  });

  needs("curl", "openssl")("speaks HTTPS through CONNECT and SOCKS", async () => {
    await using folder = await scratch();
    const { cert, key } = certs();
    await writeFile(folder.path("cert.pem"), cert);
    await writeFile(folder.path("key.pem"), key);
    const port = await closedPort();
    const keys = ["-cert", folder.path("cert.pem"), "-key", folder.path("key.pem")];
    await using server = startPeer("openssl", [
      "s_server",
      "-accept",
      `127.0.0.1:${port}`,
      "-www",
      ...keys,
    ]);
    await server.gave(/ACCEPT/);
    await using proxy = await proxyOf("auto");
    for (const scheme of ["http", "socks4a", "socks5h"]) {
      const through = [
        "-x",
        `${scheme}://127.0.0.1:${proxy.port}`,
        "--cacert",
        folder.path("cert.pem"),
      ];
      const { stdout, stderr } = await curl(...through, `https://localhost:${port}/`);
      expect(stdout, stderr).toMatch(/s_server/);
    }
  });

  withCurl("is told what went wrong by status, and by SOCKS code", async () => {
    const port = await closedPort();
    await using proxy = await proxyOf("auto", "--deny-target", "127.0.0.2");
    const status = ["-o", "/dev/null", "-w", "%{http_code}"];
    const http = ["-x", `http://127.0.0.1:${proxy.port}`, ...status];
    expect((await curl(...http, `http://127.0.0.1:${port}/`)).stdout).toBe("502");
    expect((await curl(...http, "http://127.0.0.2:80/")).stdout).toBe("403");
    expect((await curl(...http, `http://127.0.0.1:${proxy.port}/`)).stdout).toBe("403");
    expect((await curl(...http, "-X", "FROB", `http://127.0.0.1:${port}/`)).stdout).toBe("405");
    const socks = await curl("-x", `socks5://127.0.0.1:${proxy.port}`, `http://127.0.0.1:${port}/`);
    expect(socks.stderr).toMatch(/\(5\)/);
  });
});

describe("ncat", () => {
  needs("ncat").each([
    ["http", []],
    ["http", ["--proxy-auth", LOGIN]],
    ["socks4", []],
    ["socks5", []],
    ["socks5", ["--proxy-auth", LOGIN]],
  ])("--proxy-type %s %j", async (type, auth) => {
    await using server = await tcpPeer(serves.late);
    await using proxy = await proxyOf(type, ...auth);
    const through = ["--proxy", `127.0.0.1:${proxy.port}`, "--proxy-type", type, ...auth];
    const { stdout, stderr } = await run([...through, "127.0.0.1", `${server.port}`], {
      program: peer("ncat"),
      input: "over and back",
    });
    expect(stdout, stderr).toBe("over and back");
  });
});

describe("nc.openbsd", () => {
  needs("nc.openbsd").each(["connect", "4", "5"])("-X %s", async (type) => {
    await using server = await tcpPeer(serves.late);
    await using proxy = await proxyOf("auto");
    const through = ["-N", "-X", type, "-x", `127.0.0.1:${proxy.port}`];
    const { stdout, stderr } = await run([...through, "127.0.0.1", `${server.port}`], {
      program: peer("nc.openbsd"),
      input: "over and back",
    });
    expect(stdout, stderr).toBe("over and back");
  });
});

test("ncx goes through ncx", async () => {
  await using server = await tcpPeer(serves.late);
  await using proxy = await proxyOf("auto", "--proxy-auth", LOGIN);
  for (const scheme of ["http", "socks5", "socks5h"]) {
    const url = `${scheme}://me:se%3Acret@127.0.0.1:${proxy.port}`;
    const { stdout, stderr } = await run(["-x", url, "127.0.0.1", `${server.port}`], {
      input: "through",
    });
    expect(stdout, stderr).toBe("through");
  }
});

/** Gives bodies back, in either framing. */
const ECHO = `
import http.server
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0: break
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
print(server.server_port)
server.serve_forever()
`;
