import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankOf, soundRules, type ElectionRules } from '../../../engine/cluster/election-rules.js';
import { termOf, type Merits } from '../../../engine/cluster/election-standing.js';
import { ElectionWorld, type Happening, type History } from './election-world.js';

/** Noticing takes up to 5 s, settling 1 s, a lost message up to 1 s until it is said again, an offer up to 10 s. */
const quietMs = 22_000;
const seeded = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

const merits: fc.Arbitrary<Merits> = fc.record({
  holdsModel: fc.boolean(), memoryBytes: fc.constantFrom(4e9, 8e9, 8e9, 16e9),
});
const node = fc.nat(4);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), node }) },
  { weight: 2, arbitrary: fc.oneof(fc.record({ kind: fc.constant('crash' as const), node }), fc.record({ kind: fc.constant('leave' as const), node })) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('split' as const), groups: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'heal' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pin' as const), node, target: fc.option(node) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merits' as const), node, merits }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('busy' as const), node, busy: fc.boolean() }) },
);

const history: fc.Arbitrary<History> = fc.record({
  nodes: fc.integer({ min: 2, max: 5 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  merits: fc.array(merits, { minLength: 5, maxLength: 5 }),
  happenings: fc.array(fc.record({ afterMs: fc.oneof(fc.nat(200), fc.nat(4_000)), what: happening }), { maxLength: 14 }),
});

/** Starts everybody first, lets the history happen, ends all work, and waits. */
function played(of: History, rules: ElectionRules = soundRules): ElectionWorld {
  const starts = Array.from({ length: of.nodes }, (_, index) => ({
    afterMs: index * 37, what: { kind: 'start' as const, node: index },
  }));
  const ends = Array.from({ length: of.nodes }, (_, index) => ({
    afterMs: 0, what: { kind: 'busy' as const, node: index, busy: false },
  }));
  const world = new ElectionWorld({ ...of, happenings: [...starts, ...of.happenings, ...ends] }, rules);
  world.run(quietMs);
  return world;
}

/** Every group has one master that accepts work, that all follow, and that nobody of the group outranks. */
function checkAgreement(world: ElectionWorld): void {
  for (const group of world.groups()) {
    const statuses = group.map((member) => world.status(member));
    const master = statuses[0]!.master;
    expect(statuses.map((status) => status.master)).toEqual(group.map(() => master));
    expect(new Set(statuses.map((status) => status.term)).size).toBe(1);
    expect(group.filter((member) => world.status(member).accepting).map(({ id }) => id)).toEqual([master]);
    const ranks = group.map(({ state }) => rankOf(state!.own, state!.own.pin));
    const sitting = group.find(({ id }) => id === master)!;
    expect(rankOf(sitting.state!.own, sitting.state!.own.pin)).toBe(Math.max(...ranks));
  }
}

const runs = Number(process.env['HEARTH_ELECTION_RUNS'] ?? 10_000);

describe('the election', () => {
  it(`keeps its promises over ${runs} random histories`, { timeout: 900_000 }, () => {
    fc.assert(fc.property(history, (of) => checkAgreement(played(of))), { numRuns: runs, ...seeded });
  });

  it('chooses pinned before model before memory before device ID where nobody is master yet', () => {
    const masterOf = (merits: Merits[], pin?: number) => {
      const world = new ElectionWorld({
        nodes: merits.length, seed: 7, merits,
        happenings: [
          ...merits.map((_, index) => ({ afterMs: 0, what: { kind: 'start' as const, node: index } })),
          ...(pin === undefined ? [] : [{ afterMs: 0, what: { kind: 'pin' as const, node: 0, target: pin } }]),
        ],
      }, soundRules);
      world.run(quietMs);
      checkAgreement(world);
      return world.status(world.nodes[0]!).master;
    };
    const plain = { holdsModel: false, memoryBytes: 8e9 };
    expect(masterOf([plain, plain, plain])).toBe('node-0');
    expect(masterOf([plain, { ...plain, memoryBytes: 9e9 }, plain])).toBe('node-1');
    expect(masterOf([plain, { ...plain, memoryBytes: 9e9 }, { ...plain, holdsModel: true }])).toBe('node-2');
    expect(masterOf([plain, { ...plain, memoryBytes: 9e9 }, { ...plain, holdsModel: true }], 0)).toBe('node-0');
  });

  it('keeps a sitting master when a laptop with more memory comes, also one that was master of itself', () => {
    const plain = { holdsModel: false, memoryBytes: 8e9 };
    const start = (node: number, afterMs: number) => ({ afterMs, what: { kind: 'start' as const, node } });
    const arrival = [start(0, 0), start(1, 0), start(2, 8_000)];
    const merits = [plain, plain, { ...plain, memoryBytes: 64e9 }];
    const joined = new ElectionWorld({ nodes: 3, seed: 3, merits, happenings: arrival }, soundRules);
    joined.run(quietMs);
    expect(joined.status(joined.nodes[2]!)).toMatchObject({ role: 'helper', master: 'node-0', term: 1 });
    const apart = { afterMs: 0, what: { kind: 'split' as const, groups: [0, 0, 1] } };
    const heal = { afterMs: 8_000, what: { kind: 'heal' as const } };
    const met = new ElectionWorld({ nodes: 3, seed: 3, merits, happenings: [apart, ...arrival, heal] }, soundRules);
    met.run(quietMs);
    expect(met.status(met.nodes[2]!)).toMatchObject({ role: 'helper', master: 'node-0' });
  });

  it('moves to a laptop that holds the model only when the work is done', () => {
    const plain = { holdsModel: false, memoryBytes: 8e9 };
    const until = (end: boolean) => {
      const happenings = [
        { afterMs: 0, what: { kind: 'start' as const, node: 0 } }, { afterMs: 0, what: { kind: 'start' as const, node: 1 } },
        { afterMs: 6_000, what: { kind: 'busy' as const, node: 0, busy: true } },
        { afterMs: 500, what: { kind: 'merits' as const, node: 1, merits: { ...plain, holdsModel: true } } },
        ...(end ? [{ afterMs: 3_000, what: { kind: 'busy' as const, node: 0, busy: false } }] : []),
      ];
      const world = new ElectionWorld({ nodes: 2, seed: 5, merits: [plain, plain], happenings }, soundRules);
      world.run(quietMs);
      return world.status(world.nodes[1]!);
    };
    expect(until(false)).toMatchObject({ role: 'helper', master: 'node-0' });
    expect(until(true)).toMatchObject({ role: 'master', accepting: true });
  });
});

describe('the properties of the election', () => {
  const idBlind = (a: { memoryBytes: number }, b: { memoryBytes: number }): number => b.memoryBytes - a.memoryBytes;
  const mutants: Record<string, Partial<ElectionRules>> = {
    'a tie-break that ends in a tie': { order: idBlind, contest: idBlind },
    'a master that never gives way': { contest: () => 1 },
    'a master that takes work before the others agree': { mayAccept: ({ own }) => own.vote?.master === own.from },
    'a claim that does not raise the term': { nextTerm: ({ own }) => Math.max(1, termOf(own)) },
    'a claim that asks nobody for their terms': { nextTerm: () => 1 },
    'a pin that does not count': { order: (a, b) => soundRules.order(a, b, { deviceId: null, version: 0 }) },
  };

  it.each(Object.entries(mutants))('are broken by %s', { timeout: 300_000 }, (_name, broken) => {
    const result = fc.check(
      fc.property(history, (of) => checkAgreement(played(of, { ...soundRules, ...broken }))),
      { numRuns: 2_000, endOnFailure: true, ...seeded },
    );
    expect(result.failed).toBe(true);
  });
});
