/** Start-up: wall time and CPU time of whole processes, by hyperfine, without a shell between. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, startEnd } from "../processes.mjs";

const METRICS = { wall: "ms", cpu: "CPU ms" };

export const rows = [
  {
    name: "startup",
    title: "Start-up: ncx -z 127.0.0.1 PORT",
    metrics: METRICS,
    subjects: ({ nodes, cli }) => [
      ...nodes.flatMap(({ name, path }) => [
        {
          name: `ncx ${name}`,
          node: name,
          command: (port) => `${path} ${cli} -z 127.0.0.1 ${port}`,
        },
        { name: `node -e 0 ${name}`, command: () => `${path} -e 0` },
      ]),
      { name: "ncat -z", command: (port) => `ncat -z 127.0.0.1 ${port}` },
      { name: "nc.openbsd -z", command: (port) => `nc.openbsd -z 127.0.0.1 ${port}` },
    ],
    measure,
    targets: [
      { metric: "wall", peers: ["node -e 0 {node}"], atMost: 1.15 },
      { metric: "cpu", peers: ["node -e 0 {node}"], atMost: 1.15 },
      { metric: "wall", peers: ["ncat -z"], atMost: 1, nodes: (major) => major >= 24 },
    ],
  },
  {
    name: "version",
    title: "Start-up: ncx --version",
    metrics: METRICS,
    subjects: ({ nodes, cli }) =>
      nodes.flatMap(({ name, path }) => [
        { name: `ncx ${name}`, node: name, command: () => `${path} ${cli} --version` },
        { name: `node -e 0 ${name}`, command: () => `${path} -e 0` },
      ]),
    measure,
    targets: [{ metric: "wall", peers: ["node -e 0 {node}"], atMost: 1.15 }],
  },
];

async function measure({ command }, { quick, cleanup }) {
  const listener = await startEnd("silent", []);
  cleanup.add(listener.stop);
  return time(command(listener.first), quick ? 5 : 15, cleanup);
}

/** Medians of some runs of a command. */
export async function time(command, runs, cleanup) {
  const home = await mkdtemp(join(tmpdir(), "ncx-bench-"));
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  const file = join(home, "times.json");
  await run("hyperfine", ["-N", "-w", "1", "-r", String(runs), "--export-json", file, command]);
  const [{ median, user, system }] = JSON.parse(await readFile(file, "utf8")).results;
  return { wall: median * 1000, cpu: (user + system) * 1000 };
}
