/** The relay that anybody would write first: `node naive.mjs PORT PORT`. */
import { connect, createServer } from "node:net";

const [from, to] = process.argv.slice(2).map(Number);

createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ host: "127.0.0.1", port: to, allowHalfOpen: true });
  near.pipe(far).pipe(near);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
}).listen({ host: "127.0.0.1", port: from, backlog: 4096 });
