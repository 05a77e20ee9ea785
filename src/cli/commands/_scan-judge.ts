/** A scan held against what it was, or against what it should be. */
import { readFile } from "node:fs/promises";
import { NcxError, quote, wrap } from "../../core/errors.ts";
import type { PortLists, ScanResult } from "../../scan/index.ts";

export interface Change {
  readonly result: ScanResult;
  /** Undefined where the port was not in the earlier scan. */
  readonly was: string | undefined;
}

/** States of an earlier scan, by place. */
export type Earlier = ReadonlyMap<string, string>;

/**
 * Reads what --json has printed.
 *
 * @throws {NcxError} USAGE when a line is no result; the message says which.
 */
export async function readEarlier(file: string): Promise<Earlier> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw wrap(`read ${quote(file)}`, error);
  });
  const states = new Map<string, string>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const { address, protocol, port, state } = fields(line);
    if (
      typeof address !== "string" ||
      typeof protocol !== "string" ||
      !Number.isInteger(port) ||
      typeof state !== "string"
    )
      throw new NcxError(
        "USAGE",
        `Cannot read ${quote(file)}, line ${at + 1}: not a result of ncx scan --json`,
      );
    states.set(`${address} ${String(port)}/${protocol}`, state);
  }
  return states;
}

function fields(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}; // parsed JSON
  } catch {
    return {};
  }
}

/** What is new about a port; undefined where nothing is. A port that was not in the earlier scan is news if it is open. */
export function changeOf(result: ScanResult, earlier: Earlier): Change | undefined {
  const was = earlier.get(`${result.address} ${result.port}/${result.protocol}`);
  if (was === result.state || (was === undefined && result.state !== "open")) return undefined;
  return { result, was };
}

/** `+ 127.0.0.1 80/tcp open http (was closed)`; `-` where it is no longer open. */
export function formatChange({ result, was }: Change): string {
  const { address, port, protocol, state, service } = result;
  const sign = state === "open" ? "+" : was === "open" ? "-" : "~";
  const named = service === undefined ? "" : ` ${service}`;
  return `${sign} ${address} ${port}/${protocol} ${state}${named} (was ${was ?? "not in the earlier scan"})`;
}

/** What is wrong about a port; undefined where it is as it should be. */
export function faultOf(
  { address, port, protocol, state }: ScanResult,
  expect: PortLists | undefined,
  expectClosed: PortLists | undefined,
): string | undefined {
  const place = `${address} ${port}/${protocol}`;
  if (expect?.[protocol].includes(port))
    return state === "open" ? undefined : `- ${place} is ${state}, and should be open`;
  if (state !== "open") return undefined;
  if (expectClosed?.[protocol].includes(port)) return `+ ${place} is open, and should not be`;
  return expect ? `+ ${place} is open, and is not expected to be` : undefined;
}
