/** The wait room: is it up yet? */
export { waitFor } from "./wait-for.ts";
export { DEFAULT_TIMEOUT, type WaitOptions } from "./options.ts";
export { parseStatus, parseTarget, formatTarget, type WaitTarget } from "./target.ts";
