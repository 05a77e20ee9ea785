/** Places as people write them: `8080`, `:8080`, `tcp@127.0.0.1:80`, `4udp:53`, `unix:/run/x.sock`. */
import { isIP } from "node:net";
import { describe, NcxError, quote, wrap } from "../core/errors.ts";
import { parsePortRanges, type PortRange } from "../core/ranges.ts";
import { servicePort } from "../platform/services.ts";
import type { PlaceFilter } from "./options.ts";

/**
 * Reads `[46][tcp|udp][@HOST][:PORTS]`, as lsof's -i does; also PORTS, HOST:PORTS, PROTOCOL:PORTS, a path, unix:PATH
 * and `any`. A host's name is looked up.
 *
 * @throws {NcxError} ADDRESS when it is none of these; RESOLVE.
 */
export async function parsePlaceFilter(text: string): Promise<PlaceFilter> {
  if (text === "any" || text === "*") return {};
  if (text.startsWith("unix:")) return { protocol: "unix", path: text.slice("unix:".length) };
  if (text.startsWith("/")) return { protocol: "unix", path: text };
  // A bare v6 address has colons of its own.
  if (isIP(text) !== 0) return { addresses: [text.toLowerCase()] };
  if (isPorts(text)) return { ports: portsIn(text) };
  const [, version = "", protocol = "", rest = ""] =
    /^([46]?)(tcp|udp|)(?=$|[@:])(.*)$/is.exec(text) ?? [];
  const place = version + protocol === "" && !/^[@:]/.test(text) ? `@${text}` : rest;
  const found = /^(?:@(\[[^\]]*\]|[^:]*))?(?::(.*))?$/s.exec(place);
  const [, host, ports] = found ?? [];
  if (text === "" || !found) throw bad(text);
  return {
    ...(version !== "" && { family: version === "4" ? 4 : 6 }),
    ...(protocol !== "" && { protocol: protocol.toLowerCase() === "tcp" ? "tcp" : "udp" }),
    ...(host !== undefined && { addresses: await addressesOf(host, text) }),
    ...(ports !== undefined && { ports: portsIn(ports) }),
  };
}

/** Whether it is ports alone: numbers, ranges, or the name of a service. */
function isPorts(text: string): boolean {
  if (/^\d+(-\d+)?(,.*)?$/.test(text)) return true;
  return /^[a-z][\w-]*$/i.test(text) && !/^(tcp|udp)$/i.test(text) && serviceAt(text) !== undefined;
}

/** @throws {NcxError} ADDRESS for what is no port. */
export function portsIn(text: string): PortRange[] {
  return parsePortRanges(text, serviceAt);
}

function serviceAt(name: string): number | undefined {
  return servicePort(name, "tcp") ?? servicePort(name, "udp");
}

async function addressesOf(host: string, text: string): Promise<string[]> {
  const name = host.replace(/^\[(.*)\]$/, "$1");
  if (name === "" || /[\s[\]]/.test(name)) throw bad(text);
  if (name === "*") return ["0.0.0.0", "::"];
  if (isIP(name)) return [name.toLowerCase()];
  // Some systems know one of its addresses only.
  if (name === "localhost") return ["127.0.0.1", "::1"];
  // Hardly any listing needs it.
  const { lookup } = await import("node:dns/promises");
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (error) {
    const tried = [{ address: name, state: describe(error)[1] }];
    const hint = `for a program use program=${name}, for a user user=${name}`;
    throw wrap(`resolve ${quote(name)}`, error, {
      tried,
      ...(/^[a-z_][\w-]*$/i.test(host) && { hint }),
    });
  }
}

function bad(text: string): NcxError {
  return new NcxError("ADDRESS", `Cannot parse place ${quote(text)}: not a port or an address`, {
    hint: "use 8080, :8080, http, 127.0.0.1:80, tcp@127.0.0.1:80, udp:53 or unix:/run/x.sock",
  });
}
