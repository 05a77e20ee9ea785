/** The room that accepts here and dials there. */
export { relay } from "./relay.ts";
export { proxy } from "./proxy/proxy.ts";
export type { RelayOptions } from "./options.ts";
export type { ProxiedRequest, ProxyOptions, ServedProtocol } from "./proxy/options.ts";
