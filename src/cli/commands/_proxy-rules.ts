/** What makes a command line one for a proxy, or forbids it. */
import type { Endpoint } from "../../core/endpoint.ts";
import type { ProxyOptions, ServedProtocol } from "../../relay/index.ts";
import type { DialOptions } from "../../transport/index.ts";
import type { Args } from "../args.ts";
import { dialExtras } from "../extras.ts";
import { PERSONALITIES } from "../personality.ts";
import type { Reporter } from "../report.ts";
import { environmentLogin, readLogin } from "../proxy-options.ts";
import { isAtHome } from "../target.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

/** Other things that a listener can be. @throws {NcxError} USAGE */
export function refuseCompany(args: Args): void {
  const others: readonly (readonly [string, boolean])[] = [
    ["--broker", args.broker === true],
    ["--chat", args.chat === true],
    ["-u", args.udp === true],
  ];
  const other = others.find(([, given]) => given)?.[0];
  if (other === undefined) return;
  throw cannot(`be a proxy with ${other}`, "they exclude each other", "leave one of them away");
}

/** What --proxy-type means for a proxy. */
export function readProtocol({ proxyType = "http" }: Args): {
  readonly protocol: ServedProtocol;
  readonly tls: boolean;
} {
  if (/^(?:socks)?4a?$/.test(proxyType)) return { protocol: "socks4", tls: false };
  if (/^(?:socks)?5h?$/.test(proxyType)) return { protocol: "socks5", tls: false };
  if (proxyType === "auto") return { protocol: "auto", tls: false };
  return { protocol: "http", tls: proxyType === "https" };
}

/** Who may use it: from --proxy-auth, or the environment. @throws {NcxError} USAGE, which doesn't show the value. */
export function readAuth(
  { proxyAuth }: Args,
  world: World,
  protocol: ServedProtocol,
): ProxyOptions["auth"] {
  const given = "--proxy-auth";
  const login =
    proxyAuth === undefined
      ? environmentLogin(world)
      : readLogin(proxyAuth, given, `${given} user:password`);
  if (login && protocol === "socks4")
    throw cannot("ask for a password", "SOCKS4 has none", "use --proxy-type socks5");
  return login;
}

/** Refuses, or warns of, a proxy for everybody. @throws {NcxError} USAGE */
export function guardOpenProxy(
  target: Endpoint,
  args: Args,
  guarded: boolean,
  report: Reporter,
): void {
  const { allow, allowFile, tlsRequestCert, openProxy, personality } = args;
  const limited = guarded || tlsRequestCert || allow !== undefined || allowFile !== undefined;
  if (limited || isAtHome(target)) return;
  const state = "whoever can reach it may use it";
  const hint = "give --allow HOSTS or --proxy-auth, or insist with --open-proxy";
  if (!openProxy && PERSONALITIES[personality].refusesOpenProxy)
    throw cannot("be a proxy beyond loopback", state, hint);
  report.say(`Warning: this proxy is open: ${state}`);
}

/** The proxies to dial through, which -x names: --proxy-type and --proxy-auth are about us. */
export async function upstreamOf(
  args: Args,
  world: World,
  report: Reporter,
): Promise<Pick<DialOptions, "tls" | "proxy">> {
  if (!args.proxy) return {};
  const { proxyType: _, proxyAuth: __, ...rest } = args;
  const { NCX_PROXY_AUTH: ___, NCAT_PROXY_AUTH: ____, ...env } = world.env;
  return dialExtras(rest, Object.create(world, { env: { value: env } }), report);
}
