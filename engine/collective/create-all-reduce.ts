import type { DataLinks } from './data-links.js';
import type { Collective } from './linked-collective.js';
import type { TensorPort } from './operation.js';
import { RingAllReduce } from './ring-all-reduce.js';
import { StarAllReduce } from './star-all-reduce.js';

export interface CollectiveOptions {
  /**
   * How long to keep the event loop awake while waiting for another node (default 0). About 100 halves the time of an
   * all-reduce where every node has an idle core, and more than doubles it where nodes compete for cores.
   */
  readonly spinMicroseconds?: number;
}

/** The collective that fits the links; `tensors` is `kernels`. */
export function createAllReduce(links: DataLinks, tensors: TensorPort, options: CollectiveOptions = {}): Collective {
  const { rank, worldSize } = links;
  const spin = options.spinMicroseconds ?? 0;
  return links.shape === 'star'
    ? new StarAllReduce(rank, worldSize, links.peers, tensors, spin)
    : new RingAllReduce(rank, worldSize, links.next, links.previous, tensors, spin);
}
