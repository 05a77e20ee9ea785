/** `ncx -l --proxy-type http 3128`: be a proxy, until told to stop. */
import { onAbort } from "../../core/abort.ts";
import { formatEndpoint, type Endpoint } from "../../core/endpoint.ts";
import { formatBytes, formatDuration } from "../../core/units.ts";
import { proxy, type ProxiedRequest, type ProxyOptions } from "../../relay/index.ts";
import type { Connection } from "../../stream/connection.ts";
import { announce } from "../announce.ts";
import type { Args } from "../args.ts";
import { bindExtras } from "../extras.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import { socketOptions, unheeded } from "../socket-options.ts";
import { listenTarget } from "../target.ts";
import type { World } from "../world.ts";
import { sayClosed, sayOpen, sayRefused } from "./_linked.ts";
import {
  guardOpenProxy,
  readAuth,
  readProtocol,
  refuseCompany,
  upstreamOf,
} from "./_proxy-rules.ts";

/** Milliseconds that connections have to end after the first SIGINT or SIGTERM. */
const DRAIN = 10_000;

/** Runs the mode; gives the exit code. */
export async function run(given: Args, world: World, report: Reporter): Promise<number> {
  refuseCompany(given);
  const { protocol, tls } = readProtocol(given);
  const args = tls ? { ...given, tls } : given;
  const auth = readAuth(args, world, protocol);
  const target = listenTarget(args);
  guardOpenProxy(target, args, auth !== undefined, report);
  // It dials as a relay does, and always serves many; two of the flags are about ourselves.
  const { proxyType: _, proxyAuth: __, ...others } = args;
  for (const warning of unheeded({ ...others, mode: "relay" })) report.say(warning);
  report.news(1, report.wording.version());
  await using server = await proxy(target, {
    ...(await options(target, args, world, report)),
    protocol,
    ...(auth && { auth }),
  });
  announce([server], [target], args, report);
  onAbort(world.stop, () => void server.drain(args.drain ?? DRAIN));
  await server.done;
  return 0;
}

async function options(
  target: Endpoint,
  args: Args,
  world: World,
  report: Reporter,
): Promise<ProxyOptions> {
  const { allowTarget, denyTarget, idleTimeout, maxAccepts } = args;
  const timeout = args.connectTimeout ?? (args.wait || undefined);
  return {
    bind: {
      ...socketOptions(args),
      ...(await bindExtras(args, world, report, [target])),
      ...sayRefused(report),
    },
    dial: { ...socketOptions(args), ...(await upstreamOf(args, world, report)) },
    signal: world.abort,
    maxConns: args.maxConns ?? PERSONALITIES[args.personality].maxConns,
    onOpen: (near, far, to) => sayOpen(near, far, to, report),
    onClose: (near, far, result, to) => sayClosed(near, far, result, to, report),
    onRequest: (near, request) => sayRequest(near, request, report),
    onError: (error, { id }) => report.fail(error, id),
    ...(timeout !== undefined && { connectTimeout: timeout }),
    ...(idleTimeout !== undefined && { idle: idleTimeout }),
    ...(maxAccepts !== undefined && { maxAccepts }),
    ...(allowTarget && { allowTargets: allowTarget }),
    ...(denyTarget && { denyTargets: denyTarget }),
  };
}

function sayRequest({ id, remote }: Connection, request: ProxiedRequest, report: Reporter): void {
  const { method, url, status, sent, received, duration } = request;
  report.event({ type: "request", id, remote, ...request });
  const sizes = `${formatBytes(received)} there, ${formatBytes(sent)} back`;
  const line = `${formatEndpoint(remote)} -> ${method} ${url}: ${status}, ${sizes}`;
  report.tell(1, `[${id}] ${line} in ${formatDuration(duration)}`);
}
