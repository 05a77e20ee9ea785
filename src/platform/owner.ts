/** Who holds a place that cannot be bound. */
import * as darwin from "./darwin/lsof.ts";
import type { Owner, Place } from "./_owner.ts";
import * as linux from "./linux/holder.ts";
import * as win32 from "./win32/netstat.ts";

export type { Owner, Place } from "./_owner.ts";

/** Milliseconds: an error message must not wait longer for the name. */
const PATIENCE = 2000;

/**
 * The process that listens at `endpoint`, or keeps it from being bound; this process itself included. Undefined where
 * there is none, the system doesn't tell this user, or it takes longer than two seconds. Never rejects.
 */
export async function whoHolds(endpoint: Place): Promise<Owner | undefined> {
  try {
    return await systemOf(process.platform).findHolder(endpoint, AbortSignal.timeout(PATIENCE));
  } catch {
    // A courtesy to the reader of another error, which must not be hidden by one of ours.
    return undefined;
  }
}

function systemOf(platform: NodeJS.Platform): Pick<typeof linux, "findHolder"> {
  if (platform === "linux" || platform === "android") return linux;
  return platform === "win32" ? win32 : darwin;
}
