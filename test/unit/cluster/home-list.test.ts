import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { signChange, type HomeChange } from '../../../engine/cluster/home-change.js';
import { joinLists, newChanges } from '../../../engine/cluster/home-list.js';
import { viewOf } from '../../../engine/cluster/home-view.js';
import { devices, idsOf, ListedDevice, meet, testIdentity } from './home-devices.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };
const size = 5;

type Step =
  | { kind: 'pair' | 'remove' | 'meet'; a: number; b: number }
  | { kind: 'rename'; a: number; b: number };

const device = fc.nat({ max: size - 1 });
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('pair', 'pair', 'remove', 'meet', 'meet', 'rename'), a: device, b: device,
});
const history = fc.array(step, { maxLength: 14 });

/** Plays a history; `onRemove` hears of every removal. */
async function play(steps: readonly Step[]): Promise<ListedDevice[]> {
  const all = await devices('ada', 'ben', 'cleo', 'dora', 'emil');
  for (const [index, { kind, a, b }] of steps.entries()) {
    const [first, second] = [all[a]!, all[b]!];
    if (kind === 'rename') first.rename(`${first.name}-${index}`);
    if (first === second) continue;
    if (kind === 'pair') first.pair(second);
    if (kind === 'remove' && first.sees(second)) first.remove(second);
    // Only members talk, and only if each takes the other for one.
    if (kind === 'meet' && first.sees(second) && second.sees(first)) meet(first, second);
  }
  return all;
}

beforeAll(() => Promise.all(Array.from({ length: size + 1 }, (_, index) => testIdentity(index))));

describe('Joining two lists', () => {
  test('is commutative, associative and idempotent, whatever happened', async () => {
    await fc.assert(fc.asyncProperty(history, device, device, device, async (steps, x, y, z) => {
      const all = await play(steps);
      const [a, b, c] = [all[x]!.list, all[y]!.list, all[z]!.list];
      const join = (...lists: Iterable<HomeChange>[]) => joinLists(...lists);
      expect(idsOf(join(a.values(), b.values()))).toEqual(idsOf(join(b.values(), a.values())));
      expect(idsOf(join(a.values(), join(b.values(), c.values()).values())))
        .toEqual(idsOf(join(join(a.values(), b.values()).values(), c.values())));
      expect(idsOf(join(a.values(), a.values()))).toEqual(idsOf(a));
    }), { ...seed, numRuns: 60 });
  });

  test('keeps one signature of a change that was signed twice, in either order', async () => {
    const [ada] = await devices('ada');
    const [change] = ada!.changes();
    const { signature, ...said } = change!;
    const again = signChange(said, ada!.identity);
    expect(again.signature).not.toBe(signature);
    expect([...joinLists([change!], [again]).values()]).toEqual([...joinLists([again], [change!]).values()]);
  });
});

describe('A home, however its members met', () => {
  test('looks the same to all who are members to each other and know the same', async () => {
    await fc.assert(fc.asyncProperty(history, async (steps) => {
      const all = await play(steps);
      const everything = joinLists(...all.map((one) => one.list.values()));
      for (const one of all) one.list = everything;
      for (const a of all) {
        for (const b of all) if (a.sees(b) && b.sees(a)) expect(a.members()).toEqual(b.members());
      }
    }), { ...seed, numRuns: 80 });
  });

  test('does not hang on the order in which changes came', async () => {
    await fc.assert(fc.asyncProperty(history, fc.infiniteStream(fc.nat()), async (steps, order) => {
      const all = await play(steps);
      const everything = [...joinLists(...all.map((one) => one.list.values())).values()];
      const shuffled = everything.map((change) => ({ change, at: order.next().value as number }))
        .sort((a, b) => a.at - b.at).map(({ change }) => change);
      for (const one of all) {
        expect([...viewOf(joinLists(shuffled), [one.id]).members.keys()].sort())
          .toEqual([...viewOf(joinLists(everything), [one.id]).members.keys()].sort());
      }
    }), { ...seed, numRuns: 40 });
  });

  test('never holds a stranger, whatever the stranger signs', async () => {
    const stranger = new ListedDevice(await testIdentity(size), 'stranger');
    await fc.assert(fc.asyncProperty(history, device, device, async (steps, x, y) => {
      const all = await play(steps);
      const known = all[x]!.changes();
      for (const one of all) one.take(known);
      const before = all.map((one) => one.members());
      const forger = new ListedDevice(stranger.identity, 'stranger');
      forger.take(known);
      forger.take([
        signChange({ ...addOf(forger, all[y]!), by: forger.id, byVersion: 1 }, forger.identity),
        signChange({ ...addOf(forger, forger), by: forger.id, byVersion: 1 }, forger.identity),
        signChange({
          kind: 'remove', device: all[y]!.id, version: 1, keeps: [], by: forger.id, byVersion: 1, lamport: 1,
        }, forger.identity),
      ]);
      for (const one of all) one.take(forger.changes());
      expect(all.map((one) => one.members())).toEqual(before);
    }), { ...seed, numRuns: 30 });
  });
});

