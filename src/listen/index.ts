/** The room that accepts. */
export { listen, type ConnectionServer } from "./listen.ts";
export type { ListenOptions } from "./options.ts";
export { makeHub, type Hub, type HubOptions } from "./handlers/hub.ts";
export { makeBroker, type Broker, type BrokerOptions } from "./handlers/broker.ts";
export { login, type KnownLogin, type LoginOptions } from "./handlers/login.ts";
