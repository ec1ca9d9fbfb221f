import type { BodyOf } from '../wire/messages.js';
import { HomeIntake } from './home-intake.js';
import { sendHome } from './home-transfer.js';
import type { Home } from './home.js';
import type { MemberLink } from './member-port.js';

/** Passes the home's list on from member to member, in pieces. */
export class HomePassing {
  /** What a link has brought of a list so far. */
  readonly #intakes = new WeakMap<MemberLink, HomeIntake>();

  constructor(private readonly home: Pick<Home, 'changes' | 'mergeFrom'>, private readonly onFailure: (error: unknown) => void) {}

  tell({ link }: MemberLink): void {
    sendHome(link, 'home', this.home.changes());
  }

  /** A piece of another member's list. Throws ClusterFailedError HOME_TOO_LARGE. */
  hear(member: MemberLink, piece: BodyOf<'home'>): void {
    const intake = this.#intakes.get(member) ?? new HomeIntake();
    this.#intakes.set(member, intake);
    const changes = intake.take(piece);
    if (changes !== null) this.home.mergeFrom(member.deviceId, changes).catch(this.onFailure);
  }
}
