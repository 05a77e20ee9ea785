/** --why in words: for each process its sockets, who started it, and what keeps it. */
import type { PortEntry, Why } from "../../ports/index.ts";
import { printable } from "../table.ts";
import { inOneLine } from "./_ports-table.ts";

/** Characters of a command line in the chain of parents. */
const COMMAND = 60;

/** A paragraph for each process; at the end the sockets whose processes aren't seen. */
export function whyText(entries: readonly PortEntry[], reasons: ReadonlyMap<number, Why>): string {
  const paragraphs: string[] = [];
  for (const why of reasons.values()) {
    const own = entries.flatMap((entry) => asSeenBy(why.pid, entry));
    paragraphs.push([...own.map(inOneLine), ...reasonLines(why)].join("\n"));
  }
  const rest = entries.filter(({ processes }) => !processes.some(({ pid }) => reasons.has(pid)));
  for (const entry of rest) paragraphs.push(`${inOneLine(entry)}\n  its process cannot be seen`);
  return `${paragraphs.join("\n\n")}\n`;
}

/** The entry with one of its processes as the first, which a line names; nothing where it is none of its. */
function asSeenBy(wanted: number, entry: PortEntry): PortEntry[] {
  const process = entry.processes.find(({ pid }) => pid === wanted);
  if (!process) return [];
  const { pid, program, command, user = entry.user } = process;
  return [{ ...entry, pid, program, command, user }];
}

function reasonLines({ parents, unit, container, cgroup, cwd, package: name }: Why): string[] {
  const chain = parents.map(
    ({ pid, program, command = "" }) =>
      `${program} (${pid}${command === "" ? "" : `: ${shortened(command)}`})`,
  );
  const lines: (readonly [string, string | undefined])[] = [
    ["started by", chain.length === 0 ? undefined : chain.join(" <- ")],
    ["unit", unit],
    ["container", container && `${container.runtime} ${container.id.slice(0, 12)}`],
    // The unit and the container are read from it, and say it in fewer words.
    ["cgroup", unit === undefined && !container ? cgroup : undefined],
    ["directory", cwd],
    ["package", name],
  ];
  return lines
    .filter(([, text]) => text !== undefined)
    .map(([label, text = ""]) => `  ${label.padEnd(10)}  ${printable(text)}`);
}

function shortened(command: string): string {
  return command.length <= COMMAND ? command : `${command.slice(0, COMMAND - 1)}…`;
}
