/** -t: what a telnet server proposes is refused, and none of it is shown. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { read, tcpClient, tcpPeer, type TcpPeer } from "../helpers/peers.ts";
import { run, scratch, start, startListening } from "../helpers/run-cli.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A server that proposes, waits for as many bytes of answer, and then says the rest and ends. */
async function telnetd(
  proposals: string,
  answer: number,
  rest: string,
): Promise<TcpPeer & { asked(): Promise<Buffer> }> {
  let asked: Promise<Buffer> | undefined;
  const peer = await tcpPeer((socket) => {
    let came = 0;
    asked = read(socket);
    socket.on("data", (chunk: Buffer) => {
      came += chunk.length;
      if (came >= answer) socket.end(hex(rest));
    });
    socket.write(hex(proposals));
  });
  return Object.assign(peer, { asked: () => asked ?? Promise.resolve(Buffer.alloc(0)) });
}

describe("-t", () => {
  test("refuses what is proposed, and shows and sends data alone", async () => {
    await using peer = await telnetd("6869 fffd18 fffb01 fffa1801fff0 ff", 6, "ff 62 fff1 fffc06");
    await using client = start(["-t", "127.0.0.1", `${peer.port}`]);
    const ended = await client.ended;
    expect(ended.bytes).toEqual(hex("6869 ff 62"));
    expect(ended.code).toBe(0);
    expect(await peer.asked()).toEqual(hex("fffc18 fffe01"));
  });

  test("doubles 255 in what is sent, after -C has made its line ends", async () => {
    await using peer = await telnetd("", 6, "");
    await using client = start(["-t", "-C", "127.0.0.1", `${peer.port}`]);
    client.stdin.write(hex("61 ff 0a ff"));
    await client.ended;
    expect(await peer.asked()).toEqual(hex("61 ffff 0d0a ffff"));
  });

  test("answers with stdin closed already, and where the end of stdin is not told", async () => {
    await using peer = await telnetd("fffd18", 3, "6f6b");
    const place = ["127.0.0.1", `${peer.port}`];
    for (const flags of [["-d"], ["--no-shutdown"]]) {
      const { stdout } = await run(["-t", ...flags, ...place], { stdin: "ignore" });
      expect(stdout).toBe("ok");
      expect(await peer.asked()).toEqual(hex("fffc18"));
    }
  });

  test("answers each client of -l -k by itself", async () => {
    await using server = await startListening(["-l", "-k", "-t", "127.0.0.1", "0"]);
    await using one = await tcpClient(server.port);
    await using two = await tcpClient(server.port);
    const answers = [one, two].map(({ socket }) => {
      let all = Buffer.alloc(0);
      return new Promise<Buffer>((resolve) =>
        socket.on("data", (chunk: Buffer) => {
          all = Buffer.concat([all, chunk]);
          if (all.length >= 3) resolve(all);
        }),
      );
    });
    one.socket.write(hex("fffd"));
    two.socket.write(hex("fffb03 32"));
    await server.gave(/2/);
    one.socket.write(hex("18 31"));
    await server.gave(/1/);
    expect(await Promise.all(answers)).toEqual([hex("fffc18"), hex("fffe03")]);
  });

  test("leaves dumps what was on the wire, our answers among it", async () => {
    await using files = await scratch();
    await using peer = await telnetd("fffd18", 3, "6f6b");
    const raw = files.path("raw");
    await run(["-t", "-d", "-o", raw, "127.0.0.1", `${peer.port}`]);
    expect(await readFile(raw)).toEqual(hex("fffd18 fffc18 6f6b"));
  });

  test.each([
    ["ncat", "fffc18 fffe03 fffe05"],
    ["openbsd", "fffc18 fffe03 fffe05"],
    ["traditional", "fffc18 fffe03 fffe05"],
  ])("--compat %s answers, shows every byte, and sends what it is given", async (name, answers) => {
    const proposals = "fffd18 fffb03 fffc05 61";
    await using peer = await telnetd(proposals, 11, "62");
    await using client = start(["--compat", name, "-t", "127.0.0.1", `${peer.port}`]);
    await client.gave(/a/);
    client.stdin.write(hex("ff 0a"));
    await client.gave(/ab/);
    client.stdin.end();
    expect((await client.ended).bytes).toEqual(hex(`${proposals} 62`));
    expect(await peer.asked()).toEqual(hex(`${answers} ff 0a`));
  });
});
