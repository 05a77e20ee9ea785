import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  createServer as createNetServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { progressLine } from "../../src/cli/commands/_http-progress.ts";
import { run } from "../../src/cli/run.ts";
import type { World } from "../../src/cli/world.ts";
import { selfSigned, type Certificate } from "../helpers/certs.ts";

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs `ncx http …` in this process. */
async function http(
  args: readonly string[],
  parts: Partial<World> & { input?: string } = {},
): Promise<Ran> {
  const { input = "", ...rest } = parts;
  const seen = { out: "", err: "" };
  const world: World = {
    name: "ncx",
    argv: ["http", ...args],
    env: {},
    stdin: Readable.from(input === "" ? [] : [Buffer.from(input)]),
    stdout: gather((text) => (seen.out += text)),
    stderr: gather((text) => (seen.err += text)),
    isTTY: { stdin: false, stdout: false, stderr: false },
    columns: 80,
    stop: new AbortController().signal,
    abort: new AbortController().signal,
    unread: new AbortController().signal,
    ...rest,
  };
  return { code: await run(world), ...seen };
}

function gather(take: (text: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(chunk.toString("latin1"));
      done();
    },
  });
}

interface Running extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

async function running(server: Server, scheme = "http"): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const serve = (listener: RequestListener): Promise<Running> => running(createHttpServer(listener));

/** Answers every request with these bytes; `end` says how the connection goes. */
function raw(
  answer: string,
  end: (socket: Socket) => void = (socket) => void socket.end(),
): Promise<Running> {
  return running(
    createNetServer(
      (socket) => void socket.once("data", () => socket.write(answer, "latin1", () => end(socket))),
    ),
  );
}

/** Answers with the request itself: line, the headers that matter, body. */
const echo: RequestListener = (message, response) => void answerEcho(message, response);

const answerEcho = async (...[message, response]: Parameters<RequestListener>): Promise<void> => {
  let body = "";
  for await (const chunk of message) body += chunk;
  const headers = [
    "content-type",
    "content-length",
    "transfer-encoding",
    "accept",
    "user-agent",
    "x-a",
  ]
    .filter((name) => message.headers[name] !== undefined)
    .map((name) => `${name}=${message.headers[name] as string}`);
  response.end([`${message.method} ${message.url}`, ...headers, JSON.stringify(body)].join("\n"));
};

let folder: string;
let trusted: Certificate;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ncx-http-cli-"));
  trusted = selfSigned("IP:127.0.0.1");
});
afterAll(() => rm(folder, { recursive: true }));

const FORM = "application/x-www-form-urlencoded";

