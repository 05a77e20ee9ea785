/** Telnet's codec: the CPU of a stream in which nothing needs escaping, beside the same stream on a plain link. */
import { once } from "node:events";
import { createServer } from "node:net";
import { cpuSeconds, start } from "../processes.mjs";

/** /proc counts CPU in hundredths of a second: 100 MB are too few of them. */
const BYTES = 500_000_000;
const CHUNK = Buffer.alloc(65_536, "any text without 255, and without the end of a line; ");

/** Flags, and whether the line is telnet's own. */
const WAYS = { "-t": ["-t"], "--telnet": ["--telnet"], telnet: ["telnet"] };

export const rows = [
  {
    name: "telnet",
    title: "Telnet's codec, 500 MB without anything to escape, beside the plain link",
    metrics: { received: "CPU s/GB", sent: "CPU s/GB" },
    subjects: ({ nodes, cli }) =>
      nodes.flatMap(({ name, path }) => [
        { name: `plain ${name}`, command: [path, cli] },
        ...Object.entries(WAYS).map(([way, flags]) => ({
          name: `ncx ${way} ${name}`,
          node: name,
          command: [path, cli, ...flags],
        })),
      ]),
    measure,
    targets: ["received", "sent"].map((metric) => ({
      metric,
      peers: ["plain {node}"],
      atMost: 1.5,
    })),
  },
];

async function measure({ command }, { cleanup }) {
  const server = createServer().listen(0, "127.0.0.1");
  cleanup.add(() => server.close());
  await once(server, "listening");
  const [program, ...args] = [...command, "127.0.0.1", String(server.address().port)];
  const client = start(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  cleanup.add(client.stop);
  const [socket] = await once(server, "connection");
  cleanup.add(() => socket.destroy());
  return {
    received: await cost(client.pid, socket, client.stdout),
    sent: await cost(client.pid, client.stdin, socket),
  };
}

/** CPU seconds for each GB that a program takes from one stream's end to the other's. */
async function cost(pid, from, to) {
  const before = cpuSeconds(pid);
  const arrived = all(to);
  for (let sent = 0; sent < BYTES; sent += CHUNK.length)
    if (!from.write(CHUNK)) await once(from, "drain");
  await arrived;
  return ((cpuSeconds(pid) - before) / BYTES) * 1e9;
}

function all(stream) {
  let left = Math.ceil(BYTES / CHUNK.length) * CHUNK.length;
  return new Promise((resolve) => {
    const onData = (chunk) => {
      left -= chunk.length;
      if (left > 0) return;
      stream.off("data", onData);
      resolve();
    };
    stream.on("data", onData);
  });
}
