/** From the destination that a client has named to a connection with it. */
import { isIP } from "node:net";
import type { TcpEndpoint } from "../../core/endpoint.ts";
import { formatEndpoint } from "../../core/endpoint.ts";
import { lowerFirst, NcxError } from "../../core/errors.ts";
import type { Connection } from "../../stream/connection.ts";
import { resolveHost } from "../../transport/resolve.ts";
import { dialFar } from "../_ends.ts";
import type { ProxyOptions } from "./options.ts";
import type { TargetRules } from "./targets.ts";

/** @throws {NcxError} DENIED for a destination that the rules forbid; else as dialling does. */
export type Reach = (to: TcpEndpoint, signal: AbortSignal) => Promise<Connection>;

export function makeReach(rules: TargetRules, options: ProxyOptions): Reach {
  const proxied = (options.dial?.proxy?.length ?? 0) > 0;
  return (to, signal) => {
    if (to.port === 0) throw unreachable(to, "ADDRESS", "Port 0 cannot be dialled");
    if (proxied) return reachThrough(to, rules, options, signal);
    const refuse = (address: string): string | undefined => rules.refuse(address, to.port);
    return dialFar(to, options, signal, { refuse });
  };
}

/** Through further proxies: the name goes on as it is, unless it must be known what it stands for. */
async function reachThrough(
  to: TcpEndpoint,
  rules: TargetRules,
  options: ProxyOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const literal = isIP(to.host.replace(/%.*$/, "")) !== 0;
  if (!literal && !rules.listed) return dialFar(to, options, signal);
  const addresses = await resolveHost(to.host, { ...options.dial, signal, endpoint: to });
  let failure: unknown;
  for (const { address } of addresses) {
    const state = rules.refuse(address, to.port);
    try {
      if (state === undefined) return await dialFar({ ...to, host: address }, options, signal);
      failure ??= unreachable(to, "DENIED", state);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function unreachable(to: TcpEndpoint, code: "ADDRESS" | "DENIED", state: string): NcxError {
  const message = `Cannot connect to ${formatEndpoint(to)}: ${lowerFirst(state)}`;
  return new NcxError(code, message, { endpoint: to, state });
}
