import type { BodyOf } from '../wire/messages.js';
import { LinkProbe, type LinkFigures } from './link-probe.js';
import type { MemberLink } from './member-port.js';

/** Laptops that start together are busy at first: until it was asked so often, a link's best is looked for often. */
const pingMs = 1_000;
const oftenPings = 15;
const seldomEvery = 10;

/** Measures the link to every present member, again and again. */
export class LinkProbes {
  readonly #probes = new Map<string, LinkProbe>();
  #timer: NodeJS.Timeout | undefined;
  #pings = 0;

  constructor(private readonly onMeasured: () => void) {}

  start(): void {
    this.#timer = setInterval(() => this.#ping(), pingMs);
  }

  /** The member is reached over this link from now on. */
  begin({ deviceId, link }: MemberLink): void {
    const probe = new LinkProbe((ping) => link.send('ping', ping), this.onMeasured);
    this.#probes.set(deviceId, probe);
    probe.ask();
  }

  hear(deviceId: string, pong: BodyOf<'pong'>): void {
    this.#probes.get(deviceId)?.hear(pong);
  }

  figuresOf(deviceId: string): LinkFigures | null {
    return this.#probes.get(deviceId)?.figures ?? null;
  }

  end(deviceId: string): void {
    this.#probes.delete(deviceId);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #ping(): void {
    this.#pings += 1;
    for (const probe of this.#probes.values()) if (probe.asked < oftenPings || this.#pings % seldomEvery === 0) probe.ask();
  }
}
