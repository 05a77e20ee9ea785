/** Relay throughput: iperf3 at both ends. The relay's CPU per GB is the cleaner figure where cores are shared. */
import { cpuSeconds, freePort, listening, run, start } from "../processes.mjs";
import { startRelay, tcpRelays } from "../relays.mjs";

export const rows = [throughput(1), throughput(16)];

function throughput(streams) {
  return {
    name: `throughput-${streams}`,
    title: `Relay throughput, ${streams} ${streams === 1 ? "stream" : "streams"}`,
    metrics: { rate: "GB/s", cpu: "CPU s/GB" },
    subjects: tcpRelays,
    measure: (relay, context) => measure(relay, streams, context),
    targets:
      streams === 1
        ? [
            { metric: "rate", peers: ["haproxy", "socat"], atLeast: 1.1 },
            { metric: "rate", peers: ["naive"], atLeast: 2 },
            { metric: "cpu", atMost: 0.3 },
          ]
        : [
            { metric: "rate", peers: ["haproxy"], atLeast: 0.85, nodes: (major) => major < 24 },
            { metric: "rate", peers: ["haproxy"], atLeast: 1, nodes: (major) => major >= 24 },
          ],
  };
}

async function measure(relay, streams, { quick, cleanup }) {
  const sink = await freePort();
  const server = start("iperf3", ["-s", "-1", "-B", "127.0.0.1", "-p", String(sink)]);
  cleanup.add(server.stop);
  await listening(sink, server);
  const { port, pid } = await startRelay(relay, sink, cleanup);
  const before = pid && cpuSeconds(pid);
  const source = ["-c", "127.0.0.1", "-p", port, "-P", streams, "-t", quick ? 1 : 3, "-J"];
  const { end } = JSON.parse(await run("iperf3", source.map(String)));
  const { bytes, bits_per_second: bits } = end.sum_received;
  const gigabytes = bytes / 1e9;
  return {
    rate: bits / 8e9,
    ...(pid && { cpu: (cpuSeconds(pid) - before) / gigabytes }),
  };
}
