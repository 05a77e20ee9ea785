/** What is port 443, and which port has https: the system's list and IANA's. */
import { NcxError, quote } from "../core/errors.ts";
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
 * @throws {NcxError} ADDRESS for a port that there isn't.
 * @example
 * const [https] = await services({ wanted: ["443/tcp"] });
 */
export async function services(options: ServicesOptions = {}): Promise<ServiceEntry[]> {
  const { wanted = [], category, protocol } = options;
  const tests = wanted.map(wish);
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

function wish(text: string): (service: Service) => boolean {
  const [, what = "", protocol] = /^(.*?)(?:\/(tcp|udp|sctp|dccp))?$/is.exec(text) ?? [];
  const wanted = /^:?\d/.test(what) && !/[a-z]/i.test(what) ? portTest(what) : nameTest(what);
  const lower = protocol?.toLowerCase();
  return (service) => (lower === undefined || service.protocol === lower) && wanted(service);
}

function portTest(text: string): (service: Service) => boolean {
  const [, first = "", last = first] = /^:?(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === "" || Number(last) > 65535 || Number(last) < Number(first))
    throw new NcxError("ADDRESS", `Cannot parse port ${quote(text)}: port must be 0-65535`, {
      hint: "use 443, 20-25, 53/udp or a name",
    });
  return ({ port }) => Number(first) <= port && port <= Number(last);
}

function nameTest(text: string): (service: Service) => boolean {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join(".*")}$`, "i");
  return ({ name, aliases }) => pattern.test(name) || aliases.some((alias) => pattern.test(alias));
}
