/** `ncx capture -w` beside tcpdump while 500 MB pass over the loopback device: how much of it is in the file. */
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../processes.mjs";

const BYTES = 500 * 1024 * 1024;

export const rows = [
  {
    name: "capture",
    title:
      "Capture of a 500 MB transfer on lo into a file, each with its own default buffer (needs root)",
    metrics: { kept: "% kept", dropped: "packets dropped", seconds: "s, the transfer" },
    subjects: ({ nodes, cli }) => [
      ...nodes.map(({ name, path }) => ({
        name: `ncx ${name}`,
        node: name,
        command: (file, filter) => [path, cli, "capture", "-i", "lo", "-w", file, filter],
        counted: 1,
      })),
      {
        name: "tcpdump",
        counted: 2, // each packet of lo on its way out and in
        command: (file, filter) => ["tcpdump", "-i", "lo", "-w", file, filter],
      },
    ],
    measure,
    targets: [{ metric: "dropped", atMost: 0 }],
  },
];

async function measure({ command, counted }, { cleanup }) {
  const file = join(tmpdir(), `ncx-bench-${process.pid}.pcapng`);
  cleanup.add(() => rmSync(file, { force: true }));
  const server = createServer((socket) => socket.resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.add(() => server.close());
  const { port } = server.address();
  const [program, ...args] = command(file, `tcp port ${port}`);
  const capture = start(program, args);
  cleanup.add(capture.stop);
  while (!capture.errors().includes("listening on")) {
    await Promise.race([capture.ended.then(failed), sleep(20)]);
  }
  const began = performance.now();
  await transfer(port);
  const seconds = (performance.now() - began) / 1000;
  // What still waits in the kernel is handed over within the second.
  await sleep(1000);
  process.kill(capture.pid, "SIGINT");
  await capture.ended;
  const said = capture.errors();
  const captured = numberIn(said, /(\d+) packets? captured/);
  const dropped = numberIn(said, /(\d+) packets? dropped by kernel/);
  return { kept: (100 * captured) / (captured + dropped / counted), dropped, seconds };
}

async function transfer(port) {
  const socket = connect(port, "127.0.0.1");
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < BYTES; sent += chunk.length)
    if (!socket.write(chunk)) await once(socket, "drain");
  socket.end();
  socket.resume();
  await once(socket, "close");
}

function failed(status) {
  throw new Error(`it ended with ${status} before it began`);
}

function numberIn(text, pattern) {
  const found = pattern.exec(text);
  if (!found) throw new Error(`it has not said its counts: ${text}`);
  return Number(found[1]);
}
