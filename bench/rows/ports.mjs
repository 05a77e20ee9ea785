/** `ncx ports -tulpn` beside netstat, lsof and ss at 5,000 sockets, once they have shown the same rows. */
import { execFileSync } from "node:child_process";
import { startEnd } from "../processes.mjs";
import { time } from "./startup.mjs";

const SOCKETS = 5000;

export const rows = [
  {
    name: "ports",
    title: `Ports, ${SOCKETS} sockets: 100 listen, the others are connected`,
    ...common({ listeners: 100, connections: (SOCKETS - 100) / 2 }),
  },
  {
    name: "listeners",
    title: `Ports, ${SOCKETS} sockets: all of them listen`,
    ...common({ listeners: SOCKETS, connections: 0 }),
  },
];

function common(sockets) {
  return {
    metrics: { wall: "ms", cpu: "CPU ms" },
    subjects: ({ nodes, cli }) => [
      ...nodes.flatMap(({ name, path }) => [
        {
          name: `ncx ${name}`,
          node: name,
          command: `${path} ${cli} ports -tulpn --format netstat --quiet`,
        },
        { name: `node -e 0 ${name}`, command: `${path} -e 0` },
      ]),
      { name: "netstat", command: "netstat -tulpn" },
      { name: "lsof", command: "lsof -nP -i" },
      { name: "ss", command: "ss -tulpn" },
    ],
    measure: (subject, context) => measure(subject, sockets, context),
    targets: [
      { metric: "wall", peers: ["netstat"], atMost: 1.3 },
      { metric: "wall", peers: ["lsof"], atMost: 0.7 },
    ],
  };
}

async function measure({ name, command }, { listeners, connections }, { quick, cleanup }) {
  const end = await startEnd("sockets", [listeners, connections]);
  cleanup.add(end.stop);
  if (name.startsWith("ncx")) compare(command, end.pid, listeners);
  return time(command, quick ? 5 : 15, cleanup);
}

/** What is fast because it leaves something out is no match. */
function compare(command, pid, count) {
  const [ours, theirs] = [command, "netstat -tulpn"].map((line) => {
    const [program, ...args] = line.split(" ");
    const text = execFileSync(program, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.split("\n").filter((row) => row.includes(` ${pid}/`));
  });
  if (ours.length !== count || ours.join("\n") !== theirs.join("\n"))
    throw new Error(`the rows differ: ${ours.length}, netstat has ${theirs.length} of ${count}`);
}
