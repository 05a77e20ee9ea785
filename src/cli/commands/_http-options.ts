/** From the arguments of `ncx http` to one request. */
import { quote, wrap } from "../../core/errors.ts";
import type { RequestOptions } from "../../http/index.ts";
import type { Args } from "../args.ts";
import { familyOf } from "../socket-options.ts";
import { cannot } from "../usage.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { readData } from "./_http-data.ts";
import { CurlError } from "./_http-exit.ts";

/** curl's numbers for files that TLS needs. */
const BAD_CERT = 58;
const BAD_CACERT = 77;

const ACT = "make the request";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

export interface Request {
  readonly url: string;
  readonly options: RequestOptions;
}

/** @throws {NcxError} USAGE, or what a file that cannot be read gives. */
export async function toRequest(args: Args, world: World): Promise<Request> {
  const { method, url } = readOperands(args);
  const data = await readData(args, world);
  if (args.head && data)
    throw cannot(ACT, "-I asks for a head, and -d sends a body", "use one of them");
  const given = (args.header ?? []).map(parseHeader);
  const isGiven = (name: string): boolean =>
    given.some(([key]) => key.toLowerCase() === name.toLowerCase());
  const { userAgent = `ncx/${VERSION}` } = args;
  const own = [
    ["User-Agent", userAgent || null] as const,
    // As curl: a download is saved as the server has it, and nobody waits for a decoder.
    ...(isToFile(args) ? [["Accept-Encoding", null] as const] : []),
    ...(data?.headers ?? []),
  ];
  const family = familyOf(args);
  const tls = await tlsOptions(args);
  const options: RequestOptions = {
    headers: [...own.filter(([name]) => !isGiven(name)), ...given],
    follow: args.location ?? false,
    ...(args.maxRedirs !== undefined && { maxRedirects: args.maxRedirs }),
    ...(method !== undefined && { method }),
    ...(data && { body: data.body }),
    ...(args.maxTime !== undefined && { timeout: args.maxTime }),
    ...(args.connectTimeout !== undefined && { connectTimeout: args.connectTimeout }),
    ...(args.unixSocket !== undefined && { unixSocket: args.unixSocket }),
    ...(family && { family }),
    ...(tls && { tls }),
  };
  return { url, options };
}

/** Whether -o names a file; `-` is stdout. */
export function isToFile({ output = "-" }: Args): boolean {
  return output !== "-";
}

function readOperands({ operands, request, head }: Args): {
  method: string | undefined;
  url: string;
} {
  const [first, second, extra] = operands;
  const isMethodAlone = second === undefined && METHODS.includes(first?.toUpperCase() ?? "");
  if (first === undefined || isMethodAlone)
    throw cannot(ACT, "the URL is missing", "use ncx http [METHOD] URL");
  if (extra !== undefined)
    throw cannot(ACT, `${quote(extra)} is one operand too many`, "use ncx http [METHOD] URL");
  if (second === undefined) return { method: request ?? (head ? "HEAD" : undefined), url: first };
  const word = first.toUpperCase();
  if (!/^[A-Z][A-Z-]*$/.test(word))
    throw cannot(ACT, `${quote(first)} is not a method`, "use ncx http [METHOD] URL");
  if (request !== undefined && request !== word)
    throw cannot(ACT, `both ${word} and -X ${request} are given`, "use one");
  return { method: word, url: second };
}

/** `A: b` sets, `A:` takes away, `A;` sends it empty. */
function parseHeader(line: string): readonly [string, string | null] {
  const match = /^([^:;\s]+)(?:[ \t]*:[ \t]*(.*?)|(;))[ \t]*$/.exec(line);
  if (!match) {
    // What is wrong may be a secret's place: only the name is shown.
    const shown = line.split(/[:;\s]/, 1)[0] ?? "";
    throw cannot(
      ACT,
      `the header ${quote(shown)} is malformed`,
      "use 'Name: value', 'Name:' or 'Name;'",
    );
  }
  const [, name = "", value, empty] = match;
  return [name, empty ? "" : value || null];
}

async function tlsOptions(args: Args): Promise<RequestOptions["tls"]> {
  const { insecure, cacert, cert, key } = args;
  if (!insecure && cacert === undefined && cert === undefined && key === undefined)
    return undefined;
  const [ca, certificate, secret] = await Promise.all([
    readPem(cacert, BAD_CACERT),
    readPem(cert, BAD_CERT),
    readPem(key ?? cert, BAD_CERT), // one file may hold both
  ]);
  return {
    ...(insecure && { insecure }),
    ...(ca && { ca }),
    ...(certificate && { cert: certificate }),
    ...(secret && { key: secret }),
  };
}

async function readPem(path: string | undefined, exit: number): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  const { readFile } = await import("node:fs/promises");
  return readFile(path).catch((error: unknown) => {
    const { code, message } = wrap(`read ${quote(path)}`, error);
    throw new CurlError(exit, code, message, { cause: error });
  });
}
