/** The relays that are compared. Each is told where to listen and where to forward to, on 127.0.0.1. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descriptorLimit, freePort, listening, start } from "./processes.mjs";

const NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so";
const NAIVE = new URL("./naive.mjs", import.meta.url).pathname;

/** ncx on every Node, then its peers. */
export function tcpRelays({ nodes, cli }) {
  return [
    ...nodes.map((node) => ({
      name: `ncx ${node.name}`,
      node: node.name,
      start: (from, to) => start(node.path, [cli, "relay", at(from), at(to)]),
    })),
    { name: "haproxy", start: startHaproxy },
    { name: "nginx", start: (from, to, home) => startNginx(home, streamServer(from, to)) },
    { name: "socat", start: startSocat },
    { name: "naive", start: (from, to) => start(nodes[0].path, [NAIVE, String(from), String(to)]) },
    { name: "none" },
  ];
}

export function udpRelays({ nodes, cli }) {
  return [
    ...nodes.map((node) => ({
      name: `ncx ${node.name}`,
      node: node.name,
      start: (from, to) => start(node.path, [cli, "relay", `udp:${at(from)}`, `udp:${at(to)}`]),
    })),
    { name: "nginx", start: (from, to, home) => startNginx(home, streamServer(from, to, " udp")) },
    {
      name: "socat",
      start: (from, to) =>
        start("socat", [`UDP4-LISTEN:${from},bind=127.0.0.1,fork`, `UDP4:${at(to)}`]),
    },
    { name: "none" },
  ];
}

/** Starts a relay in front of a port. Gives the port to use, and the relay's pid; "none" is the port itself. */
export async function startRelay(relay, to, cleanup, protocol = "tcp") {
  if (!relay.start) return { port: to };
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), "ncx-bench-"));
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  const program = await relay.start(port, to, home);
  cleanup.add(program.stop);
  await listening(port, program, protocol);
  return { port, pid: program.pid };
}

/** An nginx of one process with these blocks as its configuration. */
export async function startNginx(home, blocks) {
  const file = join(home, "nginx.conf");
  const text = `
    load_module ${NGINX_STREAM};
    daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr crit;
    events { worker_connections 40000; }
    ${blocks}`;
  await writeFile(file, text);
  return start("nginx", ["-e", "stderr", "-p", home, "-c", file]);
}

function streamServer(from, to, protocol = "") {
  return `stream { server { listen ${at(from)}${protocol}; proxy_pass ${at(to)}; proxy_timeout 1h; } }`;
}

async function startHaproxy(from, to, home) {
  const file = join(home, "haproxy.cfg");
  await writeFile(
    file,
    `global
  maxconn ${maxConnections()}
  maxpipes 64
  tune.pipesize 1048576
defaults
  mode tcp
  option splice-request
  option splice-response
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen relay
  bind ${at(from)}
  server upstream ${at(to)}
`,
  );
  return start("haproxy", ["-db", "-q", "-f", file]);
}

/** As many as there are descriptors for; those of the pipes, listeners and so on put aside. */
function maxConnections() {
  return Math.min(12_000, Math.floor((descriptorLimit() - 300) / 2));
}

function startSocat(from, to) {
  const listen = `TCP4-LISTEN:${from},bind=127.0.0.1,reuseaddr,fork,backlog=4096`;
  return start("socat", ["-b", "262144", listen, `TCP4:${at(to)}`]);
}

function at(port) {
  return `127.0.0.1:${port}`;
}
