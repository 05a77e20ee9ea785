/** One request of a chain of redirects. */
import type { PreparedBody } from "./body.ts";
import type { OwnHeaders } from "./headers.ts";

export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly own: OwnHeaders;
  readonly body: PreparedBody | undefined;
  /** From credentials in the URL. */
  readonly authorization: string | undefined;
}
