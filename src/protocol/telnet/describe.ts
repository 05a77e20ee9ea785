/** Negotiation in words, for a trace: `DO TERMINAL-TYPE`, `SB NAWS 80x24`. */
import type { TelnetEvent } from "../telnet.ts";
import { readCharset } from "./charset.ts";
import { readEnviron } from "./environ.ts";
import { readGmcp } from "./gmcp.ts";
import { readLinemode } from "./linemode.ts";
import { commandName, optionName, OPTIONS } from "./names.ts";
import { readStatus } from "./status.ts";
import { readAsked, readFlowControl, readWindowSize } from "./terminal.ts";

/** Characters of one line of a trace. */
const MAX_LINE = 300;

/** The event in one line of printable ASCII; undefined for data. Values of an environment are not shown. */
export function describe(event: TelnetEvent): string | undefined {
  switch (event.type) {
    case "data":
      return undefined;
    case "command":
      return commandName(event.code);
    case "negotiation":
      return `${event.verb.toUpperCase()} ${optionName(event.option)}`;
    case "subnegotiation": {
      const words = (WORDS[event.option] ?? hex)(event.bytes) ?? hex(event.bytes);
      const line = `SB ${optionName(event.option)} ${words}`.trimEnd();
      return line.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_LINE);
    }
  }
}

const WORDS: Readonly<Record<number, (bytes: Uint8Array) => string | undefined>> = {
  [OPTIONS["TERMINAL-TYPE"]]: asked,
  [OPTIONS["TERMINAL-SPEED"]]: asked,
  [OPTIONS.NAWS]: (bytes) => {
    const size = readWindowSize(bytes);
    return size && `${size.columns}x${size.rows}`;
  },
  [OPTIONS.LFLOW]: (bytes) => readFlowControl(bytes)?.toUpperCase(),
  [OPTIONS["NEW-ENVIRON"]]: environ,
  [OPTIONS["OLD-ENVIRON"]]: environ,
  [OPTIONS.CHARSET]: (bytes) => {
    const message = readCharset(bytes);
    if (message?.verb === "request") return `REQUEST ${message.names.join(" ")}`;
    return message?.verb === "accepted" ? `ACCEPTED ${message.name}` : message?.verb.toUpperCase();
  },
  [OPTIONS.LINEMODE]: (bytes) => {
    const message = readLinemode(bytes);
    if (message?.type === "mode") return `MODE ${message.mask}`;
    return message?.type === "slc" ? `SLC ${message.specials.length}` : message?.type.toUpperCase();
  },
  [OPTIONS.STATUS]: (bytes) => {
    const status = readStatus(bytes);
    if (typeof status !== "object") return status?.toUpperCase();
    return `IS ${status.is.map(({ verb, option }) => `${verb.toUpperCase()} ${optionName(option)}`).join(", ")}`;
  },
  [OPTIONS.GMCP]: (bytes) => readGmcp(bytes).name,
  [OPTIONS.MCCP2]: () => "",
};

function asked(bytes: Uint8Array): string | undefined {
  const read = readAsked(bytes);
  return typeof read === "object" ? `IS ${read.is}` : read?.toUpperCase();
}

/** Names alone: a value may be a secret. */
function environ(bytes: Uint8Array): string | undefined {
  const read = readEnviron(bytes);
  if (!read) return undefined;
  return [read.verb.toUpperCase(), ...read.variables.map(({ name }) => name)].join(" ");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, MAX_LINE)).toString("hex");
}
