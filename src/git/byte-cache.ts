/** Keeps the most recently used contents by number, up to `maxBytes` together. */
export class ByteCache {
  readonly #contents = new Map<number, Buffer>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: number): Buffer | undefined {
    const content = this.#contents.get(key);
    if (content !== undefined) {
      this.#contents.delete(key);
      this.#contents.set(key, content);
    }
    return content;
  }

  /** Keeps the content, which must not be in the cache yet; one larger than the cache is not kept. */
  add(key: number, content: Buffer): void {
    if (content.length > this.#maxBytes) {
      return;
    }
    this.#contents.set(key, content);
    this.#bytes += content.length;
    while (this.#bytes > this.#maxBytes) {
      const [oldest, dropped] = this.#contents.entries().next().value ?? [];
      if (oldest === undefined || dropped === undefined) {
        return;
      }
      this.#contents.delete(oldest);
      this.#bytes -= dropped.length;
    }
  }
}
