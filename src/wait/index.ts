/** The wait room: is it up yet? */
export { waitFor } from "./wait-for.ts";
export type { WaitOptions } from "./options.ts";
export { parseStatus, parseTarget, formatTarget, type WaitTarget } from "./target.ts";
