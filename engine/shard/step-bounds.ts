import { ClusterFailedError } from '../errors.js';
import type { ShardSettings } from './shard-settings.js';

/**
 * Positions [position, position + tokens) of a context, as another node names them, lie within the KV cache.
 *
 * @throws ClusterFailedError STEP_OUT_OF_BOUNDS
 */
export function checkContext(
  { contexts, capacity }: Pick<ShardSettings, 'contexts' | 'capacity'>, context: number, position: number, tokens: number,
): void {
  if (context < contexts && position + tokens <= capacity) return;
  throw outOfBounds(`${tokens} tokens at position ${position} of context ${context}`, `${contexts} of ${capacity} positions`);
}

/** @throws ClusterFailedError STEP_OUT_OF_BOUNDS when a pass has no token, or more than the activations have room for */
export function checkPass({ tokensPerPass }: Pick<ShardSettings, 'tokensPerPass'>, tokens: number): void {
  if (tokens >= 1 && tokens <= tokensPerPass) return;
  throw outOfBounds(`a pass of ${tokens} tokens`, `passes of 1 to ${tokensPerPass}`);
}

function outOfBounds(asked: string, there: string): ClusterFailedError {
  return new ClusterFailedError(
    'STEP_OUT_OF_BOUNDS', `The master asked for ${asked} where there are ${there}: run the same version of Hearth on every node.`,
  );
}
