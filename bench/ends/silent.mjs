/** Accepts and says nothing; with "deaf" it doesn't even read. Prints its port, and the open connections when asked. */
import { createServer } from "node:net";

const sockets = new Set();
const deaf = process.argv[2] === "deaf";
const server = createServer({ pauseOnConnect: deaf }, (socket) => {
  sockets.add(socket);
  socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  if (!deaf) socket.resume();
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () =>
  console.log(server.address().port),
);
process.stdin.on("data", () => console.log(sockets.size));
