/** Flags that cannot stand together, refused before anything is opened. */
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import { cannot } from "./usage.ts";

/** @throws {NcxError} USAGE for the first contradiction. */
export function refuseContradictions(args: Args): void {
  const { mode, personality, sendOnly, recvOnly, noStdin, shutdown, noShutdown } = args;
  if (sendOnly && recvOnly) throw excluded("--send-only", "--recv-only");
  if (sendOnly && noStdin) throw excluded("--send-only", "--no-stdin");
  if (shutdown && noShutdown) throw excluded("--shutdown", "--no-shutdown");
  if (mode === "connect" && args.keepOpen && !PERSONALITIES[personality].keepsDialled)
    throw cannot("use --keep-open", "it is for listening", "add -l");
}

function excluded(one: string, other: string): Error {
  return cannot(`use ${one} and ${other}`, "they exclude each other", "leave one of them away");
}
