import type { Saying } from '../../engine/saying.js';
import type { AnswerChange, AnswerFigures, EndReason } from '../bridge-shapes/conversation.js';

/** How long text may wait before it is written (ms): with the write itself it stays under half a second. */
const longestWaitMs = 250;

/** Writes an answer down while it comes: a line every quarter of a second, each on the disk before the next. */
export class AnswerWriter {
  #waiting = '';
  #characters = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly id: string,
    private readonly append: (changes: AnswerChange[]) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Characters so far. */
  get characters(): number {
    return this.#characters;
  }

  text(piece: string): void {
    this.#waiting += piece;
    this.#characters += piece.length;
    this.#timer ??= setTimeout(() => this.#write([]), longestWaitMs);
  }

  /** Makes what came so far part of the chat now: whoever reads it next finds it there. */
  flush(): void {
    if (this.#waiting !== '') this.#write([]);
  }

  end(reason: EndReason, figures: AnswerFigures | null, failure: Saying | null): void {
    this.#write([{ kind: 'end', id: this.id, reason, figures, failure }]);
  }

  #write(after: AnswerChange[]): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const text: AnswerChange[] = this.#waiting === '' ? [] : [{ kind: 'text', id: this.id, text: this.#waiting }];
    this.#waiting = '';
    this.append([...text, ...after]).catch(this.failed);
  }
}
