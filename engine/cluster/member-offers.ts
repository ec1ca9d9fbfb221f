import type { Capacity } from '../wire/capacity.js';
import type { MemberNetwork } from './member-network.js';
import type { LinkQuality, Offer } from './plan.js';

/** What a laptop says that it can give. */
export interface Told {
  readonly capacity: Capacity;
  /** Its person lets nothing be computed on it for now. */
  readonly paused: boolean;
}

/** What is assumed of a link until its bandwidth is measured: slow Wi-Fi. */
const unmeasuredBytesPerSecond = 2_500_000;

/** What every other member that is here offers, and what the link to it gives. */
export class MemberOffers {
  readonly #told = new Map<string, Told>();

  constructor(
    private readonly network: Pick<MemberNetwork, 'presentIds' | 'figuresOf'>,
    private readonly nameOf: (deviceId: string) => string,
  ) {}

  hear(deviceId: string, told: Told): void {
    this.#told.set(deviceId, told);
  }

  forget(deviceId: string): void {
    this.#told.delete(deviceId);
  }

  /** Null until it has said. */
  toldBy(deviceId: string): Told | null {
    return this.#told.get(deviceId) ?? null;
  }

  /** Of those that take part. */
  all(): Offer[] {
    return this.network.presentIds().flatMap((deviceId): Offer[] => {
      const told = this.#told.get(deviceId);
      const link = this.#linkTo(deviceId);
      if (told === undefined || told.paused || link === null) return [];
      return [{ deviceId, name: this.nameOf(deviceId), capacity: told.capacity, link }];
    });
  }

  /** Whether every present member has said what it offers, and the link to it is measured. */
  get allIn(): boolean {
    return this.network.presentIds().every((id) => this.#told.has(id) && this.network.figuresOf(id)?.bytesPerSecond != null);
  }

  #linkTo(deviceId: string): LinkQuality | null {
    const figures = this.network.figuresOf(deviceId);
    if (figures === null) return null;
    return {
      roundTripSeconds: figures.roundTripMs / 1000, bytesPerSecond: figures.bytesPerSecond ?? unmeasuredBytesPerSecond,
    };
  }
}
