/**
 * The link: bytes both ways between two connections until both directions have ended.
 *
 *   left ──▶ forward filters ──▶ right
 *   left ◀── backward filters ◀── right
 *
 * Observers see what crosses the right side: forward bytes after their filters, backward bytes before theirs.
 */
import type { Connection, LinkReport } from "./connection.ts";
import { Life } from "./life.ts";
import type { LinkOptions } from "./link-options.ts";

export type { Eof, LinkOptions } from "./link-options.ts";

/** Links two connections. Never rejects: what broke is in the report. The caller still owns, and closes, both. */
export function link(
  left: Connection,
  right: Connection,
  options: LinkOptions = {},
): Promise<LinkReport> {
  return new Life(left, right, options).run();
}
