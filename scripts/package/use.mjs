/** A user of the package, by import: each kind of place is listened at, dialled and relayed to. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { connect, listen, parseEndpoint, relay, request } from "ncx";

const path =
  process.platform === "win32" ? "\\\\.\\pipe\\ncx-use" : join(import.meta.dirname, "use.sock");

for (const at of ["127.0.0.1:0", `unix:${path}`, "udp:127.0.0.1:0"]) {
  const server = await listen(parseEndpoint(at), ({ stream }) => pipeline(stream, stream));
  await echoes(server.endpoint, at);
  if (!at.startsWith("udp:")) {
    const front = await relay("127.0.0.1:0", server.endpoint);
    await echoes(front.endpoint, `relay to ${at}`);
    await front.close();
  }
  await server[Symbol.asyncDispose]();
}

const web = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
await once(web, "listening");
const reply = await request(`http://127.0.0.1:${web.address().port}/`);
assert.equal(reply.status, 200);
assert.equal(await reply.text(), "hello");
web.close();
web.closeAllConnections();

await assert.rejects(connect("127.0.0.1:0"), { name: "NcxError" });

async function echoes(endpoint, what) {
  const connection = await connect(endpoint);
  connection.stream.write(Buffer.from("hello"));
  const [answer] = await once(connection.stream, "data");
  assert.equal(String(answer), "hello", what);
  await connection[Symbol.asyncDispose]();
}
