/** -u --tls: DTLS. */
import { describe, expect, test } from "vitest";
import { udpPeer } from "../helpers/peers.ts";
import { run, start, startListening } from "../helpers/run-cli.ts";

describe("-u --tls", () => {
  test("two ends meet, and say what was agreed on", async () => {
    await using server = await startListening(["-l", "-u", "--tls", "127.0.0.1", "0"]);
    const dial = ["-u", "--tls", "--insecure", "-v", "127.0.0.1", `${server.port}`];
    await using client = start(dial);
    client.stdin.write("question");
    await server.gave(/question/);
    server.stdin.write("answer");
    await client.gave(/answer/);
    client.stdin.end();
    expect(await client.ended).toMatchObject({ code: 0, stdout: "answer" });
    expect(await server.ended).toMatchObject({ code: 0, stdout: "question" });
    expect(client.stderr()).toMatch(
      /DTLSv1\.2, .*\n.*not verified: the certificate is self-signed/,
    );
  });

  test("-k serves every client, and more than a record holds is cut to what it does", async () => {
    await using server = await startListening(["-l", "-k", "-u", "--tls", "127.0.0.1", "0"]);
    const dial = ["-u", "--tls", "--insecure", "127.0.0.1", `${server.port}`];
    await using first = start(dial);
    first.stdin.write("first");
    await server.gave(/first/);
    const second = await run(dial, { input: "2".repeat(50_000) });
    expect(second.code).toBe(0);
    await server.gave(/2{50000}/);
    server.stdin.write("all");
    await first.gave(/all/);
  });

  test("a certificate that is not trusted, and nobody there, are exit 1 and one line", async () => {
    await using server = await startListening(["-l", "-k", "-u", "--tls", "127.0.0.1", "0"]);
    const refused = await run(["-u", "--tls", "127.0.0.1", `${server.port}`]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("The certificate is self-signed");
    server.kill("SIGTERM");
    await server.ended;
    const nobody = await run(["-u", "--tls", "127.0.0.1", `${server.port}`]);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain("onnection refused");
  });

  test("relay takes DTLS off", async () => {
    await using peer = await udpPeer((datagram, { port }, socket) =>
      socket.send(String(datagram).toUpperCase(), port, "127.0.0.1"),
    );
    const to = `udp:127.0.0.1:${peer.port}`;
    await using relay = await startListening(["relay", "dtls:127.0.0.1:0", to]);
    await using client = start(["-u", "--tls", "--insecure", "127.0.0.1", `${relay.port}`]);
    client.stdin.write("hello");
    await client.gave(/HELLO/);
  });
});
