/** Where a proxy connects from, as SOCKS tells it. */
import type { Endpoint } from "../../core/endpoint.ts";
import type { SocksAddress } from "../../protocol/socks.ts";

/** Undefined for what has no address. */
export function placeOf(local: Endpoint): SocksAddress | undefined {
  return local.kind === "tcp" ? { host: local.host, port: local.port } : undefined;
}
