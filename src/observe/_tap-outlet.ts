/** Where a tap's rows go: never more waits for a slow reader than fits, and what was left out is said. */
import type { Writable } from "node:stream";
import { formatBytes } from "../core/units.ts";

/** Bytes that may wait for whoever reads. */
const MAX_WAITING: number = 8 * 1024 * 1024;

/** Shared by all connections. */
export class TapOutlet {
  readonly #output: Writable;
  #isFull = false;
  #bytes = 0;
  #lines = 0;

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Whether rows are taken; they need not be made otherwise. */
  get hasRoom(): boolean {
    return !this.#isFull && !this.#output.destroyed;
  }

  write(text: string): void {
    if (this.#output.destroyed) return;
    this.#output.write(text);
    if (this.#isFull || this.#output.writableLength < MAX_WAITING) return;
    this.#isFull = true;
    this.#output.once("drain", () => {
      this.#isFull = false;
      this.#sayGap();
    });
  }

  /** One line, or its number among those that were left out. */
  say(line: string): void {
    if (this.hasRoom) this.write(line);
    else this.#lines += 1;
  }

  /** Counts bytes that are not shown. */
  leaveOut(bytes: number): void {
    this.#bytes += bytes;
  }

  end(): void {
    this.#sayGap();
  }

  #sayGap(): void {
    if (this.#bytes + this.#lines === 0) return;
    const lines = this.#lines > 0 ? ` and ${this.#lines} lines` : "";
    const what = `${this.#bytes} bytes (${formatBytes(this.#bytes)})${lines}`;
    this.#bytes = 0;
    this.#lines = 0;
    this.write(`-- ${what} not shown: they came faster than this was read\n`);
  }
}
