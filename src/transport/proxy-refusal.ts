/** What a proxy says no with, before anybody has said what was wanted. */
import { NcxError, lowerFirst } from "../core/errors.ts";

export const LOGIN_HINT = "give them as user:password in NCX_PROXY_AUTH";

/** A refusal, or an answer that makes no sense; whoever dials puts its own words around the state. */
export function refused(state: string, hint?: string): NcxError {
  const more = hint === undefined ? {} : { hint };
  return new NcxError("PROXY", `Cannot use the proxy: ${lowerFirst(state)}`, { state, ...more });
}
