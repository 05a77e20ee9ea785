/** New connections a second, 16 at once: nginx says one byte to each and closes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, freePort, listening, startEnd } from "../processes.mjs";
import { startNginx, startRelay, tcpRelays } from "../relays.mjs";

const AT_ONCE = 16;

export const rows = [
  {
    name: "connections",
    title: `Relay, new connections, ${AT_ONCE} at once`,
    metrics: { rate: "conn/s", cpu: "CPU us/conn" },
    subjects: tcpRelays,
    measure,
    targets: [
      { metric: "rate", peers: ["haproxy"], atLeast: 0.6 },
      { metric: "rate", peers: ["socat"], atLeast: 2 },
    ],
  },
];

async function measure(relay, { quick, cleanup }) {
  const upstream = await startUpstream(cleanup);
  const { port, pid } = await startRelay(relay, upstream, cleanup);
  await call(port, quick ? 0.3 : 1, cleanup); // warm
  const before = pid && cpuSeconds(pid);
  const { rate, done } = await call(port, quick ? 1 : 3, cleanup);
  return { rate, ...(pid && { cpu: ((cpuSeconds(pid) - before) / done) * 1e6 }) };
}

async function startUpstream(cleanup) {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), "ncx-bench-"));
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  const server = `server { listen 127.0.0.1:${port} backlog=4096; return x; }`;
  const nginx = await startNginx(home, `stream { ${server} }`);
  cleanup.add(nginx.stop);
  await listening(port, nginx);
  return port;
}

async function call(port, seconds, cleanup) {
  const callers = await startEnd("callers", [port, AT_ONCE, seconds]);
  cleanup.add(callers.stop);
  if (callers.first.failed > 0) throw new Error(`${callers.first.failed} connections failed`);
  return callers.first;
}
