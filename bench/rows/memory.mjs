/** Resident memory of a relay: with many idle connections, and with a sink that doesn't read. */
import { setTimeout as sleep } from "node:timers/promises";
import { descriptorLimit, memoryKb, startEnd } from "../processes.mjs";
import { startRelay, tcpRelays } from "../relays.mjs";

/** Milliseconds after which what only opening has cost is given back. */
const SETTLE = 3000;
const GIGABYTES = 2;
/** A process for each connection. */
const FORKS = ["socat"];

export const rows = [
  {
    name: "idle",
    title: `Relay, memory of an idle connection, of ${idleConnections()}`,
    metrics: { memory: "KB" },
    subjects: (context) => relays(context).filter(({ name }) => !FORKS.includes(name)),
    measure: measureIdle,
    targets: [{ metric: "memory", atMost: 16 }],
  },
  {
    name: "backpressure",
    title: `Relay, memory while ${GIGABYTES} GB wait for a sink that doesn't read`,
    metrics: { growth: "MB", taken: "MB" },
    subjects: relays,
    measure: measureBackpressure,
    targets: [],
  },
];

function relays(context) {
  return tcpRelays(context).filter(({ name }) => name !== "none");
}

/** 10,000, or as many as the limit on descriptors lets a relay have: each takes two. */
function idleConnections() {
  return Math.min(10_000, Math.floor((descriptorLimit() - 400) / 2));
}

async function measureIdle(relay, { cleanup }) {
  const count = idleConnections();
  const upstream = await startEnd("silent", []);
  cleanup.add(upstream.stop);
  const { port, pid } = await startRelay(relay, upstream.first, cleanup);
  await sleep(300);
  const before = memoryKb(pid);
  const holders = await startEnd("holders", [port, count]);
  cleanup.add(holders.stop);
  for (let tries = 200; (await ask(upstream)) < count; tries -= 1) {
    if (tries === 0) throw new Error("not every connection has come through");
    await sleep(100);
  }
  await sleep(SETTLE);
  return { memory: (memoryKb(pid) - before) / count };
}

async function measureBackpressure(relay, { quick, cleanup }) {
  const upstream = await startEnd("silent", ["deaf"]);
  cleanup.add(upstream.stop);
  const { port, pid } = await startRelay(relay, upstream.first, cleanup);
  await sleep(300);
  const before = memoryKb(pid);
  const gusher = await startEnd("gusher", [port, GIGABYTES * 1e9]);
  cleanup.add(gusher.stop);
  let highest = before;
  for (let turn = quick ? 10 : 30; turn > 0; turn -= 1) {
    await sleep(100);
    highest = Math.max(highest, memoryKb(pid));
  }
  return { growth: (highest - before) / 1000, taken: (await ask(gusher)) / 1e6 };
}

function ask(end) {
  end.stdin.write("?");
  return end.nextLine();
}
