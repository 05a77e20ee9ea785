/** `ncx scan -p-` beside nmap and nc -z, on a host of its own: a network namespace, whose ports nobody else uses. */
import { execFileSync } from "node:child_process";
import { startEnd } from "../processes.mjs";
import { time } from "./startup.mjs";

const OPEN = 50;
const HOST = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

export const rows = [
  {
    name: "scan",
    title: `Scan: all 65,535 ports of 127.0.0.1, ${OPEN} of them open`,
    metrics: { wall: "ms", cpu: "CPU ms" },
    subjects: ({ nodes, cli }) => [
      ...nodes.map(({ name, path }) => ({
        name: `ncx ${name}`,
        node: name,
        command: `${path} ${cli} scan -p- 127.0.0.1`,
      })),
      { name: "nmap -T5", command: "nmap -sT -p- -n -Pn -T5 127.0.0.1" },
      { name: "nc.openbsd -z", command: "nc.openbsd -z 127.0.0.1 1-65535" },
    ],
    measure,
    targets: [
      { metric: "wall", peers: ["nmap -T5"], atMost: 1 / 1.5 },
      { metric: "wall", peers: ["nc.openbsd -z"], atMost: 1 / 1.4 },
    ],
  },
];

async function measure({ name, command }, { quick, cleanup }) {
  const end = await startEnd("sockets", [OPEN, 0], { within: HOST });
  cleanup.add(end.stop);
  const there = `nsenter -n -t ${end.pid} ${command}`;
  if (name.startsWith("ncx")) compare(there, end.pid);
  return time(there, quick ? 2 : 5, cleanup);
}

/** What is fast because it misses something is no match. */
function compare(command, pid) {
  const [ours, theirs] = [
    `${command} -oG -`,
    `nsenter -n -t ${pid} nmap -sT -p- -n -Pn -T5 -oG - 127.0.0.1`,
  ].map((line) => {
    const [program, ...args] = line.split(" ");
    const text = execFileSync(program, args, { encoding: "utf8" });
    return Array.from(text.matchAll(/(\d+)\/open\/tcp/g), ([, port]) => port);
  });
  if (ours.length !== OPEN || ours.join() !== theirs.join())
    throw new Error(`of ${OPEN} ports, ${ours.length} were found, and by nmap ${theirs.length}`);
}
