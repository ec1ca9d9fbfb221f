import { ClusterFailedError } from '../errors.js';

/** A node that this run needs is gone. */
export class NodeLostError extends ClusterFailedError {
  constructor(readonly rank: number, reason: string, options?: ErrorOptions) {
    const opening = `Node ${rank} was lost: `;
    // A reason that was passed on from node to node may say so already.
    super('NODE_LOST', reason.startsWith(opening) ? reason : opening + reason, { ...options, values: { rank } });
  }
}
