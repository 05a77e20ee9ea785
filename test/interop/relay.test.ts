/** ncx relay between real programs, each carrier on either side. */
import { Resolver } from "node:dns/promises";
import { describe, expect, test } from "vitest";
import { serves, tcpPeer, udpPeer } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startDns, startPeer } from "../helpers/real-peers.ts";
import { run, scratch, start, startListening, type Listening } from "../helpers/run-cli.ts";

const withSocat = needs("socat");

describe("ncx relay in front of a DNS server", () => {
  test("answers a resolver, many questions at once", async () => {
    await using dns = await startDns("192.0.2.7");
    await using relay = await startListening(["relay", "udp:127.0.0.1:0", `127.0.0.1:${dns.port}`]);
    const resolver = new Resolver({ timeout: 5000, tries: 3 });
    resolver.setServers([`127.0.0.1:${relay.port}`]);
    const names = Array.from({ length: 100 }, (_, index) => `host-${index}.example`);
    const answers = await Promise.all(names.map((name) => resolver.resolve4(name)));
    expect(answers).toEqual(names.map(() => ["192.0.2.7"]));
  });

  needs("python3")(
    "answers a client of another make, from a port of its own each time",
    async () => {
      await using dns = await startDns("192.0.2.9");
      await using relay = await startListening([
        "relay",
        "udp:127.0.0.1:0",
        `127.0.0.1:${dns.port}`,
      ]);
      const { stdout } = await run(["-c", PYTHON_QUERY, `${relay.port}`], { program: "python3" });
      expect(stdout.trim()).toBe("192.0.2.9 192.0.2.9 192.0.2.9");
    },
  );
});

describe("ncx relay between socat and socat", () => {
  withSocat("joins tcp to a unix socket", async () => {
    await using folder = await scratch();
    const path = folder.path("s");
    await using server = startPeer("socat", ["-d", "-d", `UNIX-LISTEN:${path},fork`, "EXEC:tac"]);
    await server.said(/listening on/);
    await using relay = await startListening(["relay", "127.0.0.1:0", `unix:${path}`]);
    // tac answers only when its input has ended: the half-close went all the way, and the answer all the way back.
    expect(await socat(`TCP:127.0.0.1:${relay.port}`, "one\ntwo\n")).toBe("two\none\n");
  });

  withSocat("joins a unix socket to tcp", async () => {
    await using folder = await scratch();
    const path = folder.path("s");
    await using server = await tcpPeer(serves.late);
    await using relay = start(["relay", "-v", `unix:${path}`, `127.0.0.1:${server.port}`]);
    await relay.said(/listening on/i);
    expect(await socat(`UNIX-CONNECT:${path}`, "over and back")).toBe("over and back");
  });

  withSocat("joins udp to tcp: a datagram's bytes there, an answer's back", async () => {
    await using server = await tcpPeer(serves.echo);
    await using relay = await relayTo("udp:127.0.0.1:0", `tcp:127.0.0.1:${server.port}`);
    await using client = startPeer("socat", ["-", `UDP:127.0.0.1:${relay.port}`]);
    client.stdin.write("datagram\n");
    await client.gave(/^datagram\n/);
  });

  withSocat("joins tcp to udp", async () => {
    await using server = await udpPeer((datagram, { port }, socket) =>
      socket.send(`heard ${datagram}`, port, "127.0.0.1"),
    );
    await using relay = await relayTo("127.0.0.1:0", `udp:127.0.0.1:${server.port}`);
    await using client = startPeer("socat", ["-", `TCP:127.0.0.1:${relay.port}`]);
    client.stdin.write("bytes\n");
    await client.gave(/^heard bytes\n/);
  });
});

describe("ncx relay with several rules", () => {
  withSocat("serves them all, and ends them all on SIGTERM once clients have gone", async () => {
    await using first = await tcpPeer(serves.says("first"));
    await using second = await tcpPeer(serves.says("second"));
    await using relay = start([
      "relay",
      "--json",
      "127.0.0.1:0",
      `127.0.0.1:${first.port}`,
      "--",
      "127.0.0.1:0",
      `127.0.0.1:${second.port}`,
    ]);
    const ports = [0, 1].map(async (rule) => {
      const [, port] = await relay.said(new RegExp(`"listening".*"port":(\\d+).*"rule":${rule}`));
      return port;
    });
    const answers = (await Promise.all(ports)).map((port) => socat(`TCP:127.0.0.1:${port}`, ""));
    expect(await Promise.all(answers)).toEqual(["first", "second"]);
    relay.kill("SIGTERM");
    expect(await relay.ended).toMatchObject({ code: 143 });
  });
});

function relayTo(from: string, to: string): Promise<Listening> {
  return startListening(["relay", from, to]);
}

/** What comes back through a socat client that sends `input` and then half-closes. */
async function socat(place: string, input: string): Promise<string> {
  await using client = startPeer("socat", ["-t", "30", "-", place]);
  client.stdin.end(input);
  return (await client.ended).stdout;
}

// RFC 1035 §4.1: a question for "a.example", type A, class IN; the address is the answer's last four bytes.
const PYTHON_QUERY = `
import socket, sys
question = b"\\x07\\x07\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x01a\\x07example\\x00\\x00\\x01\\x00\\x01"
answers = []
for attempt in range(3):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(20)
    client.connect(("127.0.0.1", int(sys.argv[1])))
    client.send(question)
    answers.append(".".join(str(byte) for byte in client.recv(512)[-4:]))
    client.close()
print(*answers)
`;
