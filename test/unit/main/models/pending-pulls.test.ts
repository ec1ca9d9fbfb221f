import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { modelCalls, resumePulls, type ModelParts } from '../../../../main/models/model-calls.js';
import { LinkedModels } from '../../../../main/models/linked-models.js';
import { ModelMoves } from '../../../../main/models/model-moves.js';
import { ModelPlaces } from '../../../../main/models/model-places.js';
import { ModelPlans } from '../../../../main/models/model-plans.js';
import { ModelShelf } from '../../../../main/models/model-shelf.js';
import { PendingPulls } from '../../../../main/models/pending-pulls.js';
import { contentOf, FakeHub, stallAfter } from '../../../fake-hub/fake-hub.js';

let hub: FakeHub;
let home: string;
let used: (string | null)[];
const weights = 'model.safetensors';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hearth-pulls-'));
  hub = await new FakeHub().start();
  hub.files.set('config.json', Buffer.from('{}')).set(weights, contentOf(3_000_000));
  used = [];
});
afterEach(async () => {
  await hub.stop();
  await rm(home, { recursive: true, force: true });
});

/** The parts of an app that has just started on this disk. */
function started(): ModelParts {
  const places = new ModelPlaces(join(home, 'places.json'), () => join(home, 'models'));
  const onChange = (): void => undefined;
  const shelf = new ModelShelf({
    linked: new LinkedModels(join(home, 'linked.json')), plans: new ModelPlans(), places, offers: () => [], contextTokens: () => 2048,
    guide: null, inUse: () => null, onChange, env: { HF_ENDPOINT: hub.endpoint },
  });
  const use = (path: string | null): Promise<unknown> => Promise.resolve(used.push(path));
  const moves = new ModelMoves({ places, onChange, pause: () => shelf.close(), goOn: onChange, moved: () => Promise.resolve() });
  return { shelf, moves, use, pulls: new PendingPulls(join(home, 'pulls.json')), askForModel: () => Promise.resolve(null), beside: (work) => void work.catch(onChange) };
}

const partial = async ({ shelf }: ModelParts): Promise<void> =>
  vi.waitFor(async () => expect((await shelf.rows()).find(({ id }) => id === hub.repo)?.presentBytes).toBeGreaterThan(500_000), 10_000);

test('an app that ends while it downloads goes on when it starts again, and then uses the model as the person chose', async () => {
  hub.faults.push(...[1, 2, 3].map(() => stallAfter(1_000_000)));
  const first = started();
  await modelCalls(first).pullModel({ id: hub.repo, use: true });
  await partial(first);
  // Ended from without: nobody has paused it.
  await first.shelf.close();
  expect(used).toEqual([]);
  hub.faults.length = 0;
  const again = started();
  await resumePulls(again);
  expect(used).toEqual([join(home, 'models/owner--tiny-model')]);
  expect(hub.fetches(weights).at(-1)?.range).toMatch(/^bytes=[1-9]/);
  expect(await again.pulls.goingOn()).toEqual([]);
});

test('what the person paused stays paused over a restart; that it is to be used is not forgotten', async () => {
  hub.faults.push(...[1, 2, 3].map(() => stallAfter(1_000_000)));
  const first = started();
  await modelCalls(first).pullModel({ id: hub.repo, use: true });
  await partial(first);
  await modelCalls(first).pauseModel({ id: hub.repo });
  await first.shelf.close();
  hub.faults.length = 0;
  const again = started();
  await resumePulls(again);
  expect(used).toEqual([]);
  await modelCalls(again).pullModel({ id: hub.repo, use: false });
  await vi.waitFor(() => expect(used).toHaveLength(1), 10_000);
});

test('what the server does not have is not asked for again; what may come back is', async () => {
  const parts = started();
  hub.refuseListing = (response) => void response.writeHead(404).end();
  await modelCalls(parts).pullModel({ id: hub.repo, use: true });
  await vi.waitFor(async () => expect(await parts.pulls.goingOn()).toEqual([]), 10_000);
  await hub.stop();
  await modelCalls(parts).pullModel({ id: hub.repo, use: true });
  await vi.waitFor(async () => expect(await parts.pulls.goingOn()).toMatchObject([{ reference: hub.repo, use: true }]), 10_000);
  await vi.waitFor(async () => expect((await parts.shelf.rows()).find(({ id }) => id === hub.repo)?.problem?.code).toBe('HUB_UNREACHABLE'), 10_000);
  expect(await parts.pulls.goingOn()).toHaveLength(1);
  hub = await new FakeHub().start();
});
