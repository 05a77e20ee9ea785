/** A connection that reads into large buffers which are used again: for bodies that go somewhere at once. */
import { makeConnection, type Connection } from "../stream/connection.ts";
import { canTakeOver, takeOver } from "./tcp-pump.ts";

/**
 * The same connection, whose stream gives each chunk by `data` events alone, and for the time of the event only.
 * Where the stream is no plain socket it stays as it is. Nobody must have read from it; it replaces `connection`.
 */
export function withLargeReads(connection: Connection): Connection {
  const { stream, local, remote } = connection;
  if (!canTakeOver(stream)) return connection;
  const early: Buffer | null = stream.read(); // what came before anybody asked
  const { socket, release, onDeaf } = takeOver(stream, (chunk) => {
    if (socket.emit("data", chunk)) return !socket.isPaused();
    // Nobody listens yet. What is put back comes before everything that is read later.
    socket.unshift(Buffer.from(chunk));
    return false;
  });
  if (early) socket.unshift(early);
  socket.once("close", release);
  onDeaf((error) => socket.destroy(error));
  return makeConnection({ stream: socket, local, remote });
}
