/**
 * Benchmarks of the built command beside its peers: `npm run bench -- --help`.
 * The subjects of a row take turns, round after round, so that whatever else the machine does falls on all alike.
 */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Cleanup } from "./cleanup.mjs";
import { render, summarize } from "./table.mjs";
import { rows as capture } from "./rows/capture.mjs";
import { rows as connections } from "./rows/connections.mjs";
import { rows as http } from "./rows/http.mjs";
import { rows as latency } from "./rows/latency.mjs";
import { rows as memory } from "./rows/memory.mjs";
import { rows as netcat } from "./rows/netcat.mjs";
import { rows as ports } from "./rows/ports.mjs";
import { rows as scan } from "./rows/scan.mjs";
import { rows as startup } from "./rows/startup.mjs";
import { rows as telnet } from "./rows/telnet.mjs";
import { rows as throughput } from "./rows/throughput.mjs";
import { rows as transfer } from "./rows/transfer.mjs";
import { rows as udp } from "./rows/udp.mjs";

const ROWS = [
  ...startup,
  ...throughput,
  ...latency,
  ...connections,
  ...memory,
  ...udp,
  ...transfer,
  ...http,
  ...telnet,
  ...netcat,
  ...ports,
  ...scan,
  ...capture,
];

const USAGE = `npm run bench -- [options]
  --row NAME       only this row, as often as wanted: ${ROWS.map(({ name }) => name).join(" ")}
  --rounds N       rounds of each row (7; 3 with --quick)
  --quick          seconds for each row, and rougher figures
  --node PATH      run ncx on this Node as well, as often as wanted (or NCX_BENCH_NODES=path,path)
  --subject NAME   only subjects whose name begins so, as often as wanted
  --cli FILE       the command to measure (dist/cli.cjs)
  --json FILE      write every sample there
`;

const { values: given } = parseArgs({
  options: {
    row: { type: "string", multiple: true },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    node: { type: "string", multiple: true, default: [] },
    subject: { type: "string", multiple: true },
    cli: { type: "string", default: join(dirname(import.meta.dirname), "dist", "cli.cjs") },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (given.help) process.stdout.write(USAGE);
else await main();

async function main() {
  const cli = resolve(given.cli);
  if (!existsSync(cli)) throw new Error(`there is no ${cli}: build it first, npm run build`);
  const unknown = given.row?.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown) throw new Error(`there is no row "${unknown}"\n${USAGE}`);
  const context = { cli, nodes: findNodes(), quick: given.quick };
  const machine = `${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}`;
  const versions = context.nodes.map(({ version }) => version).join(", ");
  console.log(`${machine}; Node ${versions}\n`);
  const results = [];
  for (const row of ROWS) {
    if (given.row && !given.row.includes(row.name)) continue;
    const result = await measureRow(row, context);
    console.log(render(result));
    results.push(result);
    if (given.json) {
      writeFileSync(given.json, JSON.stringify({ machine, nodes: versions, results }, null, 1));
    }
  }
}

/** This Node, and those that were named. */
function findNodes() {
  const more = (process.env.NCX_BENCH_NODES ?? "").split(",").filter(Boolean);
  return [process.execPath, ...more, ...given.node].map((path) => {
    const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1);
    return { path: resolve(path), version, name: version.split(".")[0] };
  });
}

async function measureRow(row, context) {
  const rounds = Number(given.rounds ?? (given.quick ? 3 : 7));
  const wanted = ({ name }) => given.subject?.some((start) => name.startsWith(start)) ?? true;
  const subjects = row.subjects(context).filter(wanted);
  const samples = Object.fromEntries(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) {
      samples[subject.name].push(await measureOnce(row, subject, context));
    }
  }
  return summarize(row, subjects, samples);
}

/** One sample, or null where the subject failed: that is said, and the others go on. */
async function measureOnce(row, subject, context) {
  const cleanup = new Cleanup();
  try {
    return await row.measure(subject, { ...context, cleanup });
  } catch (error) {
    console.error(`${row.name}, ${subject.name}: ${error.message}`);
    return null;
  } finally {
    await cleanup.run();
  }
}
