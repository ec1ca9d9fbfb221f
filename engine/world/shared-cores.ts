import { kernels } from '../../native-kernels/index.js';
import type { WorldOptions } from '../world-options.js';

type Nodes = Pick<WorldOptions, 'worldSize' | 'others'>;

/** Compute threads of each node: those of one machine share its cores. Null = as many as there are cores. */
export function threadsFor({ others, worldSize }: Nodes, asked: number | null): number | null {
  return others.kind === 'local' ? localThreads(worldSize, asked) : asked;
}

export function localThreads(worldSize: number, asked: number | null): number {
  return asked ?? Math.max(1, Math.floor(kernels.physicalCores() / worldSize));
}

/** How long to wait awake for another node: it only pays where nobody else on this machine wants the core. */
export function spinFor({ others, worldSize }: Nodes, threads: number | null): number {
  if (others.kind !== 'local') return 100;
  return worldSize * (threads ?? kernels.physicalCores()) <= kernels.physicalCores() ? 100 : 0;
}
