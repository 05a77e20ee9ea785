/** Holds sockets: so many that listen, and so many connections with both their ends here. Prints them once they are there. */
import { once } from "node:events";
import { connect, createServer } from "node:net";

const [listeners, connections] = process.argv.slice(2).map(Number);

async function listen() {
  // A scan ends its connections with a reset.
  const server = createServer((socket) => socket.on("error", () => {})).listen({
    host: "127.0.0.1",
    port: 0,
    backlog: 4096,
  });
  await once(server, "listening");
  return server.address().port;
}

const port = await listen();
for (let made = 1; made < listeners; made += 1) await listen();
for (let made = 0; made < connections; made += 1) await once(connect(port, "127.0.0.1"), "connect");
console.log(JSON.stringify({ listeners, connections }));
process.stdin.resume();