function addOf(from: ListedDevice, who: ListedDevice) {
  const known = [...who.changes(), ...from.changes()];
  const found = known.find((change) => change.kind === 'found' && change.device === who.id);
  if (found?.kind !== 'found') throw new Error('no founding');
  const { certificate, name } = found;
  return { kind: 'add' as const, device: who.id, certificate, name, version: 1, lamport: 1 };
}

describe('Pairing with one member', () => {
  test('joins the home, and members that were away learn of it', async () => {
    const [ada, ben, cleo] = await devices('ada', 'ben', 'cleo');
    ada!.pair(ben!);
    cleo!.pair(ben!);
    expect([cleo!.members(), ada!.members()]).toEqual([['ada', 'ben', 'cleo'], ['ada', 'ben']]);
    meet(ada!, ben!);
    expect(ada!.members()).toEqual(['ada', 'ben', 'cleo']);
  });

  test('of another home makes one home of two', async () => {
    const [ada, ben, cleo, dora] = await devices('ada', 'ben', 'cleo', 'dora');
    ada!.pair(ben!);
    cleo!.pair(dora!);
    ben!.pair(cleo!);
    meet(ada!, ben!);
    meet(dora!, cleo!);
    for (const one of [ada, ben, cleo, dora]) expect(one!.members()).toEqual(['ada', 'ben', 'cleo', 'dora']);
  });

  test('of another home does not bring back whom one of the two had put out', async () => {
    const [ada, ben, cleo, dora] = await devices('ada', 'ben', 'cleo', 'dora');
    ada!.pair(dora!);
    ada!.remove(dora!);
    ben!.pair(cleo!);
    cleo!.pair(dora!);
    ada!.pair(ben!);
    meet(cleo!, ben!);
    for (const one of [ada, ben, cleo]) expect(one!.members()).toEqual(['ada', 'ben', 'cleo']);
  });
});

