/** A relay in a process of its own, so that its memory can be told from the test's. Given: the way, the port to dial. */
import { TCP0 } from "./sockets.ts";
import { hideHandle } from "./ways.ts";
import { relay } from "../../src/index.ts";

const [way, port] = process.argv.slice(2);
const to = { kind: "tcp", host: "127.0.0.1", port: Number(port) } as const;

const server = await relay(TCP0, to, {
  onOpen: (near) => void (way === "streams" && hideHandle(near)),
});
process.on("message", () => process.send?.({ rss: process.memoryUsage.rss(), peak: peak() }));
process.on("disconnect", () => void server[Symbol.asyncDispose]());
process.send?.(server.endpoint);

function peak(): number {
  return process.resourceUsage().maxRSS * 1024; // it comes in kilobytes
}
