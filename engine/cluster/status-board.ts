import type { HomeStatus } from '../wire/home-status.js';

const nothing: HomeStatus = { model: null, laptops: [] };

/** What is known of the home's model: what this laptop knows itself, as master, and what another one said as such. */
export class StatusBoard {
  own: HomeStatus = nothing;
  /** What was said last, and by whom. */
  #heard: { from: string; status: HomeStatus } | null = null;

  constructor(private readonly self: string) {}

  hear(from: string, status: HomeStatus): void {
    this.#heard = { from, status };
  }

  /** What counts while `master` leads: nobody else's word does. */
  under(master: string | null): HomeStatus {
    if (master === this.self) return this.own;
    return this.#heard !== null && this.#heard.from === master ? this.#heard.status : nothing;
  }
}
