/** MUDs: messages beside the text. GMCP (option 201): `Package.Message JSON`. */
import { encodeSubnegotiation } from "../telnet.ts";
import { OPTIONS } from "./names.ts";

export interface GmcpMessage {
  /** `Char.Vitals`. */
  readonly name: string;
  /** What JSON says; the text itself where it is none; absent where there is nothing. */
  readonly value?: unknown;
}

export function readGmcp(bytes: Uint8Array): GmcpMessage {
  const text = Buffer.from(bytes).toString();
  const space = text.search(/\s/);
  const name = (space < 0 ? text : text.slice(0, space))
    .replaceAll(/[^\x21-\x7e]/g, "?")
    .slice(0, 256);
  const rest = space < 0 ? "" : text.slice(space).trim();
  return rest === "" ? { name } : { name, value: parsed(rest) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // as some servers send it
  }
}

export function encodeGmcp({ name, value }: GmcpMessage): Uint8Array {
  const text = value === undefined ? name : `${name} ${JSON.stringify(value)}`;
  return encodeSubnegotiation(OPTIONS.GMCP, Buffer.from(text));
}
