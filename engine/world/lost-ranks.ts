import { NotJoinedError, NodeRefusedError } from '../cluster/session-errors.js';
import { NodeLostError } from '../collective/node-lost-error.js';

/** The other ranks that a failure names as gone, or as unable to take part; none where it names nobody. */
export function lostRanks(error: unknown): readonly number[] {
  if (error instanceof NotJoinedError) return error.ranks;
  const named = error instanceof NodeLostError || error instanceof NodeRefusedError ? [error.rank] : [];
  return named.filter((rank) => rank > 0);
}
