/** Collects pieces of text and hands them on once a frame, so that a fast answer is drawn no oftener than the screen. */
export class TextBatch {
  readonly #waiting = new Map<string, string>();
  #asked = false;

  constructor(
    private readonly nextFrame: (work: () => void) => void,
    private readonly take: (id: string, text: string) => void,
  ) {}

  add(id: string, text: string): void {
    this.#waiting.set(id, (this.#waiting.get(id) ?? '') + text);
    if (this.#asked) return;
    this.#asked = true;
    this.nextFrame(() => this.flush());
  }

  /** Characters that were not handed on yet. */
  waiting(id: string): number {
    return this.#waiting.get(id)?.length ?? 0;
  }

  flush(): void {
    this.#asked = false;
    const pieces = [...this.#waiting];
    this.#waiting.clear();
    for (const [id, text] of pieces) this.take(id, text);
  }

  clear(): void {
    this.#waiting.clear();
  }
}
