/** What only some runs ask of dialling and binding: TLS, proxies, access lists. Loaded when the flags name them. */
import type { Endpoint } from "../core/endpoint.ts";
import type { BindOptions, DialOptions } from "../transport/index.ts";
import type { Args } from "./args.ts";
import type { Reporter } from "./report.ts";
import type { World } from "./world.ts";

/**
 * @param targets what is to be dialled.
 * @throws {NcxError} USAGE, ADDRESS; DENIED and its like for a file that cannot be read.
 */
export async function dialExtras(
  args: Args,
  world: World,
  report: Reporter,
  targets: readonly Endpoint[] = [],
): Promise<Pick<DialOptions, "tls" | "proxy">> {
  const { proxy } = args;
  const proxied = proxy && (await (await import("./proxy-options.ts")).readProxies(args, world));
  return {
    ...((namesTls(args) || targets.some(isTls)) && {
      tls: await (await import("./tls-options.ts")).tlsDialOptions(args, world, report),
    }),
    ...(proxied && { proxy: proxied }),
  };
}

/**
 * @param targets what is to be bound.
 * @throws {NcxError} as `dialExtras` does.
 */
export async function bindExtras(
  args: Args,
  world: World,
  report: Reporter,
  targets: readonly Endpoint[] = [],
): Promise<BindOptions> {
  return {
    ...(targets.some(isTls) && {
      tls: await (await import("./tls-options.ts")).tlsBindOptions(args, world, report),
    }),
    ...(namesAccess(args) && (await import("./access-options.ts")).accessOptions(args)),
  };
}

function isTls({ kind }: Endpoint): boolean {
  return kind === "tls" || kind === "dtls";
}

/** Whether any flag is about TLS. */
function namesTls(args: Args): boolean {
  return args.tls === true || Object.keys(args).some((field) => /^tls[A-Z]|^insecure$/.test(field));
}

function namesAccess({ allow, allowFile, deny, denyFile, denyMode, ...args }: Args): boolean {
  const given = [allow, allowFile, deny, denyFile, denyMode, args.maxConnsPerIp, args.acceptRate];
  return given.some((value) => value !== undefined);
}
