/** Whoever speaks waits here for those who are a little behind. */
export class Pace {
  #holding = 0;
  #waiting: (() => void)[] = [];

  get slow(): boolean {
    return this.#holding > 0;
  }

  hold(): void {
    this.#holding += 1;
  }

  release(): void {
    this.#holding -= 1;
    if (this.#holding > 0) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Calls back when nobody has to be waited for: at once, if that is so. */
  next(go: () => void): void {
    if (this.slow) this.#waiting.push(go);
    else go();
  }
}
