import type { Cluster } from '../cluster/cluster.js';
import { ClusterFailedError, sayingOf, toldError } from '../errors.js';
import type { LaptopChange } from '../wire/laptop-change.js';
import type { BodyOf } from '../wire/messages.js';

interface Asked {
  readonly deviceId: string;
  readonly settle: (failure: Error | null) => void;
}

/** A laptop that is there does it at once, and stops a part in an answer within seconds (ms). */
const patienceMs = 10_000;

/** What people change on other laptops of their home than the one they sit at: asked of that laptop, which does it itself. */
export class LaptopChanges {
  readonly #asked = new Map<number, Asked>();
  #number = 0;
  /** One after the other, in the order in which they were asked. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param applyHere does what another laptop, `by`, asks of this one; rejects with why not. */
  constructor(
    private readonly cluster: Pick<Cluster, 'send' | 'onMessage' | 'onAbsent' | 'nameOf'>,
    private readonly applyHere: (change: LaptopChange, by: string) => Promise<void>,
    private readonly waitMs = patienceMs,
  ) {
    cluster.onMessage(({ from, control }) => {
      if (control.name === 'laptopChange') void this.#apply(from, control.body);
      else if (control.name === 'laptopChanged') this.#hear(from, control.body);
    });
    cluster.onAbsent((deviceId) => {
      for (const asked of this.#asked.values()) if (asked.deviceId === deviceId) asked.settle(this.#away(deviceId));
    });
  }

  /**
   * Resolves once that laptop has done it and keeps it. Rejects with ClusterFailedError LAPTOP_AWAY or LAPTOP_SILENT, or with
   * what that laptop refused.
   */
  async ask(deviceId: string, change: LaptopChange): Promise<void> {
    this.#number += 1;
    const number = this.#number;
    if (!this.cluster.send(deviceId, 'laptopChange', { number, change })) throw this.#away(deviceId);
    let timer: NodeJS.Timeout | undefined;
    try {
      const failure = await new Promise<Error | null>((settle) => {
        this.#asked.set(number, { deviceId, settle });
        timer = setTimeout(() => settle(this.#silent(deviceId)), this.waitMs);
      });
      if (failure !== null) throw failure;
    } finally {
      clearTimeout(timer);
      this.#asked.delete(number);
    }
  }

  async #apply(from: string, { number, change }: BodyOf<'laptopChange'>): Promise<void> {
    const done = this.#last.then(() => this.applyHere(change, from));
    this.#last = done.catch(() => undefined);
    const refusal = await done.then(() => null, sayingOf);
    this.cluster.send(from, 'laptopChanged', { number, refusal });
  }

  #hear(from: string, { number, refusal }: BodyOf<'laptopChanged'>): void {
    const asked = this.#asked.get(number);
    // Only the laptop that was asked may answer.
    if (asked?.deviceId !== from) return;
    asked.settle(refusal === null ? null : toldError(refusal));
  }

  #away(deviceId: string): ClusterFailedError {
    const name = this.cluster.nameOf(deviceId);
    return new ClusterFailedError('LAPTOP_AWAY', `${name} is away, so nothing was changed: start Hearth on it and try again.`, { values: { name } });
  }

  #silent(deviceId: string): ClusterFailedError {
    const name = this.cluster.nameOf(deviceId);
    return new ClusterFailedError(
      'LAPTOP_SILENT', `${name} did not answer: look here in a moment whether it has changed, and try again if not.`, { values: { name } },
    );
  }
}
