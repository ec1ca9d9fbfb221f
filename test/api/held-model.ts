import type { ServedModel } from '../../engine/api/served-model.js';

/** A model each of whose tokens waits until it is let go; its answers end only at their limit. */
export class HeldModel implements ServedModel {
  readonly text: ServedModel['text'];
  readonly contextTokens: number;
  /** Tokens that came after their request was given up. */
  late = 0;
  tokens = 0;
  #gates: (() => void)[] = [];
  #free = false;

  constructor(private readonly model: ServedModel) {
    this.text = model.text;
    this.contextTokens = model.contextTokens;
  }

  async *generate(...[request, signal]: Parameters<ServedModel['generate']>): ReturnType<ServedModel['generate']> {
    for await (const event of this.model.generate({ ...request, ignoreEnd: true }, signal)) {
      if (event.kind === 'token') {
        this.tokens += 1;
        if (signal?.aborted === true) this.late += 1;
        else if (!this.#free) await new Promise<void>((resolve) => this.#gates.push(resolve));
      }
      yield event;
    }
  }

  /** One token. */
  step(): void {
    this.#gates.splice(0).forEach((open) => open());
  }

  letGo(): void {
    this.#free = true;
    this.step();
  }
}
