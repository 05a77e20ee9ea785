/** Sends 64 bytes, waits for them, and again: `node ping.mjs PORT COUNT`. Prints the round trips' microseconds. */
import { connect } from "node:net";

const WARM_UP = 2000;
const [port, count] = process.argv.slice(2).map(Number);
const message = Buffer.alloc(64, "x");
const times = new Float64Array(count);
let turn = -WARM_UP;
let arrived = 0;
let sent = 0;

const socket = connect({
  host: "127.0.0.1",
  port,
  noDelay: true,
  onread: {
    buffer: Buffer.alloc(4096),
    callback(bytes) {
      arrived += bytes;
      if (arrived < message.length) return true;
      if (turn >= 0) times[turn] = performance.now() - sent;
      turn += 1;
      if (turn < count) send();
      else report();
      return true;
    },
  },
});
socket.on("connect", send);

function send() {
  arrived = 0;
  sent = performance.now();
  socket.write(message);
}

function report() {
  socket.destroy();
  times.sort();
  const at = (share) => times[Math.floor(count * share)] * 1000;
  console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
}