describe('A removal', () => {
  test('reaches members that were away, and leaves in whom the removed one let in', async () => {
    const [ada, ben, cleo] = await devices('ada', 'ben', 'cleo');
    ada!.pair(ben!);
    ben!.pair(cleo!);
    meet(ada!, ben!);
    ada!.remove(ben!);
    expect(ada!.members()).toEqual(['ada', 'cleo']);
    meet(ada!, cleo!);
    expect(cleo!.members()).toEqual(['ada', 'cleo']);
  });

  test('voids what the removed one signs later, even when it dates it back', async () => {
    const [ada, ben, cleo, dora] = await devices('ada', 'ben', 'cleo', 'dora');
    ada!.pair(ben!);
    ada!.pair(cleo!);
    meet(ada!, ben!);
    ada!.remove(ben!);
    const dated = signChange({ ...addOf(dora!, dora!), by: ben!.id, byVersion: 1, lamport: 1 }, ben!.identity);
    const later = signChange({ ...addOf(dora!, dora!), by: ben!.id, byVersion: 2, lamport: 99 }, ben!.identity);
    const self = signChange({ ...addOf(ben!, ben!), version: 9, by: ben!.id, byVersion: 1 }, ben!.identity);
    ben!.take([dated, later, self, ...dora!.changes()]);
    ben!.remove(cleo!);
    meet(ada!, ben!);
    meet(cleo!, ada!);
    expect([ada!.members(), cleo!.members()]).toEqual([['ada', 'cleo'], ['ada', 'cleo']]);
  });

  test('by the one who is put out at the same moment counts as well: both are out, and nobody else', async () => {
    const [ada, ben, cleo, dora] = await devices('ada', 'ben', 'cleo', 'dora');
    for (const other of [ben, cleo, dora]) ada!.pair(other!);
    for (const other of [ben, cleo, dora]) meet(ada!, other!);
    ada!.remove(ben!);
    ben!.remove(ada!);
    // Ben goes on to put out everybody; that hangs on nothing that ada had known.
    ben!.remove(dora!);
    cleo!.take(ada!.changes());
    cleo!.take(ben!.changes());
    dora!.take(cleo!.changes());
    expect(cleo!.members()).toEqual(['cleo', 'dora']);
    expect(dora!.members()).toEqual(['cleo', 'dora']);
  });

  test('is undone by pairing anew, and what was signed in between stays void', async () => {
    const [ada, ben, cleo, dora] = await devices('ada', 'ben', 'cleo', 'dora');
    ada!.pair(ben!);
    ada!.pair(cleo!);
    meet(ada!, ben!);
    ada!.remove(ben!);
    ben!.pair(dora!);
    ada!.pair(ben!);
    meet(ada!, cleo!);
    expect(ada!.members()).toEqual(['ada', 'ben', 'cleo']);
    expect(ben!.members()).toEqual(['ada', 'ben', 'cleo']);
    expect(cleo!.members()).toEqual(['ada', 'ben', 'cleo']);
    ben!.pair(dora!);
    meet(ada!, ben!);
    expect(ada!.members()).toEqual(['ada', 'ben', 'cleo', 'dora']);
  });
});

describe('A list that somebody altered', () => {
  test.each([
    ['another name', (change: HomeChange) => ({ ...change, name: 'eve' })],
    ['another version', (change: HomeChange) => ({ ...change, version: 2 })],
    ['a signature cut from elsewhere', (change: HomeChange, other: HomeChange) =>
      ({ ...change, signature: other.signature })],
    ["another's certificate", (change: HomeChange, other: HomeChange) =>
      ({ ...change, certificate: other.kind === 'remove' ? '' : other.certificate })],
  ])('by %s is refused whole', async (_, alter) => {
    const [ada, ben, cleo] = await devices('ada', 'ben', 'cleo');
    ada!.pair(ben!);
    const adds = ada!.changes().filter((change) => change.kind === 'add');
    const forged = alter(adds[0]!, adds[1]!);
    expect(newChanges(cleo!.list, ada!.changes())).toHaveLength(4);
    expect(() => newChanges(cleo!.list, [...ada!.changes(), forged]))
      .toThrow(expect.objectContaining({ code: 'HOME_FORGED' }) as Error);
  });

  test("a member that lets a device in under another's certificate is refused", async () => {
    const [ada, ben, cleo] = await devices('ada', 'ben', 'cleo');
    ada!.pair(ben!);
    const { certificate } = addOf(ben!, ben!);
    const wrong = signChange({ ...addOf(cleo!, cleo!), certificate, by: ada!.id, byVersion: 1 }, ada!.identity);
    expect(() => newChanges(ben!.list, [...cleo!.changes(), wrong]))
      .toThrow(expect.objectContaining({ code: 'HOME_FORGED' }) as Error);
  });

  test('a removal whose author shows no certificate is refused', async () => {
    const [ada, ben, cleo] = await devices('ada', 'ben', 'cleo');
    ada!.pair(ben!);
    const removal = ben!.remove(ada!);
    expect(() => newChanges(cleo!.list, [removal])).toThrow(expect.objectContaining({ code: 'HOME_FORGED' }) as Error);
  });
});
