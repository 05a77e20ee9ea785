/** Whoever speaks waits here for those who are a little behind. */
export class Pace {
  #holding = 0;
  readonly #waiting = new Set<() => void>();

  get slow(): boolean {
    return this.#holding > 0;
  }

  hold(): void {
    this.#holding += 1;
  }

  release(): void {
    this.#holding -= 1;
    // Who goes on may put another one behind: the others wait on, then.
    for (const go of this.#waiting) {
      if (this.slow) return;
      this.#waiting.delete(go);
      go();
    }
  }

  /** Calls back when nobody has to be waited for: at once, if that is so. */
  next(go: () => void): void {
    if (this.slow) this.#waiting.add(go);
    else go();
  }
}
