import { checkOptions, toEndpoint } from "../../core/arguments.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import { NcxError } from "../../core/errors.ts";
import type { Connection } from "../../stream/connection.ts";
import { serve, type Server } from "../../transport/serve.ts";
import { bindNear } from "../_ends.ts";
import { handshakeEnd, type Client } from "./client.ts";
import { makeGuard, type Guard } from "./guard.ts";
import { serveHttp } from "./http.ts";
import { Intake } from "./intake.ts";
import type { ProxyOptions, ServedProtocol } from "./options.ts";
import { makeReach, type Reach } from "./reach.ts";
import { serveSocks4 } from "./socks4.ts";
import { serveSocks5 } from "./socks5.ts";
import { readTargets } from "./targets.ts";

const PROTOCOLS: readonly ServedProtocol[] = ["http", "socks4", "socks5", "auto"];

/**
 * Is a proxy: HTTP (CONNECT and plain requests), SOCKS 4, 4a and 5, told apart by the first byte. A text without a host,
 * such as `"3128"`, is loopback; over TLS it is an https proxy. What fails for one client is told to `onError`, after
 * the client was told in its own protocol. It never dials itself.
 *
 * Beyond loopback it is for everybody who can reach it, unless `auth` or `bind.allow` says otherwise.
 *
 * @throws {NcxError} as `listen()` does, when it cannot be bound; ADDRESS and RESOLVE for a list of targets; USAGE for
 *   SOCKS4 with `auth`.
 * @example
 * await using server = await proxy("127.0.0.1:0", { protocol: "http", allowTargets: ["10.0.0.0/8"] });
 */
export async function proxy(at: Endpoint | string, options: ProxyOptions = {}): Promise<Server> {
  for (const some of [options, options.bind ?? {}, options.dial ?? {}]) checkOptions(some);
  const { protocol = "auto", auth } = options;
  checkProtocol(protocol, auth !== undefined);
  const near = toEndpoint(at, { host: "localhost" });
  // Asked for once there are clients, and so once it is bound.
  const rules = await readTargets(options, () => listener.endpoints);
  const listener = await bindNear(near, options);
  const reach = makeReach(rules, options);
  const guard = auth && makeGuard(auth);
  return serve(
    listener,
    (connection, signal) => serveClient(connection, signal, options, reach, guard),
    options,
  );
}

function checkProtocol(protocol: ServedProtocol, guarded: boolean): void {
  if (!PROTOCOLS.includes(protocol))
    throw new TypeError(`protocol must be ${PROTOCOLS.join(", ")}, not ${String(protocol)}`);
  if (protocol !== "socks4" || !guarded) return;
  throw new NcxError("USAGE", "Cannot ask for a password: SOCKS4 has none", { hint: "use socks5" });
}

async function serveClient(
  connection: Connection,
  signal: AbortSignal,
  options: ProxyOptions,
  reach: Reach,
  guard: Guard | undefined,
): Promise<void> {
  const client: Client = {
    connection,
    intake: new Intake(connection.stream),
    options,
    reach,
    guard,
    signal,
  };
  try {
    await speak(client, options.protocol ?? "auto");
  } catch (error) {
    // Whoever has left wants nothing any more: there is nothing to report.
    if (!client.intake.gone.aborted) throw error;
  }
}

async function speak(client: Client, protocol: ServedProtocol): Promise<void> {
  const spoken = protocol === "auto" ? await tellApart(client) : protocol;
  if (spoken === "http") return serveHttp(client);
  if (spoken === "socks4") return serveSocks4(client);
  if (spoken === "socks5") return serveSocks5(client);
}

/** Undefined for a client that came and went. */
async function tellApart(client: Client): Promise<Exclude<ServedProtocol, "auto"> | undefined> {
  const first = await client.intake.pull(handshakeEnd(client));
  if (!first) return undefined;
  client.intake.putBack(first);
  if (first[0] === 4) return "socks4";
  return first[0] === 5 ? "socks5" : "http";
}
