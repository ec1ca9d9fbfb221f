import type { MembershipEffect, MembershipEvent } from './membership-events.js';
import { startMembership, stepMembership, type MembershipState } from './membership.js';

/** The membership's rules at work: one step at a time, with the clock of this machine. */
export class MembershipRun {
  #state: MembershipState;
  readonly #events: MembershipEvent[] = [];
  #stepping = false;

  constructor(deviceId: string, memberIds: readonly string[], private readonly carryOut: (effect: MembershipEffect) => void) {
    this.#state = startMembership(deviceId, memberIds, performance.now());
  }

  get state(): MembershipState {
    return this.#state;
  }

  /** What carrying out an effect brings about is taken after it. */
  take(event: MembershipEvent): void {
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { state, effects } = stepMembership(this.#state, next, performance.now());
        this.#state = state;
        for (const effect of effects) this.carryOut(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }
}
