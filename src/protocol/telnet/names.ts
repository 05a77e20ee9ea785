/** The numbers of telnet's commands and options, and their names as a trace shows them. */

/** RFC 854 and its additions: what follows IAC. */
export const COMMANDS = {
  EOF: 236,
  SUSP: 237,
  ABORT: 238,
  EOR: 239,
  SE: 240,
  NOP: 241,
  /** "DATA MARK", the end of a synch. */
  DM: 242,
  BRK: 243,
  IP: 244,
  AO: 245,
  AYT: 246,
  EC: 247,
  EL: 248,
  GA: 249,
} as const;

export type CommandName = keyof typeof COMMANDS;

/** The options that are known by name. Those that nobody here speaks are named for the trace alone. */
export const OPTIONS = {
  BINARY: 0,
  ECHO: 1,
  SGA: 3,
  STATUS: 5,
  "TIMING-MARK": 6,
  LOGOUT: 18,
  "SEND-LOCATION": 23,
  "TERMINAL-TYPE": 24,
  EOR: 25,
  NAWS: 31,
  "TERMINAL-SPEED": 32,
  LFLOW: 33,
  LINEMODE: 34,
  XDISPLOC: 35,
  "OLD-ENVIRON": 36,
  AUTHENTICATION: 37,
  ENCRYPT: 38,
  "NEW-ENVIRON": 39,
  CHARSET: 42,
  "COM-PORT": 44,
  START_TLS: 46,
  MSDP: 69,
  MSSP: 70,
  MCCP1: 85,
  MCCP2: 86,
  MCCP3: 87,
  MSP: 90,
  MXP: 91,
  ATCP: 200,
  GMCP: 201,
} as const;

const OPTION_NAMES = namesOf(OPTIONS);
const COMMAND_NAMES = namesOf(COMMANDS);

function namesOf(table: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(table).map(([name, code]) => [code, name]));
}

/** `NAWS`, or the number of an option without a name. */
export function optionName(option: number): string {
  return OPTION_NAMES.get(option) ?? String(option);
}

/** `AYT`, or the number of a command without a name. */
export function commandName(code: number): string {
  return COMMAND_NAMES.get(code) ?? String(code);
}

/** The option of a name (in any case; `TTYPE` and `TSPEED` too) or a number from 0 to 255. */
export function optionNumber(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) < 256 ? Number(text) : undefined;
  const name = SHORT.get(text.toUpperCase()) ?? text.toUpperCase();
  return Object.entries(OPTIONS).find(([known]) => known === name)?.[1];
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["TTYPE", "TERMINAL-TYPE"],
  ["TSPEED", "TERMINAL-SPEED"],
  ["ENVIRON", "NEW-ENVIRON"],
  ["TM", "TIMING-MARK"],
]);
