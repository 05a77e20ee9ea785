/** UDP relay: one flow of 64-byte datagrams, as fast as iperf3 sends; what arrives is counted. */
import { cpuSeconds, freePort, listening, run, start } from "../processes.mjs";
import { startRelay, udpRelays } from "../relays.mjs";

export const rows = [
  {
    name: "udp",
    title: "UDP relay, 64-byte datagrams, one flow",
    metrics: { rate: "k/s", cpu: "CPU us each" },
    subjects: udpRelays,
    measure,
    targets: [
      { metric: "rate", peers: ["socat"], atLeast: 1.1 },
      { metric: "rate", peers: ["nginx"], atLeast: 0.8 },
    ],
  },
];

async function measure(relay, { quick, cleanup }) {
  const sink = await freePort();
  const server = start("iperf3", ["-s", "-1", "-B", "127.0.0.1", "-p", String(sink)]);
  cleanup.add(server.stop);
  await listening(sink, server);
  const { port, pid } = await startRelay(relay, sink, cleanup, "udp");
  if (port !== sink) await relayControl(port, sink, cleanup);
  const before = pid && cpuSeconds(pid);
  const source = [
    "-u",
    "-c",
    "127.0.0.1",
    "-p",
    port,
    "-l",
    64,
    "-b",
    0,
    "-t",
    quick ? 1 : 3,
    "-J",
  ];
  const { end } = JSON.parse(await run("iperf3", source.map(String)));
  const { packets, lost_packets: lost, seconds } = end.sum;
  const arrived = packets - lost;
  return {
    rate: arrived / seconds / 1000,
    ...(pid && { cpu: ((cpuSeconds(pid) - before) / arrived) * 1e6 }),
  };
}

/** iperf3 speaks TCP on the same port about the test; that must not pass through the relay under measurement. */
async function relayControl(from, to, cleanup) {
  const listen = `TCP4-LISTEN:${from},bind=127.0.0.1,reuseaddr,fork`;
  const control = start("socat", [listen, `TCP4:127.0.0.1:${to}`]);
  cleanup.add(control.stop);
  await listening(from, control);
}