describe("ncx http", () => {
  test("puts the body on stdout, and nothing on stderr", async () => {
    await using server = await serve((_message, response) => void response.end("hello\n"));
    expect(await http([server.url])).toEqual({ code: 0, out: "hello\n", err: "" });
    expect(await http(["GET", `:${server.port}/`])).toEqual({ code: 0, out: "hello\n", err: "" });
  });

  test.each([
    [
      ["-d", "a=1", "-d", "b"],
      [`POST /`, `content-type=${FORM}`, `content-length=5`, `"a=1&b"`],
    ],
    [
      ["-d", "@FILE"],
      ["POST /", `content-type=${FORM}`, "content-length=6", '"onetwo"'],
    ],
    [
      ["--data-binary", "@FILE"],
      ["POST /", "content-length=8", '"one\\r\\ntwo"'],
    ],
    [
      ["--data-raw", "@FILE"],
      ["POST /", '"@FILE"'],
    ],
    [
      ["-d", "@-"],
      ["POST /", "content-length=11", '"from  stdin"'],
    ],
    [
      ["--data-binary", "@-"],
      ["POST /", "transfer-encoding=chunked", '"from \\n stdin"'],
    ],
    [
      ["--json", '{"a":', "--json", "1}"],
      ["POST /", "content-type=application/json", "accept=application/json", '"{\\"a\\":1}"'],
    ],
    [
      ["-X", "PUT", "-d", "x"],
      ["PUT /", '"x"'],
    ],
    [
      ["-X", "DELETE"],
      ["DELETE /", '""'],
    ],
    [["-d", "x", "-H", "Content-Type: t/x"], ["content-type=t/x"]],
    [
      ["-H", "X-A;", "-A", "me"],
      ["x-a=", "user-agent=me"],
    ],
    [[], ["GET /", "accept=*/*", "user-agent=ncx/"]],
  ])("%j sends what curl does", async (args, expected) => {
    const file = join(folder, "data");
    await writeFile(file, "one\r\ntwo");
    await using server = await serve(echo);
    const withFile = args.map((arg) =>
      arg === "@FILE" && !args.includes("--data-raw") ? `@${file}` : arg,
    );
    const { code, out } = await http([...withFile, server.url], { input: "from \n stdin" });
    expect(code).toBe(0);
    for (const line of expected) expect(`\n${out}`).toContain(`\n${line}`);
  });

  test("-H 'Name:' takes a header away", async () => {
    await using server = await serve(echo);
    const { out } = await http(["-H", "User-Agent:", "-H", "Accept:", server.url]);
    expect(out).toBe('GET /\n""');
  });

  test("-v shows the wire as curl does: every line with its end, credentials hidden", async () => {
    await using server = await raw("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi");
    const { code, out, err } = await http([
      "-v",
      server.url.replace("//", "//user:secret@") + "/p?q",
      "-H",
      "X-A: 1",
    ]);
    expect([code, out]).toEqual([0, "hi"]);
    expect(
      err.split("\n").map((line) => line.replace("\r", "␍").replace(/ncx\/\S+?(?=␍)/, "ncx/V")),
    ).toEqual([
      `* Connected to 127.0.0.1 port ${server.port}`,
      "> GET /p?q HTTP/1.1␍",
      `> Host: 127.0.0.1:${server.port}␍`,
      "> Authorization: Basic [hidden]␍",
      "> Accept: */*␍",
      "> Accept-Encoding: gzip, deflate, br␍",
      "> User-Agent: ncx/V␍",
      "> X-A: 1␍",
      "> ␍",
      "< HTTP/1.1 200 OK␍",
      "< X: y␍",
      "< Content-Length: 2␍",
      "< ␍",
      "* Connection left intact",
      "",
    ]);
  });

  test.each([
    ["Authorization: tok3n", "Authorization: [hidden]"],
    ["Proxy-Authorization: s3cret", "Proxy-Authorization: [hidden]"],
    ["authorization: bearer s3cret", "authorization: bearer [hidden]"],
    ["Authorization: Bearer", "Authorization: [hidden]"],
    ["Authorization: tok3n with words", "Authorization: [hidden]"],
    ["Cookie: a=b; c=d", "Cookie: [hidden]"],
    ["X-Api-Key: Basic k", "X-Api-Key: [hidden]"],
    ["X-Auth-Token: k", "X-Auth-Token: [hidden]"],
    ["apikey: k", "apikey: [hidden]"],
    ["X-Tokens: 3", "X-Tokens: 3"],
    ["Cookie;", "Cookie:"],
  ])("-v shows %j as %j", async (given, shown) => {
    await using server = await serve(echo);
    const { err } = await http(["-v", "-H", given, server.url]);
    expect(err).toContain(`\n> ${shown}\r\n`);
  });

  test("-v shows no request on the old connection when a redirect leads elsewhere", async () => {
    await using far = await serve((_message, response) => void response.end("far"));
    await using near = await serve((_message, response) => {
      response.writeHead(302, { Location: far.url, "Content-Length": 0 }).end();
    });
    const { out, err } = await http(["-vL", near.url]);
    expect(out).toBe("far");
    expect(err.split("\n").filter((line) => /^(\*|> GET)/.test(line))).toEqual([
      `* Connected to 127.0.0.1 port ${near.port}`,
      "> GET / HTTP/1.1\r",
      `* Issue another request to this URL: '${far.url}/'`,
      `* Connected to 127.0.0.1 port ${far.port}`,
      "> GET / HTTP/1.1\r",
      "* Connection left intact",
    ]);
  });

  test("-v tells of redirects, the kept connection and trailers", async () => {
    await using server = await serve((message, response) => {
      if (message.url === "/a")
        return void response.writeHead(302, { Location: "/b", "Content-Length": 0 }).end();
      response.writeHead(200, { Trailer: "T" });
      response.write("x");
      response.addTrailers({ T: "u" });
      response.end();
    });
    const { err } = await http(["-vL", `${server.url}/a`]);
    const told = err.split("\n").filter((line) => line.startsWith("*") || line.startsWith("< T: "));
    expect(told).toEqual([
      `* Connected to 127.0.0.1 port ${server.port}`,
      `* Issue another request to this URL: '${server.url}/b'`,
      `* Re-using existing connection with 127.0.0.1 port ${server.port}`,
      "< T: u\r",
      "* Connection left intact",
    ]);
  });

  test("-i puts every head before the body as it came, and -I the head alone", async () => {
    const answer =
      "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 Fine\r\nx-odd:  case \r\nContent-Length: 2\r\n\r\n";
    await using server = await raw(`${answer}hi`);
    expect(await http(["-i", server.url])).toEqual({ code: 0, out: `${answer}hi`, err: "" });
    expect(await http(["-I", server.url])).toEqual({ code: 0, out: answer, err: "" });
    const asked = await serve(echo);
    await using _ = asked;
    expect((await http(["-I", asked.url])).out).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n$/);
  });

  test("-o writes the file and leaves stdout empty; a bar shows only on a terminal", async () => {
    const file = join(folder, "out");
    const body = "x".repeat(300_000);
    await using server = await serve(
      (_message, response) => void response.setHeader("Content-Length", body.length).end(body),
    );
    expect(await http(["-o", file, server.url])).toEqual({ code: 0, out: "", err: "" });
    expect(await readFile(file, "utf8")).toBe(body);
    const terminal = { isTTY: { stdin: true, stdout: true, stderr: true } };
    const { err } = await http(["-o", file, server.url], terminal);
    expect(err).toMatch(/^\r\[=+>\] 100% {2}293\.0 KiB of 293\.0 KiB .*\n$/);
    expect((await http(["-s", "-o", file, server.url], terminal)).err).toBe("");
    await http(["-i", "-o", file, server.url]);
    expect(await readFile(file, "utf8")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect((await http(["-o", "/dev/null", server.url])).code).toBe(0);
  });

  test("-o asks for no encoding, and saves the body as it comes; stdout gets it decoded", async () => {
    const file = join(folder, "zipped");
    const asked: (string | undefined)[] = [];
    await using server = await serve((message, response) => {
      asked.push(message.headers["accept-encoding"] as string | undefined);
      response.setHeader("Content-Encoding", "gzip").end(gzipSync("plain"));
    });
    await http(["-o", file, server.url]);
    expect(await readFile(file)).toEqual(gzipSync("plain"));
    expect((await http(["-o", "-", server.url])).out).toBe("plain");
    expect((await http([server.url])).out).toBe("plain");
    expect(asked).toEqual([undefined, "gzip, deflate, br", "gzip, deflate, br"]);
  });

  test("--json-output gives the response and the body as events on stderr", async () => {
    await using server = await serve((_message, response) => {
      response.setHeader("Content-Encoding", "gzip").end(gzipSync("x".repeat(1000)));
    });
    const { out, err } = await http(["--json-output", server.url]);
    expect(out).toHaveLength(1000);
    const events = err
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      {
        type: "response",
        url: `${server.url}/`,
        status: 200,
        statusText: "OK",
        httpVersion: "1.1",
      },
      {
        type: "body",
        url: `${server.url}/`,
        wireBytes: gzipSync("x".repeat(1000)).length,
        bytes: 1000,
      },
    ]);
    const refused = await http(["--json-output", "http://127.0.0.1:1"]);
    expect([refused.code, JSON.parse(refused.err)]).toMatchObject([
      7,
      { type: "error", code: "REFUSED" },
    ]);
  });

  test("speaks to a unix socket", async () => {
    const path = join(folder, "http.sock");
    const server = createHttpServer(echo).listen(path);
    await once(server, "listening");
    const { code, out } = await http(["--unix-socket", path, "http://x/there"]);
    server.close();
    expect([code, out.split("\n")[0]]).toEqual([0, "GET /there"]);
  });

  test("verifies certificates, takes --cacert's word, and with -k anything", async () => {
    const file = join(folder, "ca.pem");
    await writeFile(file, trusted.cert);
    await using server = await running(createTlsServer(trusted, echo), "https");
    const refused = await http([server.url]);
    expect(refused).toMatchObject({ code: 60, out: "" });
    expect(refused.err).toMatch(
      /^ncx: \(60\) SSL certificate problem: .*self-signed\nncx: hint: .*\n$/,
    );
    expect(await http(["-k", server.url])).toMatchObject({ code: 0, err: "" });
    const { code, err } = await http(["-v", "--cacert", file, server.url]);
    expect(code).toBe(0);
    expect(err).toMatch(
      /^\* Connected to 127\.0\.0\.1 port \d+\n\* SSL connection using TLSv1\.3 \/ TLS_/,
    );
    const other = server.url.replace("127.0.0.1", "localhost");
    expect(await http(["--cacert", file, "-4", other])).toMatchObject({ code: 60 });
  });

  test("sends a client certificate, from two files or from one", async () => {
    const [cert, key, both] = ["cert.pem", "key.pem", "both.pem"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await writeFile(cert, trusted.cert);
    await writeFile(key, trusted.key);
    await writeFile(both, trusted.cert + trusted.key);
    const options = { ...trusted, requestCert: true, ca: trusted.cert };
    await using server = await running(createTlsServer(options, echo), "https");
    expect(await http(["-k", "--cert", cert, "--key", key, server.url])).toMatchObject({ code: 0 });
    expect(await http(["-k", "--cert", both, server.url])).toMatchObject({ code: 0 });
    expect((await http(["-k", server.url])).code).not.toBe(0);
  });
});

