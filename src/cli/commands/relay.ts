/** `ncx relay 8080 host:80`: rules of a place to listen on and a place to dial, until told to stop. */
import { onAbort } from "../../core/abort.ts";
import { formatDuration } from "../../core/units.ts";
import { relay, type RelayOptions } from "../../relay/index.ts";
import type { Server } from "../../transport/index.ts";
import { announce } from "../announce.ts";
import type { Args } from "../args.ts";
import { bindExtras, dialExtras } from "../extras.ts";
import type { Reporter } from "../report.ts";
import { dialOptions, socketOptions, unheeded } from "../socket-options.ts";
import type { World } from "../world.ts";
import { sayClosed, sayOpen, sayRefused } from "./_linked.ts";
import { readRules, requireTls, type Rule } from "./_relay-rules.ts";

/** Milliseconds that connections have to end after the first SIGINT or SIGTERM. */
const DRAIN = 10_000;

/** Runs the mode; gives the exit code. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const rules = readRules(args);
  requireTls(rules, args);
  for (const warning of unheeded({ ...args, udp: rules.some(hasUdp) })) report.say(warning);
  const servers: Server[] = [];
  const tap = args.tap && (await import("../tap.ts")).openTap(args.tap, world);
  const extras = {
    bind: await bindExtras(
      args,
      world,
      report,
      rules.map(({ from }) => from),
    ),
    dial: await dialExtras(
      ownsCertificate(rules) ? withoutCertificate(args) : args,
      world,
      report,
      rules.map(({ to }) => to),
    ),
  };
  try {
    for (const rule of rules)
      servers.push(
        await relay(rule.from, rule.to, {
          ...relayOptions(rule, args, world, report, extras),
          ...(tap && { observe: tap.observe }),
        }),
      );
    announce(
      servers,
      rules.map(({ from }) => from),
      args,
      report,
    );
    onAbort(
      AbortSignal.any([world.stop, world.unread]),
      () => void drain(servers, args.drain ?? DRAIN, report),
    );
    await Promise.all(servers.map(({ done }) => done));
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
    tap?.end();
  }
  return 0;
}

/** Whether the certificate that the flags name is the near side's; else it is a client's, for the far side. */
function ownsCertificate(rules: readonly Rule[]): boolean {
  return rules.some(({ from }) => from.kind === "tls" || from.kind === "dtls");
}

function withoutCertificate({ tlsCert: _cert, tlsKey: _key, ...args }: Args): Args {
  return args;
}

function hasUdp({ from, to }: Rule): boolean {
  return [from, to].some(({ kind }) => /^(udp|dtls|unixgram)$/.test(kind));
}

function relayOptions(
  rule: Rule,
  args: Args,
  world: World,
  report: Reporter,
  extras: Pick<RelayOptions, "bind" | "dial">,
): RelayOptions {
  const { retries, maxConns, maxAccepts, idleTimeout, rateLimit } = args;
  const { timeout, ...dial } = dialOptions(args);
  return {
    bind: {
      ...socketOptions(args),
      ...extras.bind,
      ...sayRefused(report),
    },
    dial: { ...dial, ...extras.dial },
    signal: world.abort,
    ...(talks(args) && {
      onOpen: (near, far) => sayOpen(near, far, rule.to, report),
      onClose: (near, far, result) => sayClosed(near, far, result, rule.to, report),
    }),
    onError: (error, { id }) => report.fail(error, id),
    ...(timeout !== undefined && { connectTimeout: timeout }),
    ...(retries !== undefined && { retries }),
    ...(maxConns !== undefined && { maxConns }),
    ...(maxAccepts !== undefined && { maxAccepts }),
    ...(idleTimeout !== undefined && { idle: idleTimeout }),
    ...(rateLimit !== undefined && { rateLimit }),
  };
}

/** Whether each connection is worth a line: building one costs as much as relaying a short request. */
function talks({ verbose, jsonEvents = false }: Args): boolean {
  return verbose > 0 || jsonEvents;
}

async function drain(servers: readonly Server[], ms: number, report: Reporter): Promise<void> {
  for (const server of servers) void server.close();
  const live = servers.reduce((sum, { connections }) => sum + connections, 0);
  if (live > 0) {
    const count = live === 1 ? "1 connection" : `${live} connections`;
    report.say(`Waiting up to ${formatDuration(ms)} for ${count} to end; again to end now`);
  }
  await Promise.all(servers.map((server) => server.drain(ms)));
}
