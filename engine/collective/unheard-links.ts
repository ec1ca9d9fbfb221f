import { ClusterFailedError } from '../errors.js';
import type { Link } from '../wire/link.js';

/** A whole home may run on one machine. */
const mostOfOneAddress = 64;
const mostOfAll = 128;

/**
 * Links that have not proved yet to belong to this run. Whoever opens many crowds out only itself: beyond the bound of an
 * address its oldest is dropped, beyond the bound of all the oldest of the address with most.
 */
export class UnheardLinks {
  /** The oldest first. */
  readonly #hosts = new Map<Link, string>();

  constructor(
    private readonly perAddress = mostOfOneAddress,
    private readonly total = mostOfAll,
  ) {}

  links(): Link[] {
    return [...this.#hosts.keys()];
  }

  add(link: Link, host: string): void {
    const counts = new Map<string, number>();
    for (const one of this.#hosts.values()) counts.set(one, (counts.get(one) ?? 0) + 1);
    if ((counts.get(host) ?? 0) >= this.perAddress) this.#dropOldestOf(host);
    else if (this.#hosts.size >= this.total) this.#dropOldestOf([...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0]);
    this.#hosts.set(link, host);
    void link.closed.then(() => this.#hosts.delete(link));
  }

  /** The link has proved who it is, or was refused. */
  heard(link: Link): void {
    this.#hosts.delete(link);
  }

  #dropOldestOf(address: string): void {
    for (const [link, host] of this.#hosts) {
      if (host !== address) continue;
      this.#hosts.delete(link);
      return link.drop(new ClusterFailedError('LINK_REFUSED', 'Too many connections of one address waited unheard.'));
    }
  }
}
