import type { MemberLink } from './member-port.js';

/** The links that stand with other members, by number: while an old one ends, a member may have two. */
export class MemberLinks {
  readonly #open = new Map<number, MemberLink>();
  readonly #goodbyes = new Set<number>();

  add(member: MemberLink): void {
    this.#open.set(member.number, member);
  }

  get(number: number): MemberLink | undefined {
    return this.#open.get(number);
  }

  all(): MemberLink[] {
    return [...this.#open.values()];
  }

  /** Its peer ends it in peace. */
  saidGoodbye(number: number): void {
    this.#goodbyes.add(number);
  }

  /** It is closed. Returns whether its peer ended it in peace. */
  drop(number: number): boolean {
    this.#open.delete(number);
    return this.#goodbyes.delete(number);
  }
}
