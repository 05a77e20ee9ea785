/** Scanning: which ports are open, closed or filtered. */
import { wrap } from "../core/errors.ts";
import type { HostPattern } from "../core/hosts.ts";
import { portCategory } from "../core/port-category.ts";
import {
  loadServiceNames,
  parseServiceLines,
  type ServiceNames,
} from "../platform/service-list.ts";
import { readServicesText } from "../platform/services.ts";
import { askPlaces } from "../transport/ask.ts";
import { sweepPlaces, type ProbeAnswer } from "../transport/sweep.ts";
import { udpQuestion } from "../protocol/udp-questions.ts";
import {
  timingOf,
  type PortState,
  type ScanOptions,
  type ScanResult,
  type Timing,
} from "./options.ts";
import { PACE, PortsMeter } from "./progress.ts";
import { parsePorts, type PortLists, type Protocol } from "./ports.ts";
import { serviceTable } from "./services.ts";
import { scanTargets, type ScanTarget } from "./targets.ts";
import { USUAL, usualPorts } from "./usual-ports.ts";

/**
 * Scans hosts, in nmap's syntax: names, addresses, networks, octet ranges. Gives each port's result as it comes.
 *
 * A silent TCP port is asked again before it is called filtered; a silent UDP port may be open or filtered. What the
 * system lacks for a moment (descriptors, ports of its own, memory) puts a probe off and slows the scan down.
 *
 * @throws {NcxError} ADDRESS for what is no host or port, RESOLVE without `onError`, USAGE for too many, ABORTED.
 * @example
 * for await (const { port, state } of scan("127.0.0.1", { ports: "1-1024" })) if (state === "open") use(port);
 */
export async function* scan(
  hosts: string | readonly (string | HostPattern)[],
  options: ScanOptions = {},
): AsyncGenerator<ScanResult, void> {
  for await (const batch of scanInBatches(hosts, options)) yield* batch;
}

/** The same, many results at a time: for tens of thousands of ports. */
export async function* scanInBatches(
  hosts: string | readonly (string | HostPattern)[],
  options: ScanOptions = {},
): AsyncGenerator<readonly ScanResult[], void> {
  const timing = timingOf(options);
  const ports = portsOf(options);
  const targets = await scanTargets(typeof hosts === "string" ? [hosts] : hosts, options);
  const nameOf = loadServiceNames();
  const meter = new PortsMeter(ports, targets.length, timing);
  const tell = (): void => options.onProgress?.(meter.now());
  tell();
  const timer = options.onProgress && setInterval(tell, PACE).unref();
  let open: ScanResult[] = []; // those that are asked who they are
  try {
    for (const protocol of ["tcp", "udp"] as const) {
      for await (const answers of answersOf(
        targets,
        ports[protocol],
        protocol,
        timing,
        options,
        meter,
      )) {
        const results = toResults(answers, targets, ports[protocol], protocol, nameOf);
        meter.add(results.length);
        tell();
        yield options.banner ? results.filter((result) => !hasBanner(result, open)) : results;
      }
    }
    clearInterval(timer);
    const found = open;
    open = [];
    if (found.length > 0) yield* withBanners(found, options);
    options.signal?.throwIfAborted();
  } catch (error) {
    if (open.length > 0) yield open;
    throw options.signal?.aborted ? wrap("scan", options.signal.reason) : error;
  } finally {
    clearInterval(timer);
  }
}

/** Whether a port may say who it is; it is put with the others that may. */
function hasBanner(result: ScanResult, open: ScanResult[]): boolean {
  const has = result.state === "open" && result.protocol === "tcp";
  if (has) open.push(result);
  return has;
}

/** The ports that these options mean. */
export function portsOf(options: ScanOptions): PortLists {
  const { ports, top, excludePorts, protocols = ["tcp"] } = options;
  const lists = wanted(ports, top, protocols);
  if (excludePorts === undefined) return lists;
  const out = parsePorts(excludePorts, ["tcp", "udp"], serviceTable);
  return {
    tcp: without(lists.tcp, out.tcp),
    udp: without(lists.udp, out.udp),
  };
}

