import type { Progress } from '../../engine/report/progress.js';
import type { Saying } from '../../engine/saying.js';
import type { HomeFit } from './home-fit.js';

/** One model, as the models page shows it. Plain data. */
export interface ModelRow {
  /** What every other call takes: a name of the cache, a reference to pull, or a path. */
  id: string;
  title: string;
  source: 'guide' | 'cache' | 'linked' | 'suggested';
  /** What the engine opens; null until it is here and whole. */
  path: string | null;
  totalBytes: number;
  presentBytes: number;
  /** All that deleting it would free, its slices included; 0 for what is not Hearth's to delete. */
  diskBytes: number;
  dtype: string | null;
  /** Null where nobody has said. */
  licence: string | null;
  activity: ModelActivity | null;
  problem: Saying | null;
  fit: HomeFit | null;
  /** The model that this laptop leads its home with. */
  inUse: boolean;
}

/** Work that goes on with a model. */
export interface ModelActivity {
  kind: 'downloading' | 'checking';
  progress: Progress | null;
}
