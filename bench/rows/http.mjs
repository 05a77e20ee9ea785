/** ncx http against curl, with nginx as the server: one small GET, and 1 GB to a file. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { freePort, listening, run } from "../processes.mjs";
import { sourceFile, targetFile } from "../files.mjs";
import { startNginx } from "../relays.mjs";
import { time } from "./startup.mjs";

export const rows = [
  {
    name: "get",
    title: "One GET: ncx http URL",
    metrics: { wall: "ms", cpu: "CPU ms" },
    subjects: ({ nodes, cli }) => [
      ...nodes.flatMap(({ name, path }) => [
        { name: `ncx ${name}`, node: name, command: (url) => `${path} ${cli} http ${url}` },
        { name: `node -e 0 ${name}`, command: () => `${path} -e 0` },
      ]),
      { name: "curl", command: (url) => `curl -s ${url}` },
    ],
    measure: measureGet,
    targets: [{ metric: "wall", peers: ["node -e 0 {node}"], atMost: 1.4 }],
  },
  {
    name: "download",
    title: "HTTP, 1 GB to a file in memory",
    metrics: { seconds: "s" },
    subjects: ({ nodes, cli }) => [
      ...nodes.map(({ name, path }) => ({
        name: `ncx ${name}`,
        node: name,
        command: (url, file) => [path, cli, "http", "-s", "-o", file, url],
      })),
      { name: "curl", command: (url, file) => ["curl", "-s", "-o", file, url] },
    ],
    measure: measureDownload,
    // 1.3 times as fast as curl.
    targets: [{ metric: "seconds", peers: ["curl"], atMost: 1 / 1.3 }],
  },
];

async function measureGet({ command }, { quick, cleanup }) {
  const home = await mkdtemp(join(tmpdir(), "ncx-bench-"));
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  await writeFile(join(home, "hello.txt"), "hello\n");
  const url = await serveFolder(home, cleanup);
  return time(command(`${url}/hello.txt`), quick ? 5 : 15, cleanup);
}

async function measureDownload({ command }, { quick, cleanup }) {
  const bytes = quick ? 250_000_000 : 1_000_000_000;
  const source = sourceFile(bytes);
  const target = targetFile();
  const url = await serveFolder(dirname(source), cleanup);
  cleanup.add(() => rmSync(target, { force: true }));
  const [program, ...args] = command(`${url}/${basename(source)}`, target);
  const began = performance.now();
  await run(program, args);
  const seconds = ((performance.now() - began) / 1000) * (1e9 / bytes);
  if (statSync(target).size !== bytes) throw new Error(`${program} has not fetched all`);
  return { seconds };
}

/** An nginx that serves a folder. Gives its URL. */
async function serveFolder(folder, cleanup) {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), "ncx-bench-"));
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${home}/${name};`)
    .join(" ");
  const nginx = await startNginx(
    home,
    `http { access_log off; sendfile on; ${scratch} server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  );
  cleanup.add(nginx.stop);
  await listening(port, nginx);
  return `http://127.0.0.1:${port}`;
}
