/** The room that dials. */
export { connect } from "./connect.ts";
export type { ConnectOptions } from "./options.ts";
export { probe, type ProbeResult } from "./probe.ts";
