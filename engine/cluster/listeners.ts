/** Who wants to be told of one kind of event. */
export class Listeners<Told extends readonly unknown[]> {
  readonly #all = new Set<(...told: Told) => void>();

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Returns what ends it. */
  add(listener: (...told: Told) => void): () => void {
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  tell(...told: Told): void {
    for (const listener of [...this.#all]) listener(...told);
  }
}
