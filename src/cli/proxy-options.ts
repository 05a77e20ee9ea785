/** From --proxy, -x, -X, -P and their like to the proxies to dial through. */
import { parseProxy, type Proxy, type ProxyProtocol } from "../core/proxy.ts";
import type { Args } from "./args.ts";
import { askPassword } from "./ask-password.ts";
import { PERSONALITIES } from "./personality.ts";
import { cannot } from "./usage.ts";
import type { World } from "./world.ts";

interface Login {
  readonly user: string;
  readonly password: string;
}

/** What each value of -X and --proxy-type speaks. */
const TYPES: Readonly<Record<string, ProxyProtocol>> = {
  http: "http",
  connect: "http",
  https: "https",
  4: "socks4",
  socks4: "socks4",
  socks4a: "socks4a",
  5: "socks5",
  socks5: "socks5",
  socks5h: "socks5h",
};

/**
 * The proxies, nearest first. Credentials that aren't in a URL are for the nearest one.
 *
 * @throws {NcxError} USAGE, ADDRESS; ABORTED while a password is asked for.
 */
export async function readProxies(args: Args, world: World): Promise<Proxy[]> {
  const { proxy = [] } = args;
  const fallback = fallbackType(args);
  const [first, ...rest] = proxy.map((text) => parseProxy(text, fallback));
  if (!first) return [];
  const login = first.user === undefined ? await findLogin(first, args, world) : {};
  return [{ ...first, ...login }, ...rest].map((each, at) => ({
    ...each,
    ...dnsFor(proxy[at] ?? "", args),
  }));
}

/** Who looks names up. A scheme says it itself, as with curl; else it is as with ncat, and OpenBSD's `-X 4`. */
function dnsFor(text: string, { proxyDns, proxyType }: Args): Pick<Proxy, "dns"> {
  if (proxyDns !== undefined) return { dns: proxyDns };
  if (/^[^:/@]*:\/\//.test(text)) return {};
  return { dns: proxyType === "4" ? "local" : "remote" };
}

/** What is spoken to a proxy whose text doesn't say. */
function fallbackType({ mode, personality, proxyType }: Args): ProxyProtocol {
  // With -l the type is what we are, not what the next proxy is.
  if (proxyType === undefined || mode === "listen") return PERSONALITIES[personality].proxyType;
  const type = TYPES[proxyType];
  if (!type) throw cannot(`use -X ${proxyType}`, "it is for being a proxy", "add -l, or name one");
  return type;
}

async function findLogin(
  proxy: Proxy,
  { proxyAuth, proxyUser }: Args,
  world: World,
): Promise<Partial<Proxy>> {
  if (proxyAuth !== undefined) return splitLogin(proxyAuth, "--proxy-auth");
  const known = environmentLogin(world);
  if (proxyUser === undefined || known?.user === proxyUser) return known ?? {};
  // SOCKS4 has no passwords.
  if (proxy.protocol.startsWith("socks4")) return { user: proxyUser };
  const signal = AbortSignal.any([world.stop, world.abort]);
  const password = await askPassword(`Proxy password for ${printable(proxyUser)}: `, signal);
  if (password !== undefined) return { user: proxyUser, password };
  throw cannot(
    "ask for the proxy's password",
    "there is no terminal",
    "give it as user:password in NCX_PROXY_AUTH",
  );
}

/** The login of the environment. @throws {NcxError} USAGE, which names the variable and does not show its value. */
export function environmentLogin({ env }: World): Login | undefined {
  for (const name of ["NCX_PROXY_AUTH", "NCAT_PROXY_AUTH"]) {
    const text = env[name];
    if (text) return readLogin(text, name, `${name}=user:password`);
  }
  return undefined;
}

/** `user:password`, both there. @throws {NcxError} USAGE */
export function readLogin(text: string, what: string, form: string): Login {
  if (text.indexOf(":") < 1) throw cannot(`use ${what}`, "it is not user:password", form);
  return splitLogin(text, what);
}

/** `user:password`; a user alone has an empty password. */
function splitLogin(text: string, what: string): Login {
  const colon = text.indexOf(":");
  const user = colon < 0 ? text : text.slice(0, colon);
  if (user === "") throw cannot(`use ${what}`, "the user is missing", "it is user:password");
  return { user, password: colon < 0 ? "" : text.slice(colon + 1) };
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, "?");
}
