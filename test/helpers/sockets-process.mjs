// Holds sockets for the tests of `ncx ports`, and says where they are: one JSON line on stdout. Ends with its stdin.
import { spawn } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

const [path = "", deaf = "", shared = ""] = process.argv.slice(2);
const listening = async (options) => {
  const server = net.createServer(() => {}).listen(options);
  await once(server, "listening");
  return server;
};
const bound = async (type, address) => {
  const socket = dgram.createSocket(type).bind(0, address);
  await once(socket, "listening");
  return socket;
};

const tcp4 = await listening({ host: "127.0.0.1", port: 0 });
const tcp6 = await listening({ host: "::1", port: 0 });
const every = await listening({ host: "0.0.0.0", port: 0 });
if (path) await listening({ path });
const udp4 = await bound("udp4", "127.0.0.1");
const udp6 = await bound("udp6", "::1");
const peer = await bound("udp4", "127.0.0.1");
peer.connect(udp4.address().port, "127.0.0.1");
await once(peer, "connect");
const client = net.connect(tcp4.address().port, "127.0.0.1");
await once(client, "connect");
if (shared) {
  const script = `process.on("disconnect", () => process.exit());
    process.once("message", (_, server) => process.send("has it"));`;
  const stdio = ["ignore", "ignore", "inherit", "ipc"];
  const heir = spawn(process.execPath, ["-e", script], { stdio });
  heir.send("yours, too", tcp4);
  await once(heir, "message");
}
if (deaf) process.on("SIGTERM", () => console.error("asked"));

process.stdin.resume().on("end", () => process.exit());
console.log(
  JSON.stringify({
    tcp4: tcp4.address().port,
    tcp6: tcp6.address().port,
    every: every.address().port,
    udp4: udp4.address().port,
    udp6: udp6.address().port,
    peer: peer.address().port,
    client: client.localPort,
  }),
);
