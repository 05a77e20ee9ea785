/** Which characters the text is made of. RFC 2066; translation tables are not spoken. */
import { encodeSubnegotiation } from "../telnet.ts";
import { OPTIONS } from "./names.ts";

const REQUEST = 1;
const ACCEPTED = 2;
const REJECTED = 3;
const TTABLE_IS = 4;
const TTABLE_REJECTED = 5;

/** Names of one request that are read. */
const MAX_CHARSETS = 64;

export type Charset =
  | { readonly verb: "request"; readonly names: readonly string[] }
  | { readonly verb: "accepted"; readonly name: string }
  | { readonly verb: "rejected" }
  /** A translation table, to be answered with its rejection. */
  | { readonly verb: "table" };

export function readCharset(bytes: Uint8Array): Charset | undefined {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case REQUEST:
      return { verb: "request", names: readNames(rest) };
    case ACCEPTED:
      return { verb: "accepted", name: plain(rest) };
    case REJECTED:
      return { verb: "rejected" };
    case TTABLE_IS:
      return { verb: "table" };
    default:
      return undefined;
  }
}

/** RFC 2066 §5: `[TTABLE] version` may come first; then a separator of the sender's choice before each name. */
function readNames(bytes: Uint8Array): string[] {
  const text = plain(bytes);
  const list = text.startsWith("[TTABLE]") ? text.slice("[TTABLE]".length + 1) : text;
  const [separator = " "] = list;
  return list.split(separator, MAX_CHARSETS + 1).filter((name) => name !== "");
}

/** Printable ASCII, and "?" for the version of a table and whatever else. */
function plain(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString("latin1");
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}

export function encodeCharset(message: Charset): Uint8Array {
  return encodeSubnegotiation(OPTIONS.CHARSET, charsetBytes(message));
}

function charsetBytes(message: Charset): Uint8Array {
  switch (message.verb) {
    case "request":
      return Buffer.from(`\x01;${message.names.join(";")}`, "latin1");
    case "accepted":
      return Buffer.from(`\x02${message.name}`, "latin1");
    case "rejected":
      return Uint8Array.of(REJECTED);
    case "table":
      return Uint8Array.of(TTABLE_REJECTED);
  }
}
