/**
 * THE ONE TABLE of options: one row an option. The parser, --help, completion and the man page are all made from it.
 *
 * Plain data, because it is on the start-up path. A name may have a row for each of several modes (`--json` is the
 * event stream, but curl's JSON body in http); within one mode a name and a letter have one row.
 */
import type { Mode } from "../args.ts";
import { addressOptions } from "./addresses.ts";
import { captureOptions } from "./capture.ts";
import { clientOptions } from "./clients.ts";
import { dataOptions } from "./data.ts";
import { freePortOptions } from "./free-port.ts";
import { generalOptions } from "./general.ts";
import { httpOptions } from "./http.ts";
import { NETWORK, type Option } from "./option.ts";
import { portsOptions } from "./ports.ts";
import { programOptions } from "./programs.ts";
import { proxyOptions } from "./proxies.ts";
import { scanOptions } from "./scan.ts";
import { securityOptions } from "./security.ts";
import { telnetOptions } from "./telnet.ts";
import { timeOptions } from "./times.ts";
import { unsupportedOptions } from "./unsupported.ts";
import { waitOptions } from "./wait.ts";

export type { Option, OptionGroup, OptionType } from "./option.ts";

export const OPTIONS: readonly Option[] = [
  ...addressOptions,
  ...timeOptions,
  ...clientOptions,
  ...dataOptions,
  ...portsOptions,
  ...httpOptions,
  ...securityOptions,
  ...proxyOptions,
  ...programOptions,
  ...generalOptions,
  ...waitOptions,
  ...freePortOptions,
  ...scanOptions,
  ...captureOptions,
  ...telnetOptions,
  ...unsupportedOptions,
];

/** The row that `name`, canonical or alias, has in a mode. */
export function optionNamed(name: string, mode: Mode): Option | undefined {
  return OPTIONS.find((row) => row.modes.includes(mode) && isCalled(row, name));
}

/** The row that `name` has in any netcat mode: before the line has shown which mode it is. */
export function classicOptionNamed(name: string): Option | undefined {
  return OPTIONS.find(
    (row) => row.modes.some((mode) => NETWORK.includes(mode)) && isCalled(row, name),
  );
}

/** The row of a letter: a mode's own, or for the netcat modes `letters` (letter to name), else ncx's. */
export function optionLettered(
  letter: string,
  mode: Mode,
  letters?: Readonly<Record<string, string>>,
): Option | undefined {
  if (mode !== "connect" && mode !== "listen") {
    return OPTIONS.find((row) => row.letters?.[mode] === letter);
  }
  if (!letters) return OPTIONS.find((row) => row.letter === letter);
  const name = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
  return name === undefined ? undefined : classicOptionNamed(name);
}

/** Whether it needs a value. */
export function takesValue(row: Option): boolean {
  return row.type !== "flag" && row.type !== "count";
}

/** The field of Args that the row's value goes to. */
export function fieldOf(row: Option): string {
  return row.field ?? row.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function isCalled(row: Option, name: string): boolean {
  return row.name === name || row.aliases?.includes(name) === true;
}
