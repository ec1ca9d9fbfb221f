import { ClusterFailedError } from '../errors.js';
import type { Code, Saying } from '../saying.js';

/** A worker says that it cannot take part, and why. */
export class NodeRefusedError extends ClusterFailedError {
  constructor(readonly rank: number, { code, sentence, values }: Saying) {
    super(code as Code, `Node ${rank} cannot take part: ${sentence}`, { values });
  }
}

/** Some ranks never came. */
export class NotJoinedError extends ClusterFailedError {
  constructor(readonly ranks: readonly number[], timeoutMs: number) {
    super(
      'JOIN_TIMEOUT',
      `${ranks.length === 1 ? 'Rank' : 'Ranks'} ${ranks.join(', ')} did not join within ${timeoutMs / 1000} s. ` +
        'Start the line that was printed on the other laptops, or raise --join-timeout.',
      { values: { ranks: ranks.map(String) } },
    );
  }
}
