/** Shows the main job: a listener and a client that talk, a relay between them, one HTTP request. Loopback only. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { dirname, join } from "node:path";

const NCX = join(dirname(import.meta.dirname), "dist", "cli.cjs");
const running = new Set();
process.once("exit", () => running.forEach((child) => child.kill()));

await talk();
await forward();
await fetchPage();

async function talk() {
  heading("A listener and a client: what one types, the other prints");
  const listener = ncx(["-l", "-v", "127.0.0.1", "0"], "hello from the listener\n");
  const port = await portOf(listener);
  const client = ncx(["127.0.0.1", port], "hello from the client\n");
  await Promise.all([done(listener), done(client)]);
}

async function forward() {
  heading("A relay in front of a listener");
  const listener = ncx(["-l", "-v", "127.0.0.1", "0"]);
  const port = await portOf(listener);
  const relay = ncx(["relay", "-v", "127.0.0.1:0", `127.0.0.1:${port}`]);
  const client = ncx(["127.0.0.1", await portOf(relay)], "hello through the relay\n");
  await Promise.all([done(listener), done(client)]);
  relay.kill();
  await once(relay, "exit");
}

async function fetchPage() {
  heading("One HTTP request");
  const server = createServer((_request, response) => response.end("hello over HTTP\n")).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  await done(ncx(["http", "-i", "GET", `http://127.0.0.1:${server.address().port}/`]));
  server.close();
}

function heading(text) {
  process.stdout.write(`\n== ${text}\n`);
}

/** Starts ncx, shows what it is called with and what it says, and gives it its input. */
function ncx(args, input = "") {
  process.stdout.write(`$ ncx ${args.join(" ")}\n`);
  const child = spawn(process.execPath, [NCX, ...args]);
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.stdin.end(input);
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  return child;
}

/** The port that it says it listens on. */
async function portOf(child) {
  let said = "";
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    said += chunk;
    const port = /:(\d+)\b/.exec(said)?.[1];
    if (port) return port;
  }
  throw new Error("It ended before it listened");
}

async function done(child) {
  const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
  if (code !== 0) throw new Error(`ncx ended with exit code ${code}`);
}
