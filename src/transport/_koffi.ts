/** koffi, an optional dependency: calls of native functions. Loaded when a kind of place needs it, and only then. */
import type * as koffi from "koffi";
import { NcxError } from "../core/errors.ts";

export type Koffi = typeof koffi;

/** An address in memory, as koffi tells it. */
export type Pointer = bigint | null;

/**
 * Loads koffi.
 *
 * @throws {NcxError} UNSUPPORTED when it isn't installed, or has no build for this system.
 */
export async function loadKoffi(act: string, need: string): Promise<Koffi> {
  try {
    return await import("koffi");
  } catch (cause) {
    const state = `${need} needs the optional package koffi, which is not there`;
    throw new NcxError("UNSUPPORTED", `Cannot ${act}: ${state}`, {
      state,
      hint: "npm install koffi",
      cause,
    });
  }
}
