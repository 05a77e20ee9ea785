/** ncx, and a relay of it, in front of a real web server. */
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs, peer } from "../helpers/peers-installed.ts";
import { startNginx, startPeer, type Nginx } from "../helpers/real-peers.ts";
import { run, scratch, start, startListening, type Ended } from "../helpers/run-cli.ts";

const BIG = randomBytes(8 << 20);
const TEXT = "the same line over and over\n".repeat(1000);

const test = needs("nginx");
const withCurl = needs("nginx", "curl");
const installed = hasPeers("nginx");
let nginx: Nginx | undefined;

beforeAll(async () => {
  if (!installed) return;
  nginx = await startNginx({ "hello.txt": "hello from nginx\n", "text.txt": TEXT, "big.bin": BIG });
});
afterAll(async () => nginx?.[Symbol.asyncDispose]());

describe("ncx host port", () => {
  test("speaks raw HTTP/1.0: what is piped in is sent, the answer comes out whole", async () => {
    const { code, stdout } = await run(["127.0.0.1", port()], {
      input: "GET /hello.txt HTTP/1.0\r\n\r\n",
    });
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\nServer: nginx/);
    expect(stdout.endsWith("\r\n\r\nhello from nginx\n")).toBe(true);
    expect(code).toBe(0);
  });

  test("brings a large body unchanged", async () => {
    // nginx takes a half-close for a client that has gone, and cuts what it hasn't yet sent: it does so to ncat, too.
    const { bytes } = await run(["--no-shutdown", "127.0.0.1", port()], {
      input: "GET /big.bin HTTP/1.0\r\n\r\n",
    });
    expect(digest(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4))).toBe(digest(BIG));
  });

  test("makes requests typed with plain newlines into proper ones by -C", async () => {
    const { stdout } = await run(["-C", "127.0.0.1", port()], {
      input: "GET /hello.txt HTTP/1.1\nHost: there\nConnection: close\n\n",
    });
    expect(stdout).toContain("hello from nginx");
  });

  test("does so over nginx's unix socket, too", async () => {
    const { stdout } = await run(["-U", server().socket], {
      input: "GET /hello.txt HTTP/1.0\r\n\r\n",
    });
    expect(stdout).toContain("hello from nginx");
  });

  test("-z says that the port is open", async () => {
    const { code, stderr } = await run(["-z", "-v", "127.0.0.1", port()]);
    expect([code, stderr]).toMatchObject([0, expect.stringContaining(`127.0.0.1 ${port()} port`)]);
  });
});

describe("ncx relay in front of nginx", () => {
  withCurl.each([
    ["tcp", () => `127.0.0.1:${port()}`],
    ["a unix socket", () => `unix:${server().socket}`],
  ])("brings curl a large body unchanged, over %s", async (_kind, to) => {
    await using relay = await startListening(["relay", "127.0.0.1:0", to()]);
    const { bytes } = await curl([`http://127.0.0.1:${relay.port}/big.bin`]);
    expect(digest(bytes)).toBe(digest(BIG));
  });

  withCurl("lets curl use one connection again and again", async () => {
    await using relay = await startListening(["relay", "127.0.0.1:0", `127.0.0.1:${port()}`]);
    const { stdout } = await curl([
      `http://127.0.0.1:${relay.port}/hello.txt?[1-50]`,
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} %{num_connects}\n",
    ]);
    const lines = stdout.trim().split("\n");
    expect(lines).toEqual(["200 1", ...Array<string>(49).fill("200 0")]);
    expect((await relay.said(/tcp:127.*\(eof\)/))[0]).toContain("back in");
  });

  withCurl("serves many parallel requests of curl, each one whole", async () => {
    await using relay = await startListening(["relay", "127.0.0.1:0", `127.0.0.1:${port()}`]);
    const { stdout } = await curl([
      "-Z",
      "--parallel-immediate",
      "--parallel-max",
      "100",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} %{size_download}\n",
      `http://127.0.0.1:${relay.port}/text.txt?[1-500]`,
    ]);
    expect(stdout.trim().split("\n")).toEqual(Array<string>(500).fill(`200 ${TEXT.length}`));
  });

  withCurl("tells with --json what each connection carried", async () => {
    await using relay = start(["relay", "--json", "127.0.0.1:0", `127.0.0.1:${port()}`]);
    const [, at] = await relay.said(/"type":"listening".*"port":(\d+)/);
    await curl([`http://127.0.0.1:${at}/hello.txt`]);
    const [line] = await relay.said(/^.*"type":"close".*$/m);
    expect(JSON.parse(line)).toMatchObject({
      reason: "eof",
      to: { kind: "tcp", host: "127.0.0.1", port: Number(port()) },
      sent: expect.any(Number),
      received: expect.any(Number),
    });
    relay.kill("SIGTERM");
    expect((await relay.ended).code).toBe(143);
  });
});

