/** What one measurement has opened, to be closed in reverse order. */
export class Cleanup {
  #tasks = [];

  add(task) {
    this.#tasks.push(task);
  }

  async run() {
    for (const task of this.#tasks.splice(0).reverse()) await task();
  }
}
