import type { DataLinks } from './data-links.js';
import type { Collective } from './linked-collective.js';
import type { TensorPort } from './operation.js';
import { RingAllReduce } from './ring-all-reduce.js';
import { StarAllReduce } from './star-all-reduce.js';

export interface CollectiveOptions {
  /**
   * How long to keep the event loop awake while waiting for another node (default 100). 0 suits a machine whose cores
   * are shared by more threads than it has.
   */
  readonly spinMicroseconds?: number;
}

/** The collective that fits the links; `tensors` is `kernels`. */
export function createAllReduce(links: DataLinks, tensors: TensorPort, options: CollectiveOptions = {}): Collective {
  const { rank, worldSize } = links;
  const spin = options.spinMicroseconds ?? 100;
  return links.shape === 'star'
    ? new StarAllReduce(rank, worldSize, links.peers, tensors, spin)
    : new RingAllReduce(rank, worldSize, links.next, links.previous, tensors, spin);
}
