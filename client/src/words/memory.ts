/** A limited memory: when it is full, what came first is forgotten. */
export class Memory<T> {
  readonly #items = new Map<string, T>();

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#items.size;
  }

  has(key: string): boolean {
    return this.#items.has(key);
  }

  values(): T[] {
    return [...this.#items.values()];
  }

  keep(key: string, item: T): void {
    this.#items.set(key, item);
    if (this.#items.size <= this.limit) return;
    for (const oldest of this.#items.keys()) {
      this.#items.delete(oldest);
      return;
    }
  }

  clear(): void {
    this.#items.clear();
  }
}
