/** Names to addresses. */
import { isIP } from "node:net";
import { onAbort } from "../core/abort.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { NcxError, describe, errnoOf } from "../core/errors.ts";

export interface Address {
  /** Numeric. */
  readonly address: string;
  readonly family: 4 | 6;
}

export interface ResolveOptions {
  family?: 4 | 6;
  /** Look no name up. */
  numeric?: boolean;
  signal?: AbortSignal;
  /** The place that the host is part of: for the error. */
  endpoint?: Endpoint;
}

/**
 * Every address of a host, in the system's order, at least one.
 *
 * @throws {NcxError} RESOLVE when there is none; ABORTED.
 */
export async function resolveHost(host: string, options: ResolveOptions = {}): Promise<Address[]> {
  const { family, numeric, signal } = options;
  signal?.throwIfAborted();
  const literal = isIP(host.replace(/%.*$/, ""));
  if (literal !== 0) {
    if (family === undefined || literal === family)
      return [{ address: host, family: literal === 6 ? 6 : 4 }];
    throw unknown(host, options, `it is not an IPv${family} address`);
  }
  if (numeric)
    throw unknown(
      host,
      options,
      "Name or service not known",
      "no name is looked up with -n: give a numeric address",
    );
  const found = await lookUp(host, options);
  if (found.length === 0) throw unknown(host, options, "No address associated with hostname");
  return found;
}

async function lookUp(host: string, options: ResolveOptions): Promise<Address[]> {
  const { family, signal } = options;
  const { lookup } = await import("node:dns"); // a numeric host starts faster without it
  return new Promise((resolve, reject) => {
    // getaddrinfo cannot be called off; what it finds after an abort is dropped.
    const forget = onAbort(signal, () => reject(signal?.reason));
    lookup(host, { all: true, order: "verbatim", family: family ?? 0 }, (error, addresses) => {
      forget();
      const loopback = error && loopbackOf(host, family);
      if (loopback) resolve(loopback);
      else if (error) reject(failed(host, error, options));
      else
        resolve(
          addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })),
        );
    });
  });
}

/** RFC 6761 §6.3: localhost is loopback, in v4 and in v6, even where the hosts file has a line for only one of them. */
function loopbackOf(host: string, family: 4 | 6 | undefined): Address[] | undefined {
  if (!/^(?:[^.]+\.)*localhost\.?$/i.test(host)) return undefined;
  const both: readonly Address[] = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  return both.filter((one) => family === undefined || one.family === family);
}

function failed(host: string, error: Error, options: ResolveOptions): NcxError {
  const { family } = options;
  const [code, state] = describe(error);
  const known = code === "RESOLVE" ? state : errnoOf(error) || state;
  const hint = family === undefined ? undefined : `only IPv${family} addresses were asked for`;
  return unknown(host, options, known, hint, error);
}

function unknown(
  host: string,
  { endpoint }: ResolveOptions,
  state: string,
  hint?: string,
  cause?: unknown,
): NcxError {
  return new NcxError(
    "RESOLVE",
    `Cannot resolve "${host}": ${state.charAt(0).toLowerCase()}${state.slice(1)}`,
    {
      state,
      ...(endpoint && { endpoint }),
      ...(hint !== undefined && { hint }),
      ...(cause !== undefined && { cause }),
      tried: [{ address: host, state }],
    },
  );
}
