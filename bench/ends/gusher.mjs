/** Offers a number of bytes to whoever takes them: `node gusher.mjs PORT BYTES`. Prints how many are gone when asked. */
import { connect } from "node:net";

const [port, bytes] = process.argv.slice(2).map(Number);
const chunk = Buffer.alloc(65_536);
const socket = connect(port, "127.0.0.1", () => {
  console.log(0);
  pour();
});
socket.on("drain", pour).on("error", () => {});
let offered = 0;

function pour() {
  while (offered < bytes) {
    offered += chunk.length;
    if (!socket.write(chunk)) return;
  }
}
process.stdin.on("data", () => console.log(socket.bytesWritten - socket.writableLength));
