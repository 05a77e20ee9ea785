/** `ncx -z host 20-30`: dial each port, and say which are open. */
import { probe, type ProbeResult } from "../../connect/index.ts";
import { carrierOf, type Endpoint } from "../../core/endpoint.ts";
import { serviceName } from "../../platform/services.ts";
import type { Args } from "../args.ts";
import { dialExtras } from "../extras.ts";
import { PERSONALITIES } from "../personality.ts";
import { isUnreached, type Reporter } from "../report.ts";
import { dialOptions, unheeded } from "../socket-options.ts";
import { overTls, probeTargets, protocolOf } from "../target.ts";
import type { World } from "../world.ts";

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  for (const warning of unheeded(args)) report.say(warning);
  const { host, ports } = probeTargets(args);
  const signal = AbortSignal.any([world.stop, world.abort]);
  const extras = await dialExtras(args, world, report);
  const over = (carrier: Endpoint): Endpoint => overTls(carrier, args);
  const options = { ...dialOptions(args), ...extras, protocol: protocolOf(args), over, signal };
  const paced = args.lineDelay === undefined ? options : { ...options, delay: args.lineDelay };
  let open = 0;
  for await (const result of probe(host, args.randomPorts ? shuffle(ports) : ports, paced)) {
    if (result.state === "open" || result.state === "silent") open += 1;
    sayProbe(host, result, ports.length === 1, args, report);
  }
  if (open === 0 && ports.length > 1)
    report.tell(loudness(args), `no port of ${ports.length} is open on ${host}`);
  return open === ports.length || (open > 0 && !args.allOpen) ? 0 : 1;
}

function sayProbe(
  host: string,
  result: ProbeResult,
  alone: boolean,
  args: Args,
  report: Reporter,
): void {
  const { port, state, error } = result;
  const protocol = protocolOf(args);
  const target = { host, port, protocol };
  const service = args.numeric ? undefined : serviceName(port, protocol);
  const named = service === undefined ? {} : { service };
  const reason = error === undefined ? {} : { reason: error.state ?? error.message };
  report.event({ type: "probe", ...target, state, ...named, ...reason });
  const at = result.remote && carrierOf(result.remote);
  const reached = at && "host" in at ? { ...target, address: at.host } : target;
  if (state === "open") report.news(loudness(args), report.wording.open(reached, service));
  else if (state === "silent") report.news(loudness(args), report.wording.silent(reached, service));
  else if (alone) {
    // Who says nothing of an open port without -v says nothing of a closed one either.
    if (args.jsonEvents || args.verbose >= loudness(args) || !isUnreached(error))
      report.fail(error);
  } else {
    const place: Endpoint = { kind: protocol, host, port };
    const refused = report.wording.refused(place, error?.state ?? state, error?.tried ?? []);
    if (refused !== undefined) report.tell(1, refused);
  }
}

/** The verbosity from which an open port is said. */
function loudness({ personality }: Args): number {
  return PERSONALITIES[personality].saysOpen ? 0 : 1;
}

/** Fisher and Yates. */
function shuffle(ports: readonly number[]): number[] {
  const mixed = [...ports];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as number, mixed[last] as number];
  }
  return mixed;
}
