/** What is port 443, and which port has https: the system's list and IANA's. */
import { NcxError, quote } from "../core/errors.ts";
import { emptyPart } from "../core/ranges.ts";
import { portCategory, type PortCategory } from "../core/port-category.ts";
import { loadServices, type Service } from "../platform/service-list.ts";
import type { ServicesOptions } from "./options.ts";

/** One service at one port. */
export interface ServiceEntry extends Service {
  readonly category: PortCategory;
}

/**
 * The services that are wanted, by port and protocol. The system's names come before IANA's.
 *
 * @throws {NcxError} ADDRESS for a port or a protocol that there isn't.
 * @example
 * const [https] = await services({ wanted: ["443/tcp"] });
 */
export async function services(options: ServicesOptions = {}): Promise<ServiceEntry[]> {
  const { wanted = [], category, protocol } = options;
  const tests = wanted.flatMap((list) => partsOf(list)).map(wish);
  const { services: all } = loadServices();
  return all
    .filter(
      (service) =>
        (category === undefined || portCategory(service.port) === category) &&
        (protocol === undefined || service.protocol === protocol) &&
        (tests.length === 0 || tests.some((test) => test(service))),
    )
    .map((service) => ({ ...service, category: portCategory(service.port) }));
}

function partsOf(list: string): string[] {
  const fault = emptyPart(list);
  if (fault !== undefined) throw bad(list, fault);
  return list.split(",").map((part) => part.trim());
}

const PROTOCOLS = ["tcp", "udp", "sctp", "dccp"];

function wish(text: string): (service: Service) => boolean {
  const [what = "", protocol] = text.split("/", 2);
  const lower = protocol?.toLowerCase();
  if (lower !== undefined && !PROTOCOLS.includes(lower))
    throw bad(text, `${quote(lower)} is no protocol`);
  const wanted = /^:?\d/.test(what) && !/[a-z]/i.test(what) ? portTest(what, text) : nameTest(what);
  return (service) => (lower === undefined || service.protocol === lower) && wanted(service);
}

function portTest(what: string, text: string): (service: Service) => boolean {
  const [, from, to = from] = /^:?(\d+)(?:-(\d+))?$/.exec(what) ?? [];
  if (from === undefined) throw bad(text, "not a port or a range");
  const [first, last] = [Number(from), Number(to)];
  if (first > 65535 || last > 65535) throw bad(text, "port must be 0-65535");
  if (last < first) throw bad(text, "the range ends before it begins");
  return ({ port }) => first <= port && port <= last;
}

function bad(text: string, state: string): NcxError {
  return new NcxError("ADDRESS", `Cannot parse port ${quote(text)}: ${state}`, {
    hint: "use 443, 22,80, 20-25, 53/udp or a name",
  });
}

function nameTest(text: string): (service: Service) => boolean {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join(".*")}$`, "i");
  return ({ name, aliases }) => pattern.test(name) || aliases.some((alias) => pattern.test(alias));
}
