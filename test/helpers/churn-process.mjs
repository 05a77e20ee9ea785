// Opens and closes sockets as fast as it can, `count` at a time, until its stdin ends. Says "churning" once all are there.
import { once } from "node:events";
import net from "node:net";
import { setImmediate } from "node:timers/promises";

const count = Number(process.argv[2]);
const open = new Set();
let done = false;
process.stdin.resume().on("end", () => {
  done = true;
  process.exit();
});

async function churn() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  open.add(server);
  if (open.size < count) return;
  const [oldest] = open;
  open.delete(oldest);
  oldest.close();
  await once(oldest, "close");
  // All of the above happens within one turn of the loop: stdin's end would never be heard of, and memory would grow.
  await setImmediate();
}

for (let made = 0; !done; made += 1) {
  await churn();
  if (made === count) console.log("churning");
}
