/** --broker and --chat, as they are typed. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { tcpClient, udpPeer } from "../helpers/peers.ts";
import { run, start, startListening, type Listening } from "../helpers/run-cli.ts";

function broker(...args: readonly string[]): Promise<Listening> {
  return startListening(["-l", "127.0.0.1", "0", ...args]);
}

describe("--broker", () => {
  test("joins ncx clients to each other, and stdin to all of them", async () => {
    await using server = await broker("--broker");
    await using one = start(["127.0.0.1", `${server.port}`]);
    await server.said(/Connection from .*\n/);
    await using two = start(["127.0.0.1", `${server.port}`]);
    await server.said(/Connection from .*\n.*Connection from /);
    one.stdin.write("from one\n");
    await two.gave(/^from one\n$/);
    server.stdin.write("from the server\n");
    await one.gave(/^from the server\n$/);
    await two.gave(/from the server\n$/);
    server.stdin.end();
    two.stdin.end("bye\n");
    expect(await two.ended).toMatchObject({ code: 0 });
    await one.gave(/bye\n$/);
    server.kill("SIGINT");
    expect(await server.ended).toMatchObject({ code: 130, stdout: "" });
  });

  test("-m bounds how many there are", async () => {
    await using server = await broker("--broker", "-m", "1");
    await using _first = await tcpClient(server.port);
    await server.said(/Connection from/);
    await using second = await tcpClient(server.port);
    expect(await second.received).toHaveLength(0);
    await server.said(/turned away: the limit of 1 connections is reached/);
  });

  test("--idle-timeout ends a client that nobody talks to", async () => {
    await using server = await broker("--broker", "--idle-timeout", "300ms");
    await using client = await tcpClient(server.port);
    expect(await client.received).toHaveLength(0);
    await server.said(/Idle timeout expired \(300 ms\)/);
  });

  test("-o has what the clients said and were told", async () => {
    await using server = await broker("--broker", "--hex");
    await using one = await tcpClient(server.port);
    await using two = await tcpClient(server.port);
    await server.said(/Connection from .*\n.*Connection from /);
    one.socket.write("abc");
    await once(two.socket, "data");
    await server.said(/61 62 63/);
  });

  test("goes over UDP", async () => {
    await using server = await startListening(["-l", "-u", "--broker", "127.0.0.1", "0"]);
    await using one = await udpPeer();
    one.socket.send("hello", server.port, "127.0.0.1");
    await server.said(/Connection from/);
    await using two = start(["-u", "127.0.0.1", `${server.port}`]);
    const heard = once(one.socket, "message");
    two.stdin.write("you there?\n");
    expect(String((await heard)[0])).toBe("you there?\n");
  });

  test("tells with --json that a client was too slow", async () => {
    await using server = start(["-l", "--broker", "--json", "127.0.0.1", "0"]);
    const [, port] = await server.said(/"port":(\d+)/);
    await using talker = await tcpClient(Number(port));
    await using stalled = await tcpClient(Number(port));
    stalled.socket.pause();
    await server.said(/"open".*\n.*"open"/);
    const block = Buffer.alloc(65_536);
    for (let sent = 0; sent < 512; sent += 1) {
      if (!talker.socket.write(block)) await once(talker.socket, "drain");
    }
    await server.said(/"type":"close".*"reason":"limit"/);
    await server.said(/"type":"error","code":"LIMIT".*behind the others/);
  });
});

describe("--chat", () => {
  test("shows people who speaks, and nothing that takes their terminal over", async () => {
    await using server = await broker("--chat");
    await using one = start(["127.0.0.1", `${server.port}`]);
    await one.gave(/<announce> already connected: nobody\.\n/);
    await using two = await tcpClient(server.port);
    await one.gave(/connected as <user2>/);
    two.socket.write("\u001B]0;owned\u0007hé\r\n");
    await one.gave(/^<user2> \\033\]0;owned\\007hé$/m);
    server.stdin.write("welcome\n");
    await one.gave(/^<user0> welcome$/m);
    two.socket.end();
    await one.gave(/^<announce> <user2> is disconnected\.$/m);
  });
});

test.each(["--broker", "--chat"])("%s is for listening", async (flag) => {
  const { code, stderr } = await run([flag, "127.0.0.1", "1"]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`^Ncx: .*${flag}.*\n`))]);
});
