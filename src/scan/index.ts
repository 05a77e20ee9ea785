/** The scan room: which ports are open? */
export { scan, scanInBatches, portsOf } from "./scan.ts";
export type { PortState, ScanOptions, ScanProgress, ScanResult } from "./options.ts";
export { parsePorts, type PortLists, type Protocol } from "./ports.ts";
export { serviceTable } from "./services.ts";
export { readTargets } from "./target-words.ts";
export type { Banner } from "./banner/banner.ts";
