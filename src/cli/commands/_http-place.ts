/** What curl calls the place of a connection. */
import type { Endpoint } from "../../core/endpoint.ts";

export function hostOf(endpoint: Endpoint | undefined): string {
  if (endpoint?.kind === "tls") return hostOf(endpoint.over);
  return endpoint && "host" in endpoint ? endpoint.host : "";
}

export function placeOf(endpoint: Endpoint | undefined): string {
  if (endpoint?.kind === "tls") return placeOf(endpoint.over);
  if (endpoint?.kind === "unix") return endpoint.path;
  return endpoint && "host" in endpoint ? `${endpoint.host} port ${endpoint.port}` : "the server";
}
