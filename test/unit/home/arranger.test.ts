import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Capacity } from '../../../engine/cluster/capacity.js';
import type { ClusterPlan, Offer } from '../../../engine/cluster/plan.js';
import { NodeLostError } from '../../../engine/collective/node-lost-error.js';
import { ClusterFailedError } from '../../../engine/errors.js';
import { Arranger } from '../../../engine/home/arranger.js';
import type { HomeModelEvent } from '../../../engine/home/home-event.js';
import { plannedModel } from '../../../engine/home/planned-model.js';
import { openModel } from '../../../engine/model/model-folder.js';
import type { Placement } from '../../../engine/world/placement.js';
import { goldenModel } from '../../golden/golden-model.js';
import { seeded } from '../slices/random-model.js';

const model = plannedModel(await openModel(goldenModel('llama-gqa').path), { dtype: null, threads: 1, contextTokens: 64, kvDtype: 'f32' }, null);

// So slow that every laptop is worth having.
const capacity: Capacity = {
  memoryBytes: 4e9, processBytes: 0, cores: 1, diskBytesPerSecond: 1e9,
  productBytesPerSecond: { f32: 1e4, bf16: 1e4, f16: 1e4, q8_0: 1e4, q4_0: 1e4 },
};
const offer = (deviceId: string): Offer => ({
  deviceId, name: `laptop ${deviceId}`, capacity, link: deviceId === 'm' ? null : { roundTripSeconds: 1e-6, bytesPerSecond: 1e9 },
});

/** A home where placements are only counted. */
class CountedHome {
  here = ['m', 'a', 'b'];
  readonly events: HomeModelEvent[] = [];
  open = 0;
  mostOpen = 0;
  /** What befalls the next placements. */
  readonly fates: ((plan: ClusterPlan) => void)[] = [];
  lose: (error: Error) => void = () => undefined;
  readonly arranger = new Arranger({
    model,
    offers: () => Promise.resolve(this.here.map(offer)),
    place: (plan) => this.#place(plan),
    onEvent: (event) => this.events.push(event),
    onReturnable: () => undefined,
  });

  names(plan: ClusterPlan): string[] {
    return plan.nodes.map(({ deviceId }) => deviceId).sort();
  }

  async #place(plan: ClusterPlan): Promise<Placement> {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    await Promise.resolve();
    try {
      this.fates.shift()?.(plan);
    } catch (error) {
      this.open -= 1;
      throw error;
    }
    let closed = false;
    return {
      shard: { abandon: () => Promise.resolve() },
      whenLost: (act: (error: Error) => void) => (this.lose = act),
      explain: (error: unknown) => Promise.resolve(error),
      close: () => {
        if (!closed) this.open -= 1;
        closed = true;
        return Promise.resolve();
      },
    } as unknown as Placement;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('all who notice a loss wait for the same arrangement, without the laptop that was named', async () => {
  const home = new CountedHome();
  const { plan, placement } = await home.arranger.settled();
  expect(home.names(plan)).toEqual(['a', 'b', 'm']);
  const lost = plan.nodes[1]!;
  const cause = new NodeLostError(1, 'its connection broke.');
  const [one, other] = await Promise.all([home.arranger.failed(placement, cause), home.arranger.failed(placement, cause)]);
  expect(one).toBe(other);
  expect(home.names(one.plan)).toEqual(['a', 'b', 'm'].filter((id) => id !== lost.deviceId));
  expect(home.events.filter(({ kind }) => kind === 'lost')).toMatchObject([{ deviceId: lost.deviceId, why: 'its connection broke.' }]);
  // Word of the old placement comes late: nothing is to be done.
  expect(await home.arranger.failed(placement, cause)).toBe(one);
  await home.arranger.close();
  expect([home.open, home.mostOpen]).toEqual([0, 1]);
});

test('a loss while nobody asks anything is made good at once', async () => {
  const home = new CountedHome();
  await home.arranger.settled();
  await turn();
  home.lose(new NodeLostError(2, 'it was silent for 4 s.'));
  expect((await home.arranger.settled()).plan.nodes).toHaveLength(2);
  await home.arranger.close();
  expect(home.open).toBe(0);
});

test('a failure that names nobody is tried three times', async () => {
  const home = new CountedHome();
  const vague = (): void => {
    throw new ClusterFailedError('TIMEOUT', 'The others took too long.');
  };
  home.fates.push(vague, vague);
  expect(home.names((await home.arranger.settled()).plan)).toEqual(['a', 'b', 'm']);
  await home.arranger.close();
  const again = new CountedHome();
  again.fates.push(vague, vague, vague);
  await expect(again.arranger.settled()).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(again.events.at(-1)).toMatchObject({ kind: 'stopped', error: { code: 'TIMEOUT' } });
  await again.arranger.close();
});

test('whatever happens, one placement at a time is there, and none in the end', async () => {
  const step = fc.constantFrom('lose', 'loseTwice', 'refuse', 'leave', 'return', 'reconsider', 'wait');
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const home = new CountedHome();
    await home.arranger.settled();
    const waiting: Promise<unknown>[] = [];
    for (const what of steps) {
      const settled = await home.arranger.settled();
      const cause = new NodeLostError(Math.min(1, settled.plan.nodes.length - 1), 'it left.');
      if (what === 'lose' || what === 'loseTwice') waiting.push(home.arranger.failed(settled.placement, cause));
      if (what === 'loseTwice') waiting.push(home.arranger.failed(settled.placement, cause));
      if (what === 'refuse') {
        home.fates.push((plan) => {
          if (plan.nodes.length > 1) throw new NodeLostError(1, 'it is busy.');
        });
      }
      if (what === 'leave') home.here = ['m', 'a'];
      if (what === 'return') home.here = ['m', 'a', 'b'];
      if (what === 'reconsider') waiting.push(home.arranger.reconsider());
      if (what === 'wait') await turn();
    }
    await Promise.all(waiting);
    const { plan } = await home.arranger.settled();
    expect(home.names(plan)).toContain('m');
    expect([home.open, home.mostOpen]).toEqual([1, 1]);
    await home.arranger.close();
    expect(home.open).toBe(0);
  }), { numRuns: 100, ...seeded });
});
