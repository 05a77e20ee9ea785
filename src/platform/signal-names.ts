/** Signals by number. */
import { constants } from "node:os";

/** `SIGHUP` for 1; a number that this system has no name for stands for itself. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** 1 for `SIGHUP`; 0 for a name that this system does not have. */
export function signalNumber(name: string): number {
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? 0;
}
