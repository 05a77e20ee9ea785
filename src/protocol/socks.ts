/**
 * SOCKS 4, 4a and 5 messages, both roles. Bytes in, values out; no sockets. SOCKS4 and 4a have no RFC: they are what
 * every implementation does. RFC 1928, and RFC 1929 for user and password.
 */
export type { Decoded, SocksAddress } from "./socks/address.ts";
export * from "./socks/four.ts";
export * from "./socks/five.ts";
