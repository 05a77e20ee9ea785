/** File transfer: 1 GB from a file in memory, both ends the same program, to another such file or to /dev/null. */
import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { freePort, listening, start } from "../processes.mjs";
import { sourceFile, targetFile } from "../files.mjs";

/** With --quick as well: a start costs little of it. */
const BYTES = 1_000_000_000;

export const rows = [
  {
    name: "transfer",
    title: "File transfer, 1 GB, to a file in memory",
    metrics: { rate: "GB/s" },
    subjects: programs,
    measure: (program, context) => measure(program, targetFile(), context),
    targets: [
      { metric: "rate", peers: ["socat"], atLeast: 1.25 },
      { metric: "rate", peers: ["nc.openbsd"], atLeast: 1.7 },
    ],
  },
  {
    name: "transfer-null",
    title: "File transfer, 1 GB, to /dev/null",
    metrics: { rate: "GB/s" },
    subjects: programs,
    measure: (program, context) => measure(program, "/dev/null", context),
    targets: [],
  },
];

function programs({ nodes, cli }) {
  return [
    ...nodes.map(({ name, path }) => ({
      name: `ncx ${name}`,
      node: name,
      receive: (port) => [path, cli, "-l", "127.0.0.1", port],
      send: (port) => [path, cli, "127.0.0.1", port],
    })),
    {
      name: "socat",
      receive: (port) => ["socat", "-u", "-b", "262144", `TCP4-LISTEN:${port},bind=127.0.0.1`, "-"],
      send: (port) => ["socat", "-u", "-b", "262144", "-", `TCP4:127.0.0.1:${port}`],
    },
    {
      name: "nc.openbsd",
      receive: (port) => ["nc.openbsd", "-d", "-l", "127.0.0.1", port],
      send: (port) => ["nc.openbsd", "-N", "127.0.0.1", port],
    },
  ];
}

async function measure(program, target, { cleanup }) {
  const source = sourceFile(BYTES);
  const port = String(await freePort());
  const input = openSync(source, "r");
  const output = openSync(target, "w");
  cleanup.add(() => [input, output].forEach((file) => closeSync(file)));
  if (target !== "/dev/null") cleanup.add(() => rmSync(target, { force: true }));
  const receiver = launch(program.receive(port), ["ignore", output, "pipe"], cleanup);
  await listening(Number(port), receiver);
  const began = performance.now();
  const sender = launch(program.send(port), [input, "ignore", "pipe"], cleanup);
  await Promise.all([sender.finished(), receiver.finished()]);
  const rate = BYTES / 1e6 / (performance.now() - began);
  if (target !== "/dev/null") execFileSync("cmp", [source, target]);
  return { rate };
}

function launch([command, ...args], stdio, cleanup) {
  const program = start(command, args, { stdio });
  cleanup.add(program.stop);
  return program;
}
