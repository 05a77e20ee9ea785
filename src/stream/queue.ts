/** Values handed from those who push to those who ask, in order. */
export class Queue<T> implements AsyncIterableIterator<T> {
  readonly #values: T[] = [];
  readonly #asking: ((next: IteratorResult<T, undefined>) => void)[] = [];
  #ended = false;

  /** Values that nobody has asked for yet. */
  get length(): number {
    return this.#values.length;
  }

  push(value: T): void {
    const ask = this.#asking.shift();
    if (ask) ask({ value, done: false });
    else this.#values.push(value);
  }

  /** No more will come; what is there is still given. */
  end(): void {
    this.#ended = true;
    for (const ask of this.#asking.splice(0)) ask({ value: undefined, done: true });
  }

  /** Takes out all that is there. */
  takeAll(): T[] {
    return this.#values.splice(0);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const [value] = this.#values.splice(0, 1);
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
