/** Opens connections and keeps them: `node holders.mjs PORT COUNT`. Prints how many once all are open. */
import { connect } from "node:net";

const AT_ONCE = 64;
const [port, count] = process.argv.slice(2).map(Number);
let asked = 0;
let open = 0;

function next() {
  if (asked >= count) return;
  asked += 1;
  const socket = connect(port, "127.0.0.1", () => {
    open += 1;
    if (open === count) console.log(open);
    next();
  });
  socket.on("error", (error) => {
    throw error;
  });
}
for (let left = AT_ONCE; left > 0; left -= 1) next();
