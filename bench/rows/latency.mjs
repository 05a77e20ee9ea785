/** Relay latency: 64 bytes there and back, one at a time. */
import { startEnd } from "../processes.mjs";
import { startRelay, tcpRelays } from "../relays.mjs";

export const rows = [
  {
    name: "latency",
    title: "Relay latency, 64 bytes there and back",
    metrics: { p50: "us", p99: "us" },
    subjects: tcpRelays,
    measure,
    targets: [
      { metric: "p50", peers: ["haproxy"], atMost: 1.1 },
      { metric: "p99", peers: ["haproxy"], atMost: 1.1 },
    ],
  },
];

async function measure(relay, { quick, cleanup }) {
  const echo = await startEnd("echo", []);
  cleanup.add(echo.stop);
  const { port } = await startRelay(relay, echo.first, cleanup);
  const ping = await startEnd("ping", [port, quick ? 5000 : 20_000]);
  cleanup.add(ping.stop);
  return ping.first;
}
