/** The room that accepts here and dials there. */
export { relay } from "./relay.ts";
export type { RelayOptions } from "./options.ts";
