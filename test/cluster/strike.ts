import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { uniformAt } from '../../engine/generate/seeded-random.js';

export type Stage = 'prefill' | 'attention' | 'ffn' | 'head' | 'slice' | 'idle';

/** A moment of an answer. */
export interface Moment {
  readonly stage: Stage;
  /** Passes through the model before it; the first is the prompt's. */
  readonly pass: number;
  readonly layer: number;
  /** Whether this laptop's own part of the sum is on its way already. */
  readonly partSent: boolean;
  /** From 0 to 1, for whatever else is to vary. */
  readonly chance: number;
}

/** What a laptop does to itself: a signal, or a command that cuts its link. */
export type Blow = { readonly signal: NodeJS.Signals } | { readonly command: readonly string[] };

const stagesOfTwenty: readonly Stage[] = (['prefill', 'attention', 'ffn', 'head', 'slice', 'idle'] as const).flatMap((stage) =>
  Array<Stage>({ prefill: 4, attention: 4, ffn: 4, head: 3, slice: 2, idle: 3 }[stage]).fill(stage));

/** Twenty moments spread over all of an answer of `passes` passes, or `few` of them: which ones, the seed says. */
export function momentsOf(seed: number, passes: number, layers: number, few?: number): Moment[] {
  const all = stagesOfTwenty.map((stage, index): Moment => {
    const draw = (lane: number): number => uniformAt(seed, index, lane);
    return {
      stage,
      pass: stage === 'prefill' ? 0 : 1 + Math.floor(draw(0) * (passes - 2)),
      layer: Math.floor(draw(1) * layers),
      partSent: draw(2) < 0.5,
      chance: draw(3),
    };
  });
  if (few === undefined) return all;
  const keyed = all.map((moment, index) => ({ moment, key: uniformAt(seed, index, 4) }));
  return keyed.sort((a, b) => a.key - b.key).slice(0, few).map(({ moment }) => moment);
}

/** Where the moment is found by the laptop that leads, or by one that helps: a place of `struck-node.mjs`, and how often it is passed. */
export function placeOf({ stage, pass, layer, partSent, chance }: Moment, leads: boolean, layers: number): { place: string; at: number } {
  const sums = 2 * layers;
  const place = partSent ? 'summing' : 'sum';
  switch (stage) {
    case 'prefill': return { place, at: 1 + Math.floor(chance * sums) };
    case 'attention': return { place, at: pass * sums + 2 * layer + 1 };
    case 'ffn': return { place, at: pass * sums + 2 * layer + 2 };
    // With the last sum a pass is over for all but the laptop that leads, which makes the logits.
    case 'head': return leads ? { place: 'head', at: pass + 1 } : { place: 'summed', at: (pass + 1) * sums };
    // What other helpers have is not fetched from the laptop that leads, but the list of it always is.
    case 'slice': return leads ? { place: 'sent', at: 1 } : { place: 'fetched', at: 1 + Math.floor(chance * 40) };
    case 'idle': throw new Error('between answers a laptop is struck from outside');
  }
}

/** The file by which a laptop is told to strike itself. */
export class StrikeFile {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'strike.json');
  }

  /** The environment of a node that looks at it. */
  get environment(): NodeJS.ProcessEnv {
    const preload = pathToFileURL(join(import.meta.dirname, 'struck-node.mjs')).href;
    return { NODE_OPTIONS: `--import=${preload}`, HEARTH_STRIKE_FILE: this.#path };
  }

  arm(place: { place: string; at: number }, blow: Blow): void {
    rmSync(`${this.#path}.struck`, { force: true });
    writeFileSync(`${this.#path}.new`, JSON.stringify({ ...place, ...blow }));
    renameSync(`${this.#path}.new`, this.#path);
  }

  disarm(): void {
    rmSync(this.#path, { force: true });
  }

  /** When the laptop was struck (ms, as `Date.now()`); null while it was not. */
  get struckAt(): number | null {
    return existsSync(`${this.#path}.struck`) ? Number(readFileSync(`${this.#path}.struck`, 'utf8')) : null;
  }
}
