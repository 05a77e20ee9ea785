/** The direct way between stdio and a socket, where stdout is slow. */
import { once } from "node:events";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { link } from "../../src/stream/link.ts";
import { dial, stdioConnection } from "../../src/transport/index.ts";
import { tcpPeer } from "../helpers/peers.ts";

test("a chunk below stdout's mark that is written late does not stop what comes after it", async () => {
  const chunks: string[] = [];
  let written = (): void => {};
  const output = new Writable({
    highWaterMark: 16_384,
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length === 0) return done();
      chunks.push(String(chunk));
      written = done;
      output.emit("held");
    },
  });
  await using peer = await tcpPeer();
  await using far = await dial({ kind: "tcp", host: "127.0.0.1", port: peer.port });
  const socket = await peer.next();
  const user = stdioConnection({ input: null, output });
  const linked = link(user, far, { eof: { right: "close" } });
  for (const text of ["one", "two", "three"]) {
    const held = once(output, "held");
    socket.write(text);
    await held;
    written();
  }
  socket.end();
  await linked;
  expect(chunks).toEqual(["one", "two", "three"]);
});
