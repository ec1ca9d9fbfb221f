/**
 * Asks the same question again and again, as a slider does while it moves: one at a time, after a short rest, and only the
 * latest of those that were put meanwhile.
 *
 * @param later waits a moment
 * @param ask puts the question; its answer is told only if no newer one waits
 */
export class LatestCall<Question, Answer> {
  #wanted: { question: Question } | null = null;
  #busy = false;

  constructor(
    private readonly later: (work: () => void) => void,
    private readonly ask: (question: Question) => Promise<Answer>,
    private readonly told: (answer: Answer, question: Question) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  put(question: Question): void {
    this.#wanted = { question };
    if (this.#busy) return;
    this.#busy = true;
    this.later(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#wanted !== null) {
      const { question } = this.#wanted;
      this.#wanted = null;
      try {
        const answer = await this.ask(question);
        if (this.#isLatest()) this.told(answer, question);
      } catch (error) {
        if (this.#isLatest()) this.failed(error);
      }
    }
    this.#busy = false;
  }

  /** Nothing was put while the last question was on its way. */
  #isLatest(): boolean {
    return this.#wanted === null;
  }
}