describe("ncx http fails as curl does", () => {
  const OK = "HTTP/1.1 200 OK\r\n";

  test.each([
    [
      "a URL that is none",
      ["http://"],
      3,
      /^ncx: \(3\) Cannot parse URL "http:\/\/": it is not a URL\n/,
    ],
    [
      "a port out of range",
      ["http://127.0.0.1:65536/"],
      3,
      /^ncx: \(3\) Cannot parse URL "http:\/\/127\.0\.0\.1:65536\/": the port must be 0-65535\n/,
    ],
    ["a port that is none", ["http://[::1]:x/"], 3, /: the port must be 0-65535\n/],
    ["another scheme", ["gopher://127.0.0.1/"], 1, /^ncx: \(1\) .*gopher is not http or https\n/],
    [
      "a refused connection",
      ["http://127.0.0.1:1/"],
      7,
      /^ncx: \(7\) Failed to connect to 127\.0\.0\.1 port 1: Connection refused\n$/,
    ],
    [
      "a missing socket",
      ["--unix-socket", "/nonexistent", "http://x/"],
      7,
      /^ncx: \(7\) Failed to connect to \/nonexistent: No such file or directory\n$/,
    ],
    [
      "a missing data file",
      ["-d", "@/nonexistent", "http://x/"],
      26,
      /^ncx: \(26\) Cannot read "\/nonexistent": no such file or directory\n$/,
    ],
    [
      "a missing CA file",
      ["--cacert", "/nonexistent", "https://x/"],
      77,
      /^ncx: \(77\) Cannot read "\/nonexistent"/,
    ],
    [
      "a missing certificate",
      ["--cert", "/nonexistent", "https://x/"],
      58,
      /^ncx: \(58\) Cannot read "\/nonexistent"/,
    ],
    ["no URL", [], 2, /URL is missing/],
    ["a third operand", ["GET", "http://x/", "y"], 2, /"y" is one operand too many/],
    ["a bad header", ["-H", "no colon", "http://x/"], 2, /the header "no" is malformed/],
    ["two bodies", ["-d", "a", "--json", "b", "http://x/"], 2, /--json and -d/],
  ])("%s", async (_what, args, code, err) => {
    const ran = await http(args);
    expect(ran).toMatchObject({ code, out: "" });
    expect(ran.err).toMatch(err);
  });

  test.each([
    ["nothing", "", 52, "Empty reply from server", ""],
    [
      "a cut body",
      `${OK}Content-Length: 10\r\n\r\nabc`,
      18,
      "transfer closed with 7 bytes remaining to read",
      "abc",
    ],
    [
      "a cut chunk",
      `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nabc`,
      18,
      "transfer closed with outstanding read data remaining",
      "abc",
    ],
    ["garbage", "SSH-2.0-x\r\n", 1, "Cannot read the HTTP response: it is not HTTP/1", ""],
    [
      "a malformed head",
      `${OK}no colon\r\n\r\n`,
      8,
      "Cannot read the HTTP response: a header has no name",
      "",
    ],
    [
      "a head without end",
      `${OK}${`A: ${"b".repeat(50_000)}\r\n`.repeat(9)}`,
      56,
      "Cannot read the HTTP response: the head is over the limit of 262144",
      "",
    ],
    [
      "bad chunks",
      `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabcX`,
      56,
      "Cannot read the HTTP response: a chunk is longer than its size says",
      "abc",
    ],
  ])("%s from the server", async (_what, answer, code, sentence, out) => {
    await using server = await raw(answer);
    const ran = await http([server.url]);
    expect(ran).toEqual({ code, out, err: `ncx: (${code}) ${sentence}\n` });
    expect((await http(["-s", server.url])).err).toBe("");
    expect((await http(["-sS", server.url])).err).toBe(ran.err);
  });

  test("a reset in mid-body, with what had arrived", async () => {
    let reset = (): void => {};
    await using server = await raw(`${OK}Content-Length: 10\r\n\r\nabc`, (socket) => {
      reset = () => void socket.resetAndDestroy();
    });
    let out = "";
    const stdout = gather((text) => {
      out += text;
      reset();
    });
    const { code, err } = await http([server.url], { stdout });
    expect([code, out, err]).toEqual([
      56,
      "abc",
      "ncx: (56) Recv failure: Connection reset by peer\n",
    ]);
  });

  test("-f and a status of 400 or more", async () => {
    await using server = await serve(
      (_message, response) => void response.writeHead(404).end("gone"),
    );
    const file = join(folder, "never");
    const failed = await http(["-f", "-i", "-o", file, server.url]);
    expect(failed).toEqual({
      code: 22,
      out: "",
      err: "ncx: (22) The requested URL returned error: 404\n",
    });
    await expect(readFile(file)).rejects.toThrow("ENOENT");
    expect(await http([server.url])).toMatchObject({ code: 0, out: "gone" });
  });

  test("-L and too many redirects", async () => {
    await using server = await serve(
      (_message, response) => void response.writeHead(302, { Location: "/" }).end(),
    );
    const { code, err } = await http(["-L", "--max-redirs", "3", server.url]);
    expect([code, err]).toEqual([47, "ncx: (47) Maximum of 3 redirects followed\n"]);
  });

  test("-m and a server that is slow", async () => {
    await using server = await raw(`${OK}Content-Length: 10\r\n\r\nabc`, () => {});
    const { code, out, err } = await http(["-m", "0.5", server.url]);
    expect([code, out]).toEqual([28, "abc"]);
    expect(err).toMatch(
      /^ncx: \(28\) Operation timed out after \d+ milliseconds with 3 out of 10 bytes received\n$/,
    );
  });

  test("a file that cannot be written", async () => {
    await using server = await serve(echo);
    const { code, err } = await http(["-o", join(folder, "no", "where"), server.url]);
    expect([code, err]).toEqual([
      23,
      "ncx: (23) Failure writing output to destination: No such file or directory\n",
    ]);
  });

  test("a body with a NUL, for a terminal, unless -o - asks for it", async () => {
    await using server = await serve((_message, response) => void response.end("a\0b"));
    const terminal = { isTTY: { stdin: true, stdout: true, stderr: false } };
    expect(await http([server.url], terminal)).toEqual({
      code: 23,
      out: "",
      err:
        "ncx: (23) Failure writing output to destination: binary output can mess up your terminal\n" +
        "ncx: hint: use -o FILE, or -o - to have it anyway\n",
    });
    expect(await http(["-o", "-", server.url], terminal)).toMatchObject({ code: 0, out: "a\0b" });
    expect(await http([server.url])).toMatchObject({ code: 0, out: "a\0b" });
  });

  test("stdout closed by its reader", async () => {
    await using server = await serve((_message, response) => {
      const flood = (): void =>
        void (response.write("x".repeat(65_536))
          ? setImmediate(flood)
          : response.once("drain", flood));
      flood();
    });
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    const { code, err } = await http([server.url], { stdout });
    expect([code, err]).toEqual([
      23,
      "ncx: (23) Failure writing output to destination: Broken pipe\n",
    ]);
  });

  test("a stop ends it without a sentence of curl's", async () => {
    await using server = await raw(`${OK}Content-Length: 10\r\n\r\nabc`, () => {});
    const stop = new AbortController();
    const stdout = gather(() => stop.abort());
    const { code, err } = await http([server.url], { stdout, stop: stop.signal });
    expect(code).not.toBe(0);
    expect(err).not.toContain("bug");
  });
});

test.each([
  [{ received: 50, announced: 100 }, 1000, "[=====>     ]  50%  50 B of 100 B  50 B/s  1 s left"],
  [{ received: 100, announced: 100 }, 1000, "[==========>] 100%  100 B of 100 B  100 B/s  1 s"],
  [{ received: 2048, announced: undefined }, 2000, "2.0 KiB  1.0 KiB/s  2 s"],
])("progressLine() of %j", (meter, elapsed, line) => {
  const width = meter.announced === undefined ? 60 : line.length;
  expect(progressLine(meter, elapsed, width).trimEnd()).toBe(line);
});
