import { z } from 'zod';
import { KeptFile } from './kept-file.js';
import { isPulledFrom } from './pulled-from.js';

const pullShape = z.object({
  /** What was asked for, as {@link isPulledFrom} understands it. */
  reference: z.string().min(1).max(4096),
  /** The home is to be led with it as soon as it is whole. */
  use: z.boolean(),
  /** The person has paused it. */
  paused: z.boolean(),
});

export type PendingPull = z.infer<typeof pullShape>;

/** Models that were asked for and are not whole yet: an app that ends meanwhile goes on with them when it starts again. */
export class PendingPulls {
  readonly #kept: KeptFile<PendingPull[]>;

  constructor(file: string) {
    this.#kept = new KeptFile(file, z.array(pullShape).max(1000), []);
  }

  /** Those that go on by themselves, oldest first. */
  async goingOn(): Promise<PendingPull[]> {
    return (await this.#kept.read()).filter(({ paused }) => !paused);
  }

  /** Fetching a model begins or goes on. That it is to be used is remembered from the first time. */
  async begin(reference: string, use: boolean): Promise<void> {
    await this.#kept.change((pulls) => {
      const before = pulls.find((pull) => isSame(pull, reference));
      const pull = { reference: before?.reference ?? reference, use: use || before?.use === true, paused: false };
      return [...pulls.filter((one) => one !== before), pull];
    });
  }

  async pause(id: string): Promise<void> {
    await this.#kept.change((pulls) => pulls.map((pull) => (isSame(pull, id) ? { ...pull, paused: true } : pull)));
  }

  /** It is whole, or given up. Tells what was known of it. */
  async end(id: string): Promise<PendingPull | null> {
    let ended: PendingPull | null = null;
    await this.#kept.change((pulls) => {
      ended = pulls.find((pull) => isSame(pull, id)) ?? null;
      return pulls.filter((pull) => pull !== ended);
    });
    return ended;
  }
}

/** `id` is what was asked for, or the name that the model has in the cache. */
function isSame({ reference }: PendingPull, id: string): boolean {
  return isPulledFrom(id, reference) || isPulledFrom(reference, id);
}
