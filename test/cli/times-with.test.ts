/** The times and one-way flags again, through what other flags put between ncx and its peer, or in the user's place. */
import { once } from "node:events";
import { connect as dialTcp, type Socket } from "node:net";
import { connect as dialTls, createServer as tlsServer, type TLSSocket } from "node:tls";
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { timesContract } from "../contract/times.ts";
import { selfSigned } from "../helpers/certs.ts";
import { tcpClient, tcpPeer } from "../helpers/peers.ts";
import { accepted, meeting, orEnded, type Meeting } from "../helpers/places.ts";
import { scratch, start, startListening } from "../helpers/run-cli.ts";

timesContract({
  name: "-l --allow",
  meet: (flags) => accepted(flags, ["-l", "--allow", "127.0.0.1"]),
});
timesContract({ name: "TLS", dials: true, meet: dialledTls });
timesContract({ name: "-l --tls", meet: (flags) => acceptedTls(flags, ["-l"]) });
timesContract({
  name: "-l -k --tls",
  many: true,
  meet: (flags) => acceptedTls(flags, ["-l", "-k"]),
});
timesContract({ name: "--proxy", dials: true, meet: dialledThroughProxy });

async function dialledTls(flags: readonly string[]): Promise<Meeting> {
  const folder = await scratch();
  const { cert, key } = selfSigned("IP:127.0.0.1");
  await writeFile(folder.path("ca.pem"), cert);
  const server = tlsServer({ cert, key, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const ncx = start([...flags, "--tls", "--tls-ca", folder.path("ca.pem"), "127.0.0.1", `${port}`]);
  const [socket] = (await orEnded(once(server, "secureConnection"), ncx)) as [TLSSocket];
  const closing: AsyncDisposable = {
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return meeting(ncx, socket, closing, folder);
}

async function acceptedTls(flags: readonly string[], extra: readonly string[]): Promise<Meeting> {
  const ncx = await startListening([...flags, ...extra, "--tls", "127.0.0.1", "0"]);
  // It has made its certificate on the spot. allowHalfOpen is a net.Socket's option, which this type lacks.
  const options = { host: "127.0.0.1", port: ncx.port, rejectUnauthorized: false };
  const socket = dialTls(Object.assign(options, { allowHalfOpen: true }));
  socket.on("error", () => {});
  await orEnded(once(socket, "secureConnect"), ncx);
  return meeting(ncx, socket, {
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  });
}

/** Through a proxy that knows CONNECT, and no more. */
async function dialledThroughProxy(flags: readonly string[]): Promise<Meeting> {
  const server = await tcpPeer();
  const proxy = await tcpPeer(connectProxy);
  const by = ["--proxy", `http://127.0.0.1:${proxy.port}`];
  const ncx = start([...flags, ...by, "127.0.0.1", `${server.port}`]);
  return meeting(ncx, await orEnded(server.next(), ncx), server, proxy);
}

function connectProxy(client: Socket): void {
  client.once("data", (head: Buffer) => {
    const [, port] = /^CONNECT 127\.0\.0\.1:(\d+) /.exec(String(head)) ?? [];
    const far = dialTcp({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true }, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(far).pipe(client);
    });
    far.on("error", () => client.destroy());
    client.once("close", () => far.destroy());
  });
}

describe.skipIf(process.platform === "win32")("with a program", () => {
  /** A listener that runs this command, and its client. */
  const serving = (command: string, flags: readonly string[]): Promise<Meeting> =>
    accepted(flags, ["-l", "-c", command]);

  test("--idle-timeout ends silence with 1, and says so", async () => {
    await using both = await serving("cat", ["--idle-timeout", "400ms"]);
    both.peer.say("x");
    await both.peer.heard("x");
    const { code, stderr } = await both.ncx.ended;
    expect(stderr).toContain("Ncx: Idle timeout expired (400 ms).\n");
    expect(code).toBe(1);
  });

  test("-w has no effect once a client is there", async () => {
    await using both = await serving("cat", ["-w", "200ms"]);
    both.peer.say("x");
    await both.peer.heard("x");
    await new Promise((resolve) => setTimeout(resolve, 400));
    both.peer.say("y");
    await both.peer.heard("xy");
  });

  test("--timeout ends everything with 124", async () => {
    await using both = await serving("cat", ["--timeout", "900ms"]);
    expect((await both.ncx.ended).code).toBe(124);
    await both.peer.end();
  });

  test("-q ends that long after the program's output, with a peer that stays", async () => {
    await using both = await serving("echo bye", ["-q", "300ms"]);
    await both.peer.heard("bye");
    expect((await both.ncx.ended).code).toBe(0);
  });

  test("--no-shutdown keeps the end of the program's output from a peer that still sends", async () => {
    await using both = await serving("exec >&-; cat >&2", ["--no-shutdown"]);
    both.peer.say("in\n");
    await both.ncx.said(/in\n/);
    expect(both.peer.ended()).toBe(false);
    both.peer.finish();
    expect((await both.ncx.ended).code).toBe(0);
  });

  test("--send-only changes nothing, as with ncat", async () => {
    await using both = await serving("echo out; cat >&2", ["--send-only"]);
    both.peer.say("in\n");
    await both.peer.heard("out");
    await both.ncx.said(/in\n/);
    both.peer.finish();
    expect((await both.ncx.ended).code).toBe(0);
  });

  test("--recv-only sends nothing of what the program says", async () => {
    await using both = await serving("echo out; cat >&2", ["--recv-only"]);
    both.peer.say("in\n");
    await both.ncx.said(/in\n/);
    both.peer.finish();
    await both.ncx.ended;
    expect(both.peer.all()).toBe("");
  });

  test("-C is for what the program says, and a CRLF of its own stays as it is", async () => {
    await using both = await serving("printf 'a\\nb\\r'; printf '\\nc\\n'", ["-C"]);
    await both.peer.end();
    expect(both.peer.all()).toBe("a\r\nb\r\nc\r\n");
  });

  test("-t doubles 255 in what the program says, and gives it data alone", async () => {
    await using server = await startListening(["-l", "-t", "-c", "cat", "127.0.0.1", "0"]);
    await using client = await tcpClient(server.port);
    client.socket.end(Buffer.from("61fffd18ffff62", "hex"));
    const received = (await client.received).toString("hex");
    expect(received.replace("fffc18", "")).toBe("61ffff62");
    expect(received).toContain("fffc18");
  });

  test("-o has both directions", async () => {
    await using folder = await scratch();
    await using both = await serving("tr a-z A-Z", ["-o", folder.path("raw")]);
    both.peer.say("shout");
    both.peer.finish();
    await both.ncx.ended;
    expect(await readFile(folder.path("raw"), "utf8")).toBe("shoutSHOUT");
  });
});

describe("with --broker", () => {
  test("--idle-timeout ends a silent client, and the others stay", async () => {
    await using server = await startListening([
      "-l",
      "--broker",
      "--idle-timeout",
      "800ms",
      "127.0.0.1",
      "0",
    ]);
    await using silent = await tcpClient(server.port);
    await using one = await tcpClient(server.port);
    let over = false;
    const chatter = setInterval(() => one.socket.write("."), 100);
    try {
      void silent.received.then(() => (over = true));
      await server.said(/Connection from[^]*Connection from/);
      one.socket.write("hi");
      await silent.got("hi");
      expect(over).toBe(false);
    } finally {
      clearInterval(chatter);
    }
    // Now both are silent.
    await Promise.all([silent.received, one.received]);
    expect(server.child.exitCode).toBe(null);
  });

  test("--timeout ends everything with 124", async () => {
    await using server = await startListening([
      "-l",
      "--broker",
      "--timeout",
      "900ms",
      "127.0.0.1",
      "0",
    ]);
    await using client = await tcpClient(server.port);
    expect((await server.ended).code).toBe(124);
    await client.received;
  });
});
