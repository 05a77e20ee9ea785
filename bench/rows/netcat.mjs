/** What a netcat does besides carrying bytes: TLS, a broker, programs. ncat is the peer. */
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { freePort, listening, start, startEnd } from "../processes.mjs";
import { sourceFile } from "../files.mjs";

const BYTES = 1_000_000_000;
const HOST = "127.0.0.1";
const CLIENTS = 1000;

export const rows = [
  {
    name: "tls-transfer",
    title: "File transfer over TLS, 1 GB, to /dev/null",
    metrics: { rate: "GB/s" },
    subjects: netcats,
    measure: (netcat, context) => measureTls(netcat, undefined, context),
    targets: [{ metric: "rate", peers: ["ncat"], atLeast: 1 }],
  },
  {
    name: "tls-relay",
    title: "Relay from TLS to TCP, 1 GB sent by ncat --ssl",
    metrics: { rate: "GB/s" },
    subjects: netcats,
    measure: (netcat, context) => measureTls(netcat, netcat.relay, context),
    targets: [{ metric: "rate", peers: ["ncat"], atLeast: 1 }],
  },
  {
    name: "broker",
    title: `Broker, ${CLIENTS} clients, one says 1 KB twenty times a second`,
    metrics: { p50: "ms", p99: "ms", worst: "ms", lost: "" },
    subjects: netcats,
    measure: measureBroker,
    targets: [
      { metric: "worst", atMost: 1000 },
      { metric: "lost", atMost: 0 },
    ],
  },
  {
    name: "exec",
    title: "A listener's programs, one after another: -k -e /bin/true",
    metrics: { each: "ms" },
    subjects: netcats,
    measure: measureExec,
    targets: [],
  },
];

function netcats({ nodes, cli }) {
  return [
    ...nodes.map(({ name, path }) => ({
      name: `ncx ${name}`,
      node: name,
      line: (...args) => [path, cli, ...args],
      send: (port) => [path, cli, "--tls", "--insecure", HOST, port],
      relay: (port, to) => [path, cli, "relay", `tls:${HOST}:${port}`, `${HOST}:${to}`],
    })),
    {
      name: "ncat",
      line: (...args) => ["ncat", ...args],
      send: sendByNcat,
      relay: (port, to) => ["ncat", "-l", "--ssl", "-c", `ncat ${HOST} ${to}`, HOST, port],
    },
  ];
}

function sendByNcat(port) {
  return ["ncat", "--ssl", "--send-only", HOST, port];
}

/** It reads as well: with --send-only ncat resets at the end, and what is on its way then is lost, to every listener. */
function talkByNcat(port) {
  return ["ncat", "--ssl", HOST, port];
}

async function measureTls({ line, send }, relay, { cleanup }) {
  const input = openSync(sourceFile(BYTES), "r");
  const output = openSync("/dev/null", "w");
  cleanup.add(() => [input, output].forEach((file) => closeSync(file)));
  const port = String(await freePort());
  const tls = relay ? [] : ["--ssl"]; // both know it by this name
  const receiver = launch(
    line("-l", ...tls, "--recv-only", HOST, port),
    ["ignore", output, "pipe"],
    cleanup,
  );
  await listening(Number(port), receiver);
  let to = port;
  if (relay) {
    to = String(await freePort());
    const between = launch(relay(to, port), ["ignore", "ignore", "pipe"], cleanup);
    await listening(Number(to), between);
  }
  const began = performance.now();
  const sender = launch(relay ? talkByNcat(to) : send(to), [input, "ignore", "pipe"], cleanup);
  await Promise.all([sender.finished(), receiver.finished()]);
  return { rate: BYTES / 1e6 / (performance.now() - began) };
}

async function measureBroker({ line }, { quick, cleanup }) {
  const port = await freePort();
  const many = String(CLIENTS + 100);
  const args = ["-l", "--broker", "-m", many, HOST, String(port)];
  const broker = launch(line(...args), ["ignore", "ignore", "pipe"], cleanup);
  await listening(port, broker);
  const crowd = await startEnd("crowd", [port, CLIENTS, quick ? 4 : 15]);
  cleanup.add(crowd.stop);
  const { expected, heard, p50, p99, worst } = crowd.first;
  return { p50, p99, worst, lost: expected - heard };
}

async function measureExec({ line }, { quick, cleanup }) {
  const times = quick ? 200 : 2000;
  const port = await freePort();
  const args = ["-l", "-k", "-e", "/bin/true", HOST, String(port)];
  const listener = launch(line(...args), ["ignore", "ignore", "pipe"], cleanup);
  await listening(port, listener);
  const began = performance.now();
  for (let left = times; left > 0; left -= 1) {
    const socket = connect(port, HOST).resume();
    socket.on("error", () => {}); // a reset is an end as well
    await once(socket, "close");
  }
  return { each: (performance.now() - began) / times };
}

function launch([command, ...args], stdio, cleanup) {
  const program = start(command, args, { stdio });
  cleanup.add(program.stop);
  return program;
}