function wanted(
  ports: ScanOptions["ports"],
  top: number | undefined,
  protocols: readonly Protocol[],
): PortLists {
  if (typeof ports === "string") return parsePorts(ports, protocols, serviceTable);
  if (ports && "tcp" in ports) return ports;
  const list = (protocol: Protocol, make: () => readonly number[]): readonly number[] =>
    protocols.includes(protocol) ? make() : [];
  if (ports) {
    for (const port of ports)
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        throw new RangeError(`A port must be 1 to 65535, not ${port}`);
    return { tcp: list("tcp", () => ports), udp: list("udp", () => ports) };
  }
  const services = parseServiceLines(readServicesText());
  const usual = (protocol: Protocol): number[] => {
    const known = services.filter(({ protocol: of }) => of === protocol);
    return usualPorts(
      top ?? USUAL[protocol],
      protocol,
      known.map(({ port }) => port),
    );
  };
  return { tcp: list("tcp", () => usual("tcp")), udp: list("udp", () => usual("udp")) };
}

function without(ports: readonly number[], out: readonly number[]): number[] {
  const gone = new Set(out);
  return ports.filter((port) => !gone.has(port));
}

async function* answersOf(
  targets: readonly ScanTarget[],
  ports: readonly number[],
  protocol: Protocol,
  timing: Timing,
  options: ScanOptions,
  meter: PortsMeter,
): AsyncGenerator<readonly ProbeAnswer[], void> {
  if (ports.length === 0 || targets.length === 0) return;
  const { signal, raw, hostTimeout } = options;
  const places = {
    ...timing,
    addresses: targets.map(({ address }) => address),
    ports,
    onStart: (silent: () => number) => meter.begin(protocol, silent),
    ...(signal && { signal }),
    ...(hostTimeout !== undefined && { hostTimeout }),
  };
  if (protocol === "tcp") yield* sweepPlaces({ ...places, ...(raw !== undefined && { raw }) });
  else yield* askPlaces({ ...places, question: udpQuestion });
}

function toResults(
  answers: readonly ProbeAnswer[],
  targets: readonly ScanTarget[],
  ports: readonly number[],
  protocol: Protocol,
  nameOf: ServiceNames,
): ScanResult[] {
  const results: ScanResult[] = [];
  for (const { index, outcome } of answers) {
    const target = targets[Math.floor(index / ports.length)];
    const port = ports[index % ports.length];
    if (!target || port === undefined) continue;
    const [state, reason] = verdict(outcome, protocol);
    const service = state === "closed" ? undefined : nameOf(port, protocol);
    const { host, address } = target;
    const category = portCategory(port);
    // There may be tens of thousands: no object is made to be spread.
    if (service === undefined)
      results.push({ host, address, port, protocol, state, reason, category });
    else results.push({ host, address, port, protocol, state, reason, service, category });
  }
  return results;
}

const VERDICTS: Readonly<Record<string, readonly [PortState, string]>> = {
  self: ["closed", "conn-refused"],
  ECONNREFUSED: ["closed", "conn-refused"],
  ECONNRESET: ["closed", "reset"],
  silent: ["filtered", "no-response"],
  skipped: ["filtered", "host-timeout"],
  ETIMEDOUT: ["filtered", "no-response"],
  EHOSTUNREACH: ["filtered", "host-unreach"],
  EHOSTDOWN: ["filtered", "host-unreach"],
  ENETUNREACH: ["filtered", "net-unreach"],
  EACCES: ["filtered", "admin-prohibited"],
  EPERM: ["filtered", "admin-prohibited"],
};

/** What the system's answer says of the port. What only says something of this host never makes a port closed. */
export function verdict(outcome: string, protocol: Protocol): readonly [PortState, string] {
  if (outcome === "open") return ["open", protocol === "udp" ? "udp-response" : "syn-ack"];
  if (protocol === "udp" && outcome === "ECONNREFUSED") return ["closed", "port-unreach"];
  if (protocol === "udp" && outcome === "silent") return ["open|filtered", "no-response"];
  const known = Object.hasOwn(VERDICTS, outcome) ? VERDICTS[outcome] : undefined;
  return known ?? ["filtered", outcome.toLowerCase()];
}

async function* withBanners(
  results: readonly ScanResult[],
  { signal, onProgress }: ScanOptions,
): AsyncGenerator<readonly ScanResult[], void> {
  const { bannersLeft, grabBanners } = await import("./banner/grab.ts");
  const total = results.length;
  const began = performance.now();
  let done = 0;
  let heard = began;
  const tell = (): void => {
    const now = performance.now();
    const left = bannersLeft(done, total, now - began, now - heard);
    onProgress?.({ phase: "banners", done, total, ...(left > 0 && { left }) });
  };
  tell();
  const timer = onProgress && setInterval(tell, PACE).unref();
  try {
    for await (const some of grabBanners(results, signal)) {
      done += some.length;
      heard = performance.now();
      tell();
      yield some;
    }
  } finally {
    clearInterval(timer);
  }
}
