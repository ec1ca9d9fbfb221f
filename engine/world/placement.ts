import { InterruptedError } from '../errors.js';
import { forecastPeak } from '../memory/memory-forecast.js';
import type { OpenedModel } from '../model/opened-model.js';
import { resetPeakRss, settledRss } from '../report/process-memory.js';
import type { OnProgress } from '../report/progress.js';
import { Shard } from '../shard/shard.js';
import { shardMemory } from '../shard/shard-plan.js';
import type { ShardSettings } from '../shard/shard-settings.js';
import { checkResidentFits, workingBytes } from '../shard/slice-settings.js';
import { soloSettings, type SoloOptions } from '../shard/solo-settings.js';
import type { Share } from '../slices/block.js';
import type { BodyOf } from '../wire/messages.js';

/** A model's weights in their places, on this node alone or on several, ready to answer. */
export interface Placement {
  readonly shard: Shard;
  readonly settings: ShardSettings;
  /** In rank order. */
  readonly shares: readonly Share[];
  /** The most memory this node's process will have. */
  readonly predictedPeakBytes: number;
  /** What the other nodes did and needed, in rank order. */
  reports(): Promise<BodyOf<'report'>[]>;
  /** Calls `act` once when another node is lost, at once if it has happened. One owner at a time. */
  whenLost(act: (error: Error) => void): void;
  /** What a failure of the shard really comes to: who was lost and why, where that is known. */
  explain(error: unknown): Promise<unknown>;
  /** Gives everything back: in peace, or telling the others what {@link explain} found before. */
  close(): Promise<void>;
}

/** Loads all of the model here, straight from its files. */
export async function placeHere(
  model: OpenedModel, options: SoloOptions, show?: OnProgress, signal?: AbortSignal,
): Promise<Placement> {
  const processBytes = await settledRss();
  const settings = soloSettings(model, options);
  checkResidentFits(settings);
  resetPeakRss();
  const shard = new Shard();
  const interrupt = (): void => void shard.abandon(new InterruptedError());
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    if (signal?.aborted === true) throw new InterruptedError();
    await shard.load(settings, show);
  } catch (error) {
    await shard.abandon(error as Error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
  return {
    shard, settings,
    shares: [settings.share],
    predictedPeakBytes: forecastPeak({ process: processBytes, ...shardMemory(settings), working: workingBytes }),
    reports: () => Promise.resolve([]),
    whenLost: () => undefined,
    explain: (error) => Promise.resolve(error),
    close: () => shard.close(),
  };
}
