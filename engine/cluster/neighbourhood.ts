import { protocolVersion } from '../wire/messages.js';
import { Discovery, type MulticastHealth, type Sighting } from './discovery.js';

export interface NeighbourhoodOptions {
  readonly deviceId: string;
  /** Where this laptop listens for members. */
  readonly port: number;
  /** Somebody was heard of, or of being somewhere else. */
  readonly onSighted: (sighting: Sighting) => void;
  readonly onGone: (deviceId: string) => void;
  readonly onMulticast: () => void;
}

/** Who announces itself near here by multicast; this laptop does, by whatever name it has now. */
export class Neighbourhood {
  #discovery: Discovery | null = null;
  #multicast: readonly MulticastHealth[] = [];
  #ended = false;

  constructor(private readonly options: NeighbourhoodOptions) {}

  /** Announces this laptop by this name, and listens. */
  announce(name: string): void {
    if (this.#ended) return;
    const { deviceId, port, onSighted, onGone, onMulticast } = this.options;
    this.#discovery = new Discovery({
      announcement: { deviceId, name, protocolVersion }, port, onSighted, onGone,
      onMulticast: (health) => {
        this.#multicast = health;
        onMulticast();
      },
    });
    this.#discovery.start();
  }

  /** Takes the old name back first. */
  async announceAnew(name: string): Promise<void> {
    await this.#discovery?.stop();
    this.announce(name);
  }

  sightings(): Sighting[] {
    return this.#discovery?.sightings() ?? [];
  }

  sighting(deviceId: string): Sighting | null {
    return this.#discovery?.sighting(deviceId) ?? null;
  }

  multicast(): readonly MulticastHealth[] {
    return this.#multicast;
  }

  /** After a sleep, what was heard may be long over. */
  refresh(): void {
    this.#discovery?.refresh();
  }

  /** Says goodbye. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#discovery?.stop();
  }
}
