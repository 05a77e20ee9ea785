/** The room of open ports: which sockets there are, whose they are, and what becomes of them. */
export { ports, listPorts, type ListingOptions } from "./ports.ts";
export { watchPorts, type PortChange, type WatchOptions } from "./watch.ts";
export { explainProcesses, type Ancestor, type Why } from "./why.ts";
export {
  endProcess,
  holdsStill,
  killTargets,
  type KillOptions,
  type KillOutcome,
  type KillTarget,
} from "./kill.ts";
export { isListeningOnly, unmetFilters, withThoseMeant } from "./filter.ts";
export { parsePlaceFilter, portsIn } from "./places.ts";
export { isStateName, parseStates } from "./states.ts";
export type {
  Exposure,
  Listing,
  PlaceFilter,
  PortEntry,
  PortProcess,
  PortsOptions,
} from "./options.ts";
export type { PortCategory } from "../core/port-category.ts";
export type { SocketProtocol, SocketState } from "../platform/sockets.ts";
