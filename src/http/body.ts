/** The body of a request: how long it is, and how it is opened, once for each time it is sent. */
import { Readable } from "node:stream";
import { quote } from "../core/errors.ts";
import { wrapHttp } from "../protocol/http/error.ts";
import type { RequestBody } from "./options.ts";

export interface PreparedBody {
  /** Undefined where only the end tells. */
  readonly bytes: number | undefined;
  /** Whether `open` works more than once. */
  readonly again: boolean;
  open(): Promise<Uint8Array | Readable>;
}

/** @throws {HttpError} when a file cannot be read; `failure` is "source". */
export async function prepareBody(
  body: RequestBody | undefined,
): Promise<PreparedBody | undefined> {
  if (body === undefined) return undefined;
  if (typeof body === "string") return prepareBytes(Buffer.from(body));
  if (body instanceof Uint8Array) return prepareBytes(body);
  if (body instanceof Readable) return { bytes: undefined, again: false, open: async () => body };
  return prepareFile(body.file);
}

function prepareBytes(bytes: Uint8Array): PreparedBody {
  return { bytes: bytes.length, again: true, open: async () => bytes };
}

async function prepareFile(path: string): Promise<PreparedBody> {
  const { access, constants, open, stat } = await import("node:fs/promises");
  const unreadable = (cause: unknown): never => {
    throw wrapHttp("source", `read ${quote(path)}`, cause);
  };
  // Not opened until it is sent: a pipe whose only reader goes away again breaks for its writer.
  await access(path, constants.R_OK).catch(unreadable);
  const found = await stat(path).catch(unreadable);
  // A pipe or a device has no length of its own, and may have nothing to say a second time.
  const regular = found.isFile();
  return {
    bytes: regular ? found.size : undefined,
    again: regular,
    async open() {
      const file = await open(path).catch(unreadable);
      return file.createReadStream({ highWaterMark: 256 * 1024 });
    },
  };
}
