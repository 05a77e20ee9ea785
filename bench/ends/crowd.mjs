/**
 * Clients of a broker: `node crowd.mjs PORT CLIENTS SECONDS`. One of them says a kilobyte twenty times a second, and
 * all others measure how long it took to come. Prints one line: messages expected and heard, and the delays in ms.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const BYTES = 1024;
const EACH = 50;
/** Milliseconds for the last messages to come. */
const PATIENCE = 10_000;
const AT_ONCE = 64;
const [port, clients, seconds] = process.argv.slice(2).map(Number);
const delays = [];

/** Every message starts with the time it was sent at, in a line of its own length. */
function message() {
  return Buffer.alloc(BYTES, ".").fill(`${performance.now().toFixed(3).padStart(16)}\n`, 0, 17);
}

function listen(socket) {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    const now = performance.now();
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= BYTES; rest = rest.subarray(BYTES))
      delays.push(now - Number(rest.toString("latin1", 0, 16)));
  });
}

function open() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

const crowd = [];
while (crowd.length < clients) {
  const few = Math.min(AT_ONCE, clients - crowd.length);
  crowd.push(...(await Promise.all(Array.from({ length: few }, open))));
}
await sleep(500);
const [speaker, ...others] = crowd;
others.forEach(listen);
const times = (seconds * 1000) / EACH;
const began = performance.now();
for (let sent = 0; sent < times; sent += 1) {
  speaker.write(message());
  await sleep(Math.max(0, began + (sent + 1) * EACH - performance.now()));
}
const expected = times * others.length;
for (let left = PATIENCE; delays.length < expected && left > 0; left -= 100) await sleep(100);
delays.sort((a, b) => a - b);
const at = (share) => delays[Math.floor(share * (delays.length - 1))] ?? Infinity;
console.log(
  JSON.stringify({ expected, heard: delays.length, p50: at(0.5), p99: at(0.99), worst: at(1) }),
);
process.exit(0);
