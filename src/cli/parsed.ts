/** What both parsers do with an option once they have it. */
import type { Args } from "./args.ts";
import type { Line } from "./classic.ts";
import { coerce } from "./coerce.ts";
import { fieldOf } from "./options/index.ts";
import type { Option } from "./options/index.ts";
import type { Personality } from "./personality.ts";

/** Args while they are being collected, one option after the other. */
export class Parsed {
  readonly operands: string[] = [];
  readonly #fields: Record<string, unknown>;
  readonly #warnings: string[] = [];

  constructor(mode: Line["mode"], personality: Personality) {
    this.#fields = { mode, operands: this.operands, personality: personality.name, verbose: 0 };
    if (mode === "listen") this.#fields["listen"] = true;
  }

  /** @throws {NcxError} USAGE when the value is none of its type. */
  take(row: Option, text: string | undefined, spelling: string): void {
    const field = fieldOf(row);
    if (row.ignored !== undefined) {
      const warning = `Ignored ${spelling}: ${row.ignored}`;
      if (row.ignored !== true && !this.#warnings.includes(warning)) this.#warnings.push(warning);
    } else if (row.type === "flag") {
      this.#fields[field] = true;
    } else if (row.type === "count") {
      this.#fields[field] = Number(this.#fields[field] ?? 0) + 1;
    } else {
      const value = coerce(row, text ?? "", spelling);
      if (row.zeroIsNone && value === 0) return void delete this.#fields[field];
      const before = this.#fields[field];
      this.#fields[field] =
        row.type === "list" ? [...(Array.isArray(before) ? before : []), value] : value;
    }
  }

  args(): Args {
    if (this.#warnings.length > 0) this.#fields["warnings"] = this.#warnings;
    // The table's fields and types are those of Args: a test holds the two together.
    return this.#fields as unknown as Args;
  }
}
