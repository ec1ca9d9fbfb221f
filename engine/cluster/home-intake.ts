import { ClusterFailedError } from '../errors.js';
import type { BodyOf } from '../wire/messages.js';
import type { HomeChange } from './home-change.js';
import { maxChanges } from './home-list.js';

/** Puts together the pieces of a member list that arrive on one link. */
export class HomeIntake {
  #changes: HomeChange[] = [];

  /** The whole list once its last piece is there, else null. Throws ClusterFailedError HOME_TOO_LARGE. */
  take({ changes, more }: BodyOf<'home'>): readonly HomeChange[] | null {
    this.#changes.push(...changes);
    if (this.#changes.length > maxChanges || (more && changes.length === 0)) {
      this.#changes = [];
      throw new ClusterFailedError('HOME_TOO_LARGE', 'The other laptop sent a list of members without end.');
    }
    if (more) return null;
    const whole = this.#changes;
    this.#changes = [];
    return whole;
  }
}
