/** `ncx services [NAME|PORT]...`: names and ports of services, on stdout. */
import { PORT_CATEGORIES, portCategory } from "../../core/port-category.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import type { Args } from "../args.ts";
import type { Reporter } from "../report.ts";
import { formatCsv, formatTable, type Column } from "../table.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

const COLUMNS: readonly Column<ServiceEntry>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "PORT", cell: ({ port, protocol }) => `${port}/${protocol}` },
  { title: "CATEGORY", cell: ({ category }) => category },
  { title: "ALIASES", cell: ({ aliases }) => aliases.join(" ") },
  { title: "DESCRIPTION", cell: ({ description }) => description },
];

/** Runs the mode; gives the exit code: 0 something was found, 1 nothing was. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const { operands: wanted, category, tcp, udp, format, jsonEvents } = args;
  if (jsonEvents && format !== undefined && format !== "json")
    throw cannot("use --json and --format", "they exclude each other", "leave one of them away");
  const found = await services({
    wanted,
    ...(category !== undefined && { category }),
    ...(tcp !== udp && { protocol: tcp ? "tcp" : "udp" }),
  });
  world.stdout.write(textOf(found, jsonEvents ? "json" : (format ?? "table"), world, args));
  if (found.length === 0) report.say(nothing(args));
  return found.length > 0 ? 0 : 1;
}

/** Why there is nothing, as far as a single port's range tells. */
function nothing({ operands: [wanted = "", ...more] }: Args): string {
  const port = Number(/^:?(\d{1,5})(?:\/\w+)?$/.exec(wanted)?.[1] ?? NaN);
  if (more.length > 0 || Number.isNaN(port)) return "no service of that name or port is known";
  const range = portCategory(port);
  const [first, last] = PORT_CATEGORIES[range];
  const free = range === "dynamic" ? ": those are for whoever asks for any" : "";
  return `no service is known at port ${port}, in the ${range} range, ${first}-${last}${free}`;
}

function textOf(
  found: readonly ServiceEntry[],
  format: NonNullable<Args["format"]>,
  world: World,
  { wide }: Args,
): string {
  if (format === "json") {
    const lines = found.map((service) => JSON.stringify(service));
    return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
  }
  const names = ["name", "port", "protocol", "category", "aliases", "description", "source"];
  if (format === "csv")
    return formatCsv([
      names,
      ...found.map((service) => [
        service.name,
        service.port,
        service.protocol,
        service.category,
        service.aliases.join(" "),
        service.description,
        service.source,
      ]),
    ]);
  if (found.length === 0) return "";
  const width = world.isTTY.stdout && !wide ? { width: world.columns } : {};
  return formatTable(found, COLUMNS, width);
}
