import type { BodyOf } from '../wire/messages.js';
import type { KnownAddress } from './candidate-addresses.js';

const mostPerDevice = 6;

/** Where other members say that they reach each member. */
export class Whereabouts {
  readonly #known = new Map<string, KnownAddress[]>();

  /** Takes over what one said; returns the devices of which there is news. */
  hear({ peers }: BodyOf<'whereabouts'>, isMember: (deviceId: string) => boolean): { deviceId: string; host: string }[] {
    const news = [];
    for (const { deviceId, host, port } of peers) {
      if (!isMember(deviceId)) continue;
      const known = this.#known.get(deviceId) ?? [];
      if (known.some((one) => one.host === host && one.port === port)) continue;
      this.#known.set(deviceId, [{ host, port, source: 'announced' as const }, ...known].slice(0, mostPerDevice));
      news.push({ deviceId, host });
    }
    return news;
  }

  of(deviceId: string): readonly KnownAddress[] {
    return this.#known.get(deviceId) ?? [];
  }

  forget(deviceId: string): void {
    this.#known.delete(deviceId);
  }
}
