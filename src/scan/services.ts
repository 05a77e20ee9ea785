/** What ports are called. */
import { loadServices } from "../platform/service-list.ts";
import type { Protocol } from "./ports.ts";

/** Every name, the system's and IANA's, with its port. They are read when they are first asked for. */
export function serviceTable(protocol: Protocol): (readonly [name: string, port: number])[] {
  return loadServices()
    .services.filter((service) => service.protocol === protocol && service.port > 0)
    .flatMap(({ name, aliases, port }) =>
      [name, ...aliases].map((called) => [called, port] as const),
    );
}
