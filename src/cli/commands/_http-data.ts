/** The body that -d, --data-raw, --data-binary and --json make, as curl does. */
import type { Readable } from "node:stream";
import { NcxError, quote } from "../../core/errors.ts";
import { wrapHttp, type RequestBody } from "../../http/index.ts";
import type { Args } from "../args.ts";
import { cannot } from "../usage.ts";
import type { World } from "../world.ts";

/** What is read from stdin before it is sent; `--data-binary @-` by itself streams without a bound. */
const MAX_STDIN = 256 * 1024 * 1024;

export interface Data {
  readonly body: RequestBody;
  /** Sent unless the user sets it. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Undefined without any of the options.
 *
 * @throws {HttpError} `source` for a file that cannot be read.
 */
export async function readData(args: Args, world: World): Promise<Data | undefined> {
  const { data = [], dataRaw = [], dataBinary = [], jsonBody = [] } = args;
  const form = [
    ...data.map((text) => () => readPart(text, world).then(withoutLineEnds)),
    ...dataRaw.map((text) => async () => Buffer.from(text)),
    ...dataBinary.map((text) => () => readPart(text, world)),
  ];
  if (form.length > 0 && jsonBody.length > 0) {
    throw cannot("send --json and -d", "they make one body each", "use one of them");
  }
  if (jsonBody.length > 0) {
    const headers = [
      ["Content-Type", "application/json"],
      ["Accept", "application/json"],
    ] as const;
    return {
      body: await join(
        jsonBody.map((text) => () => readPart(text, world)),
        "",
      ),
      headers,
    };
  }
  if (form.length === 0) return undefined;
  const headers = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
  const [only = ""] = dataBinary;
  const streamed = form.length === 1 && only.startsWith("@");
  return { body: streamed ? source(only, world) : await join(form, "&"), headers };
}

function source(text: string, world: World): RequestBody {
  return text === "@-" ? world.stdin : { file: text.slice(1) };
}

async function readPart(text: string, world: World): Promise<Buffer> {
  if (!text.startsWith("@")) return Buffer.from(text);
  if (text === "@-") return readStdin(world.stdin);
  const { readFile } = await import("node:fs/promises");
  return readFile(text.slice(1)).catch((error: unknown) => {
    throw wrapHttp("source", `read ${quote(text.slice(1))}`, error);
  });
}

async function readStdin(stdin: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as string); // a Buffer is taken as it is
    length += bytes.length;
    if (length > MAX_STDIN) {
      const hint = "use --data-binary @-, which streams";
      throw new NcxError("LIMIT", `Cannot gather stdin: it is over ${MAX_STDIN} bytes`, { hint });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function join(parts: readonly (() => Promise<Buffer>)[], between: string): Promise<Buffer> {
  const joined: Buffer[] = [];
  for (const read of parts) {
    if (joined.length > 0) joined.push(Buffer.from(between));
    joined.push(await read());
  }
  return Buffer.concat(joined);
}

/** As curl reads @file for -d: without CR, LF and NUL. Text on the command line stays as it is. */
function withoutLineEnds(bytes: Buffer): Buffer {
  return bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d && byte !== 0) as Buffer;
}