describe("ncx http and nginx", () => {
  test("GET prints the body, and nothing else, on stdout", async () => {
    expect(await http("/hello.txt")).toMatchObject({
      code: 0,
      stdout: "hello from nginx\n",
      stderr: "",
    });
  });

  test("a gzipped answer is asked for, and printed as it was", async () => {
    const { stdout, stderr } = await http("/text.txt", "-v", "--compressed");
    expect(stdout).toBe(TEXT);
    expect(stderr).toMatch(/content-encoding: gzip/i);
  });

  test("with an Accept-Encoding of one's own the body stays as it came", async () => {
    const { bytes } = await http("/text.txt", "-H", "Accept-Encoding: gzip");
    expect(gunzipSync(bytes).toString()).toBe(TEXT);
  });

  test("a range is a range", async () => {
    const { stdout } = await http("/hello.txt", "-i", "-H", "Range: bytes=6-9");
    expect(stdout).toMatch(/^HTTP\/1\.1 206 /);
    expect(stdout).toMatch(/\r\n\r\nfrom$/);
  });

  test("-I asks for the head alone", async () => {
    const { stdout } = await http("/big.bin", "-I");
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).toMatch(new RegExp(`content-length: ${BIG.length}\r\n`, "i"));
    expect(stdout).toMatch(/\r\n\r\n$/);
  });

  test("-o writes a large body to a file, unchanged", async () => {
    await using folder = await scratch();
    const file = folder.path("big.bin");
    const { code, stdout } = await http("/big.bin", "-o", file);
    expect([code, stdout]).toEqual([0, ""]);
    expect(digest(await readFile(file))).toBe(digest(BIG));
  });

  test("-L follows, on the connection that it has", async () => {
    const plain = await http("/moved", "-i");
    expect(plain.stdout).toMatch(/^HTTP\/1\.1 302 /);
    const followed = await http("/moved", "-L", "-v");
    expect(followed.stdout).toBe("hello from nginx\n");
    expect(followed.stderr).toMatch(/re-?us/i);
  });

  test("-f makes a 404 an exit code, as curl does", async () => {
    expect(await http("/nowhere", "-f")).toMatchObject({ code: 22, stdout: "" });
    expect(await http("/nowhere")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("404"),
    });
  });

  test("--unix-socket goes where it says", async () => {
    const args = ["http", "--unix-socket", server().socket, "http://anything/hello.txt"];
    expect(await run(args)).toMatchObject({ code: 0, stdout: "hello from nginx\n" });
  });
});

describe("ncx http and python's http.server", () => {
  needs("python3")("gets a file and a listing of the folder", async () => {
    await using folder = await scratch();
    await writeFile(folder.path("a.txt"), "served by python\n");
    await using python = startPeer("python3", [
      "-u",
      "-m",
      "http.server",
      "0",
      "--bind",
      "127.0.0.1",
      "--directory",
      folder.path("."),
    ]);
    const [, at] = await python.gave(/port (\d+)/);
    const url = `http://127.0.0.1:${at}`;
    expect(await run(["http", "GET", `${url}/a.txt`])).toMatchObject({
      code: 0,
      stdout: "served by python\n",
    });
    expect((await run(["http", url])).stdout).toContain("a.txt");
    expect(await run(["http", "-f", `${url}/none`])).toMatchObject({ code: 22 });
  });
});

function http(path: string, ...flags: string[]): Promise<Ended> {
  return run(["http", ...flags, `http://127.0.0.1:${port()}${path}`]);
}

function curl(args: readonly string[]): Promise<Ended> {
  return run(["-sS", ...args], { program: peer("curl") });
}

function server(): Nginx {
  if (!nginx) throw new Error("nginx has not started");
  return nginx;
}

function port(): string {
  return `${server().port}`;
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function hasPeers(name: string): boolean {
  try {
    return peer(name) !== "";
  } catch {
    return false;
  }
}
