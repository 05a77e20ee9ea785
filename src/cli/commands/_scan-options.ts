/** From what was typed to what is scanned. */
import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { quote, wrap } from "../../core/errors.ts";
import {
  parsePorts,
  portsOf,
  serviceTable,
  type PortLists,
  type Protocol,
  type ScanOptions,
} from "../../scan/index.ts";
import type { Args } from "../args.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

export interface Asked {
  readonly targets: readonly string[];
  readonly options: ScanOptions;
  readonly ports: PortLists;
  /** -sn: which hosts are there? */
  readonly hostsOnly: boolean;
  readonly expect: PortLists | undefined;
  readonly expectClosed: PortLists | undefined;
}

/** -sn asks these: whoever answers, or refuses, is there. */
const USUAL_DOORS = [443, 80, 22];

export async function whatIsAsked(args: Args, world: World): Promise<Asked> {
  const types = args.scanTypes ?? "T";
  checkTypes(types);
  const protocols: Protocol[] = [
    ...(/T|^[nV]+$/.test(types) ? ["tcp" as const] : []),
    ...(types.includes("U") ? ["udp" as const] : []),
  ];
  const targets = [...args.operands, ...(await listed(args.inputList, world))];
  if (targets.length === 0) throw cannot("scan", "there is no target", "use ncx scan HOST");
  const exclude = [...(args.exclude ?? []), ...(await listed(args.excludeFile, world))];
  const hostsOnly = types.includes("n");
  const expect = listOf(args.expect, protocols);
  const expectClosed = listOf(args.expectClosed, protocols);
  const ports = hostsOnly
    ? { tcp: USUAL_DOORS, udp: [] }
    : portsFor(args, protocols, expect, expectClosed);
  const banner = args.banner === true || types.includes("V");
  const { stop, abort } = world;
  const options: ScanOptions = {
    ports,
    protocols,
    ...(exclude.length > 0 && { exclude }),
    ...(args.timing !== undefined && { timing: args.timing }),
    ...(args.rate !== undefined && { rate: args.rate }),
    ...(args.concurrency !== undefined && { concurrency: args.concurrency }),
    ...(args.probeTimeout !== undefined && { timeout: Math.max(1, args.probeTimeout) }),
    ...(args.probeRetries !== undefined && { retries: args.probeRetries }),
    ...(args.hostTimeout !== undefined && { hostTimeout: args.hostTimeout }),
    ...(banner && { banner }),
    ...(args.ipv4 && { family: 4 }),
    ...(args.ipv6 && { family: 6 }),
    ...(args.numeric && { numeric: true }),
    ...(args.yes && { large: true }),
    signal: AbortSignal.any([stop, abort]),
  };
  return { targets, options, ports, hostsOnly, expect, expectClosed };
}

function checkTypes(types: string): void {
  const stray = /[^TUnV]/.exec(types)?.[0];
  if (stray === undefined) return;
  const raw = /[SAFNXWMO]/.test(stray);
  const state = raw ? "it needs raw packets, which Node cannot send" : "not a type of scan";
  throw cannot(`use -s ${quote(types)}`, state, "use -sT, -sU, -sTU, -sn or -sV");
}

/** What is expected is asked as well; where nothing but that is named, only that. */
function portsFor(
  { ports, top, fast, excludePorts, expect, expectClosed }: Args,
  protocols: readonly Protocol[],
  open: PortLists | undefined,
  closed: PortLists | undefined,
): PortLists {
  const named =
    ports ?? (expect === undefined && top === undefined && !fast ? expectClosed : undefined);
  const count = top ?? (fast ? 100 : undefined);
  const asked = portsOf({
    protocols,
    ...(named !== undefined && { ports: named }),
    ...(count !== undefined && { top: count }),
    ...(excludePorts !== undefined && { excludePorts }),
  });
  const all = (protocol: Protocol): readonly number[] => {
    const more = [...(open?.[protocol] ?? []), ...(closed?.[protocol] ?? [])];
    return more.length === 0 ? asked[protocol] : [...new Set([...asked[protocol], ...more])];
  };
  const lists = { tcp: all("tcp"), udp: all("udp") };
  if (lists.tcp.length + lists.udp.length > 0) return lists;
  throw cannot("scan", "every port is left out", "leave fewer out");
}

function listOf(text: string | undefined, protocols: readonly Protocol[]): PortLists | undefined {
  return text === undefined ? undefined : parsePorts(text, protocols, serviceTable);
}

/** The words of a file, - being stdin; what follows a # is a comment. */
async function listed(file: string | undefined, { stdin }: World): Promise<string[]> {
  if (file === undefined) return [];
  const text =
    file === "-"
      ? await textOf(stdin)
      : await readFile(file, "utf8").catch((error: unknown) => {
          throw wrap(`read ${quote(file)}`, error);
        });
  return text
    .split("\n")
    .flatMap((line) => line.replace(/#.*/, "").split(/\s+/))
    .filter((word) => word !== "");
}
