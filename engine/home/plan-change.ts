import type { ClusterPlan } from '../cluster/plan.js';

/** Loading anew is worth a tenth of every token's time. */
const worthwhile = 0.9;

type Compared = Pick<ClusterPlan, 'secondsPerToken'> & { readonly nodes: readonly { readonly deviceId: string }[] };

/**
 * Whether the weights are to be moved, between answers, to where `next` wants them: when a laptop of the present plan has no
 * part any more, or tokens would come noticeably faster. Small changes of what the laptops offer move nothing. Pure.
 */
export function isWorthMoving(
  present: Compared, next: Compared, here: readonly { deviceId: string }[],
): boolean {
  const stillHere = new Set(here.map(({ deviceId }) => deviceId));
  if (!present.nodes.every(({ deviceId }) => stillHere.has(deviceId))) return true;
  const before = new Set(present.nodes.map(({ deviceId }) => deviceId));
  const sameNodes = next.nodes.length === before.size && next.nodes.every(({ deviceId }) => before.has(deviceId));
  return !sameNodes && next.secondsPerToken < worthwhile * present.secondsPerToken;
}
