/** ncat and OpenBSD nc as clients of a broker, and ncx as a client of ncat's. */
import { describe, expect } from "vitest";
import { closedPort } from "../helpers/peers.ts";
import { needs } from "../helpers/peers-installed.ts";
import { startPeer, untilListening } from "../helpers/real-peers.ts";
import { start, startListening } from "../helpers/run-cli.ts";

describe("a broker and real netcats", () => {
  needs("ncat", "nc.openbsd")("ncat and nc.openbsd talk through ncx", async () => {
    await using server = await startListening(["-l", "--broker", "127.0.0.1", "0"]);
    const at = ["127.0.0.1", `${server.port}`];
    await using ncat = startPeer("ncat", at);
    await using openbsd = startPeer("nc.openbsd", at);
    await server.said(/Connection from .*\n.*Connection from /);
    ncat.stdin.write("from ncat\n");
    await openbsd.gave(/^from ncat\n$/);
    openbsd.stdin.write("from openbsd\n");
    await ncat.gave(/^from openbsd\n$/);
  });

  needs("ncat")("ncat chats through ncx as it does through ncat", async () => {
    await using server = await startListening(["-l", "--chat", "127.0.0.1", "0"]);
    await using one = startPeer("ncat", ["127.0.0.1", `${server.port}`]);
    await one.gave(/^<announce> 127\.0\.0\.1 is connected as <user1>\.\n/);
    await using two = startPeer("ncat", ["127.0.0.1", `${server.port}`]);
    await two.gave(/already connected: 127\.0\.0\.1 as <user1>\.\n/);
    two.stdin.write("good day\n");
    await one.gave(/<user2> good day\n$/);
  });

  needs("ncat")("ncx chats through ncat", async () => {
    const port = await closedPort();
    await using server = startPeer("ncat", ["-l", "-v", "--chat", "127.0.0.1", `${port}`]);
    await untilListening(server);
    await using one = start(["127.0.0.1", `${port}`]);
    await one.gave(/already connected: nobody\.\n/);
    await using two = start(["127.0.0.1", `${port}`]);
    await two.gave(/already connected: /);
    two.stdin.end("good day\n");
    await one.gave(/<user\d+> good day\n/);
    expect(await two.ended).toMatchObject({ code: 0 });
  });
});
