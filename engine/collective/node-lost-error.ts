import { ClusterFailedError } from '../errors.js';

/** A node that this run needs is gone. */
export class NodeLostError extends ClusterFailedError {
  constructor(readonly rank: number, reason: string, options?: ErrorOptions) {
    super('NODE_LOST', `Node ${rank} was lost: ${reason}`, options);
  }
}
