/** A row of the table of options, and the lists of modes that rows share. */
import type { Args, Mode } from "../args.ts";

export type OptionType =
  | "flag"
  | "count"
  | "text"
  | "choice"
  | "integer"
  | "duration"
  | "bytes"
  | "list";

export type OptionGroup =
  | "Mode"
  | "Addresses"
  | "Times"
  | "Clients"
  | "Data"
  | "Ports"
  | "Request"
  | "Response"
  | "Security"
  | "Proxies"
  | "Programs"
  | "General";

export interface Option {
  /** The canonical long name, in kebab case. */
  readonly name: string;
  /** Where it lands. Default: the name in camel case. */
  readonly field?: keyof Args;
  /** Other long names: ncat's, curl's, and the ones that people try. */
  readonly aliases?: readonly string[];
  /** The letter in connect and listen as ncx means it; other programs' are in personality.ts. */
  readonly letter?: string;
  /** The letters of the modes that have their own. */
  readonly letters?: { readonly [M in Exclude<Mode, "connect" | "listen">]?: string };
  /** nmap's two letters: `oG`. */
  readonly word?: string;
  /** A flag and a count take no value; a list may be repeated, and of any other the last one wins. */
  readonly type: OptionType;
  /** How the value is called in help. `FILE` completes to files. */
  readonly placeholder?: string;
  /** The default as help shows it. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** The least and the greatest integer. */
  readonly min?: number;
  readonly max?: number;
  /** What a text has to look like; `pattern` without the ends' anchors, whatever the case. */
  readonly pattern?: string;
  /** A negative value means without limit. */
  readonly negative?: boolean;
  /** Zero means without limit, as if it had not been given. */
  readonly zeroIsNone?: true;
  /** May stand alone: its value then, and what the next word has to look like to be its value. */
  readonly bare?: readonly [value: string, next: string];
  /** This flag is short for another option with a value: `--crlf` for `--eol crlf`. */
  readonly short?: readonly [option: string, value: string];
  readonly group?: OptionGroup;
  readonly modes: readonly Mode[];
  /** One line. An option without one is not shown. */
  readonly help?: string;
  /** The line in the modes where it means less. */
  readonly helps?: { readonly [M in Mode]?: string };
  /** What it does in the netcats that have it, where `help` is silent or speaks of ncx alone. */
  readonly does?: string;
  /** Known, and to come: using it is an error that says so. */
  readonly later?: true;
  /** Not possible here, and why: using it is an error that says so. */
  readonly refused?: string;
  /** Accepted without effect. A text is the reason, which becomes a warning. */
  readonly ignored?: true | string;
}

export const CLASSIC: readonly Mode[] = ["connect", "listen"];
export const NETWORK: readonly Mode[] = ["connect", "listen", "relay"];
export const DIALLING: readonly Mode[] = ["connect", "listen", "relay", "http", "telnet"];
/** What every mode over TCP has, telnet's client among them. */
export const SESSIONS: readonly Mode[] = [...NETWORK, "telnet"];
/** What is asked of ports. */
export const ASKING: readonly Mode[] = ["wait", "free-port", "scan"];
export const MODES: readonly Mode[] = [
  "connect",
  "listen",
  "relay",
  "http",
  "completion",
  "doctor",
  "ports",
  "services",
  "capture",
  ...ASKING,
  "telnet",
];
