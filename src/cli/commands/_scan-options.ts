/** From what was typed to what is scanned. */
import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { NcxError, quote, wrap } from "../../core/errors.ts";
import {
  parsePorts,
  portsOf,
  readTargets,
  serviceTable,
  type PortLists,
  type Protocol,
  type ScanOptions,
} from "../../scan/index.ts";
import type { Args } from "../args.ts";
import { TIMING_NAMES } from "../options/scan.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

export interface Asked {
  readonly targets: readonly string[];
  /** Those of -iL that are none: the others are scanned. */
  readonly bad: readonly NcxError[];
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
  const { good, bad } = sorted(await listed(args.inputList, world));
  const targets = [...args.operands, ...good];
  if (targets.length === 0)
    throw bad[0] ?? cannot("scan", "there is no target", "use ncx scan HOST");
  const out = sorted(await listed(args.excludeFile, world));
  // What cannot be left out would be scanned after all.
  if (out.bad[0]) throw out.bad[0];
  const exclude = [...(args.exclude ?? []), ...out.good];
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
    ...(args.timing !== undefined && { timing: timingNumber(args.timing) }),
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
  return { targets, bad, options, ports, hostsOnly, expect, expectClosed };
}

function timingNumber(text: string): number {
  const at = TIMING_NAMES.indexOf(text);
  return at < 0 ? Number(text) : at;
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

interface Listed {
  readonly word: string;
  /** `hosts.txt, line 3` */
  readonly origin: string;
}

/** The words of a file, - being stdin; what follows a # is a comment. */
async function listed(file: string | undefined, { stdin }: World): Promise<Listed[]> {
  if (file === undefined) return [];
  const text =
    file === "-"
      ? await textOf(stdin)
      : await readFile(file, "utf8").catch((error: unknown) => {
          throw wrap(`read ${quote(file)}`, error);
        });
  return text.split("\n").flatMap((line, at) =>
    line
      .replace(/#.*/, "")
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => ({ word, origin: `${file === "-" ? "stdin" : file}, line ${at + 1}` })),
  );
}

/** What is a host, and why the others are none. */
function sorted(words: readonly Listed[]): { good: string[]; bad: NcxError[] } {
  const good: string[] = [];
  const bad: NcxError[] = [];
  for (const { word, origin } of words) {
    try {
      readTargets(word, origin);
      good.push(word);
    } catch (error) {
      if (!(error instanceof NcxError)) throw error;
      bad.push(error);
    }
  }
  return { good, bad };
}
