/** Strings into what Args holds: milliseconds, bytes, integers, choices. */
import { NcxError, quote } from "../core/errors.ts";
import { parseBytes, parseDuration } from "../core/units.ts";
import type { Option } from "./options/index.ts";
import { usage } from "./usage.ts";

/**
 * The value of one option.
 *
 * @param spelling as it was typed, for the hint: `-w`.
 * @throws {NcxError} USAGE when the text is no value of the row's type.
 */
export function coerce(row: Option, text: string, spelling: string): string | number {
  if (row.negative && /^-(\d+\.?\d*|\.\d+)(ms|[smhd])?$/.test(text)) return Infinity;
  switch (row.type) {
    case "duration":
      return naming(spelling, () => parseDuration(text));
    case "bytes":
      return naming(spelling, () => parseBytes(text));
    case "integer":
      return toInteger(row, text, spelling);
    case "choice":
      return toChoice(row, text, spelling);
    case "text":
    case "list":
      return toText(row, text, spelling);
    case "flag":
    case "count":
      throw new TypeError(`${row.name} takes no value`);
  }
}

function toInteger(row: Option, text: string, spelling: string): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = row;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  const range = row.max === undefined ? `${min} or more` : `${min} to ${max}`;
  const state = /^-?\d+$/.test(text) ? "out of range" : "not a whole number";
  throw usage(`Cannot parse number ${quote(text)}: ${state}`, `${spelling} takes ${range}`);
}

function toChoice(row: Option, text: string, spelling: string): string {
  const { choices = [] } = row;
  const value = text.toLowerCase();
  if (choices.includes(value)) return value;
  throw usage(
    `Cannot use ${spelling} ${quote(text)}: not one of its values`,
    `use ${choices.join(", ")}`,
  );
}

function toText(row: Option, text: string, spelling: string): string {
  if (row.pattern === undefined || new RegExp(`^(${row.pattern})$`, "i").test(text)) return text;
  const { placeholder = "VALUE", help = "" } = row;
  throw usage(
    `Cannot use ${spelling} ${quote(text)}: it is not understood`,
    `${spelling} ${placeholder}${help === "" ? "" : `: ${help}`}`,
  );
}

/** Adds the option's spelling to the hint of a value that core could not read. */
function naming<T>(spelling: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NcxError)) throw error;
    throw usage(
      error.message,
      error.hint === undefined ? spelling : `for ${spelling} ${error.hint}`,
    );
  }
}
