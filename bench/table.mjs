/** Medians, ratios and targets as text. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Sums a row's samples up: `samples[subject][round][metric]`. */
export function summarize(row, subjects, samples) {
  const values = (name, metric) =>
    (samples[name] ?? []).map((sample) => sample?.[metric]).filter((value) => value !== undefined);
  const medians = {};
  for (const { name } of subjects) {
    medians[name] = {};
    for (const metric of Object.keys(row.metrics)) {
      const found = values(name, metric);
      if (found.length > 0) medians[name][metric] = median(found);
    }
  }
  const ours = subjects.filter(({ node }) => node);
  const targets = ours.flatMap((subject) =>
    row.targets
      .filter(({ nodes = () => true }) => nodes(Number.parseInt(subject.node, 10)))
      .map((target) => judge(subject, target, medians, samples))
      .filter(Boolean),
  );
  return { name: row.name, title: row.title, metrics: row.metrics, medians, targets, samples };
}

/** A ratio is the median of the rounds' own ratios: neighbours in time have shared the machine's moods. */
export function ratio(samples, name, peer, metric) {
  const ratios = (samples[name] ?? [])
    .map((sample, round) => sample?.[metric] / samples[peer]?.[round]?.[metric])
    .filter(Number.isFinite);
  return ratios.length > 0 ? median(ratios) : undefined;
}

function judge({ name, node }, { metric, peers = [], atLeast, atMost }, medians, samples) {
  const best = peers
    .map((peer) => peer.replace("{node}", node))
    .filter((peer) => medians[peer]?.[metric] !== undefined)
    .sort((a, b) => medians[b][metric] - medians[a][metric])
    .at(atLeast === undefined ? -1 : 0);
  if (peers.length > 0 && best === undefined) return undefined;
  const value = best ? ratio(samples, name, best, metric) : medians[name]?.[metric];
  if (value === undefined) return undefined;
  const holds = atLeast === undefined ? value <= atMost : value >= atLeast;
  return { subject: name, metric, against: best ?? null, value, atLeast, atMost, holds };
}

/** A row as a table of medians, with ncx's ratio to each peer, and its targets. */
export function render({ title, metrics, medians, targets, samples }) {
  const names = Object.keys(medians);
  const ours = names.filter((name) => name.startsWith("ncx "));
  const units = Object.entries(metrics);
  const [main] = Object.keys(metrics);
  const head = ["", ...units.map(([metric, unit]) => `${metric}, ${unit}`)];
  const lines = names.map((name) => [
    name,
    ...units.map(([metric]) => figure(medians[name][metric])),
    ...ours.map((one) => (name.startsWith("ncx ") ? "" : times(ratio(samples, one, name, main)))),
  ]);
  const table = columns([[...head, ...ours.map((one) => `${one} / it`)], ...lines]);
  return [`## ${title}`, "", ...table, "", ...targets.map(verdict), ""].join("\n");
}

function verdict({ subject, metric, against, value, atLeast, atMost, holds }) {
  const bound = atLeast === undefined ? `<= ${figure(atMost)}` : `>= ${figure(atLeast)}`;
  const what = against ? `${metric} ${times(value)} of ${against}` : `${metric} ${figure(value)}`;
  return `* ${subject}: ${what}, target ${bound}: ${holds ? "holds" : "falls short"}`;
}

function columns(rows) {
  const widths = rows[0].map((_, at) => Math.max(3, ...rows.map((row) => row[at].length)));
  const line = (row) =>
    `| ${row.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)];
}

function figure(value) {
  if (value === undefined) return "-";
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function times(value) {
  return value === undefined ? "-" : `${value.toFixed(2)} x`;
}
