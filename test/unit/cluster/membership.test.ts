import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MembershipEffect, MembershipEvent } from '../../../engine/cluster/membership-events.js';
import { presentPeers, startMembership, stepMembership } from '../../../engine/cluster/membership.js';
import { MembershipWorld } from './membership-world.js';

/** One node's machine with a clock of its own. */
class Machine {
  now = 0;
  state = startMembership('B', ['A', 'B', 'C'], 0);

  send(event: MembershipEvent): readonly MembershipEffect[] {
    const { state, effects } = stepMembership(this.state, event, this.now);
    this.state = state;
    return effects;
  }

  /** Ticks up to `until`, hearing these links each time. */
  tickTo(until: number, heard: Record<string, number> = {}): MembershipEffect[] {
    const effects: MembershipEffect[] = [];
    while (this.now < until) {
      this.now += 500;
      for (const [id, link] of Object.entries(heard)) effects.push(...this.send({ kind: 'heard', id, link }));
      effects.push(...this.send({ kind: 'tick' }));
    }
    return effects;
  }
}

const up = (id: string, link: number, boot = 'one', dialledBy: 'us' | 'them' = 'them'): MembershipEvent =>
  ({ kind: 'linkUp', id, link, boot, dialledBy, address: `10.0.0.${link}` });
const kinds = (effects: readonly MembershipEffect[]): string[] => effects.map(({ kind }) => kind);

const runs = Number(process.env['HEARTH_MEMBERSHIP_RUNS'] ?? 10_000);

describe('membership', () => {
  it('dials every member at once, and one that cannot be reached less and less often', () => {
    const machine = new Machine();
    const times: number[] = [];
    while (machine.now < 60_000) {
      for (const effect of machine.tickTo(machine.now + 500)) {
        if (effect.kind !== 'dial' || effect.id !== 'A') continue;
        times.push(machine.now);
        machine.send({ kind: 'dialFailed', id: 'A', failures: [] });
      }
    }
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    expect(times[0]).toBeLessThanOrEqual(500);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(8_500);
  });

  it('calls one less and less often that hangs up as soon as it is called, and at once again after a link that lasted', () => {
    const machine = new Machine();
    const calls: number[] = [];
    for (let link = 1; machine.now < 60_000; ) {
      if (!machine.tickTo(machine.now + 500).some(({ kind, ...more }) => kind === 'dial' && (more as { id: string }).id === 'A')) continue;
      calls.push(machine.now);
      machine.send(up('A', link, 'one', 'us'));
      machine.send({ kind: 'linkDown', id: 'A', link, goodbye: false });
      link += 1;
    }
    const pauses = calls.slice(1).map((at, index) => at - calls[index]!);
    expect(pauses.slice(0, 6)).toEqual([500, 500, 1_000, 2_000, 4_000, 8_000]);
    expect(Math.max(...pauses)).toBe(8_000);
    machine.send(up('A', 99, 'one', 'us'));
    machine.tickTo(machine.now + 3_000, { A: 99 });
    machine.send({ kind: 'linkDown', id: 'A', link: 99, goodbye: false });
    expect(machine.tickTo(machine.now + 500)).toContainEqual({ kind: 'dial', id: 'A' });
  });

  it('notices a silent death within five seconds, and one who speaks never', () => {
    const machine = new Machine();
    machine.send(up('A', 1));
    machine.send(up('C', 2));
    machine.tickTo(20_000, { A: 1, C: 2 });
    const died = machine.now;
    let noticed = Infinity;
    while (machine.now < died + 10_000) {
      const effects = machine.tickTo(machine.now + 500, { C: 2 });
      if (effects.some((effect) => effect.kind === 'absent' && effect.id === 'A' && effect.why === 'silent')) noticed = machine.now;
      expect(effects.some((effect) => effect.kind === 'absent' && effect.id === 'C')).toBe(false);
    }
    expect(noticed - died).toBeLessThanOrEqual(5_000);
    expect([...presentPeers(machine.state).keys()]).toEqual(['C']);
  });

  it('beats once a second to those present', () => {
    const machine = new Machine();
    machine.send(up('A', 1));
    const beats = machine.tickTo(10_000, { A: 1 }).filter(({ kind }) => kind === 'beat');
    expect(beats).toHaveLength(10);
  });

  it('holds nobody for dead after a sleep of its own, and dials those away at once', () => {
    const machine = new Machine();
    machine.send(up('A', 1));
    machine.tickTo(1_000, { A: 1 });
    for (let failure = 0; failure < 8; failure++) machine.send({ kind: 'dialFailed', id: 'C', failures: [] });
    machine.now += 3_600_000;
    const effects = machine.send({ kind: 'tick' });
    expect(effects).toContainEqual({ kind: 'dial', id: 'C' });
    expect(effects).toContainEqual({ kind: 'beat', link: 1 });
    expect(presentPeers(machine.state).has('A')).toBe(true);
    expect(machine.tickTo(machine.now + 5_000)).toContainEqual({ kind: 'absent', id: 'A', why: 'silent' });
  });

  it('lets one go at once who says goodbye, and takes it back when it comes', () => {
    const machine = new Machine();
    machine.send(up('A', 1));
    expect(machine.send({ kind: 'linkDown', id: 'A', link: 1, goodbye: true })).toEqual([{ kind: 'absent', id: 'A', why: 'goodbye' }]);
    expect(machine.tickTo(4_000).some((effect) => effect.kind === 'dial' && effect.id === 'A')).toBe(false);
    expect(kinds(machine.send(up('A', 2, 'two')))).toEqual(['present']);
  });

  it('keeps one link of two that were dialled at once: that of the smaller device ID, on both sides', () => {
    const ours = new Machine();
    ours.send(up('C', 1, 'one', 'them'));
    expect(kinds(ours.send(up('C', 2, 'one', 'us')))).toEqual(['moved', 'close']);
    const theirs = new Machine();
    theirs.send(up('C', 2, 'one', 'us'));
    expect(theirs.send(up('C', 1, 'one', 'them'))).toEqual([expect.objectContaining({ kind: 'close', link: 1 })]);
    expect(presentPeers(ours.state).get('C')!.link).toBe(2);
    expect(presentPeers(theirs.state).get('C')!.link).toBe(2);
  });

  it('takes nobody for lost whose surplus link is closed before the other one is up here, but one whose link is not replaced', () => {
    const machine = new Machine();
    machine.send(up('A', 1, 'one', 'us'));
    expect(machine.send({ kind: 'linkDown', id: 'A', link: 1, goodbye: false })).toEqual([]);
    machine.now += 50;
    expect(kinds(machine.send(up('A', 2, 'one', 'them')))).toEqual(['moved']);
    expect(kinds(machine.tickTo(5_000, { A: 2 }))).not.toContain('absent');
    machine.send(up('C', 3));
    machine.send({ kind: 'linkDown', id: 'C', link: 3, goodbye: false });
    const effects = machine.tickTo(machine.now + 500, { A: 2 });
    expect(effects).toContainEqual({ kind: 'absent', id: 'C', why: 'closed' });
    expect(effects).not.toContainEqual(expect.objectContaining({ kind: 'close' }));
  });

  it('refuses a stranger, and closes the link of a member that was removed', () => {
    const machine = new Machine();
    expect(machine.send(up('X', 9))).toEqual([expect.objectContaining({ kind: 'close', link: 9 })]);
    machine.send(up('A', 1));
    const effects = machine.send({ kind: 'members', ids: ['B', 'C'] });
    expect(effects).toContainEqual({ kind: 'absent', id: 'A', why: 'removed' });
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'close', link: 1 }));
    expect(machine.send(up('A', 3))).toEqual([expect.objectContaining({ kind: 'close', link: 3 })]);
  });

  it('takes a restart for a restart', () => {
    const machine = new Machine();
    machine.send(up('A', 1, 'one'));
    machine.tickTo(2_000, { A: 1 });
    expect(kinds(machine.send(up('A', 2, 'two')))).toEqual(['absent', 'present']);
    // Its last words were still on the way.
    expect(machine.send({ kind: 'heard', id: 'A', link: 1 })).toEqual([]);
    const later = machine.tickTo(20_000, { A: 2 });
    expect(kinds(later)).not.toContain('cloned');
    expect(later).toContainEqual(expect.objectContaining({ kind: 'close', link: 1 }));
    expect(presentPeers(machine.state).get('A')!.link).toBe(2);
  });

  it('tells two laptops with one identity apart from a restart, names both addresses, and leaves both alone for a while', () => {
    const machine = new Machine();
    machine.send(up('A', 1, 'one'));
    machine.send(up('A', 2, 'two'));
    const effects = machine.tickTo(3_000, { A: 1 });
    expect(effects).toContainEqual({ kind: 'cloned', id: 'A', addresses: ['10.0.0.1', '10.0.0.2'] });
    expect(presentPeers(machine.state).has('A')).toBe(false);
    expect(machine.send(up('A', 3, 'two'))).toEqual([expect.objectContaining({ kind: 'close', link: 3 })]);
    machine.tickTo(40_000);
    expect(kinds(machine.send(up('A', 4, 'two')))).toContain('present');
  });

  it('says once for each place that another has its own identity', () => {
    const machine = new Machine();
    const sighted = (address: string) => machine.send({ kind: 'sighted', id: 'B', address });
    expect(sighted('10.0.0.8')).toEqual([{ kind: 'cloned', id: 'B', addresses: ['10.0.0.8'] }]);
    expect(sighted('10.0.0.8')).toEqual([]);
    expect(kinds(machine.send(up('B', 5)))).toEqual(['close', 'cloned']);
  });

  it('tells once that a member cannot be reached, with what was tried, and again when that fails otherwise', () => {
    const machine = new Machine();
    machine.send({ kind: 'sighted', id: 'A', address: '10.0.0.1' });
    const failures = [{ address: '10.0.0.1', outcome: 'timeout' as const }];
    const told = Array.from({ length: 6 }, () => machine.send({ kind: 'dialFailed', id: 'A', failures })).flat();
    expect(told).toEqual([{ kind: 'unreachable', id: 'A', failures }]);
    const otherwise = [{ address: '10.0.0.1', outcome: 'no-host' as const }];
    const toldAgain = Array.from({ length: 3 }, () => machine.send({ kind: 'dialFailed', id: 'A', failures: otherwise })).flat();
    expect(toldAgain).toEqual([{ kind: 'unreachable', id: 'A', failures: otherwise }]);
    // Nobody answered to the address: silence later is no other failure, until it is announced anew.
    const silence = () => Array.from({ length: 3 }, () => machine.send({ kind: 'dialFailed', id: 'A', failures })).flat();
    expect(silence()).toEqual([]);
    machine.send({ kind: 'unsighted', id: 'A' });
    machine.send({ kind: 'sighted', id: 'A', address: '10.0.0.1' });
    expect(silence()).toEqual([{ kind: 'unreachable', id: 'A', failures }]);
  });

  it(`brings everybody together again after any of ${runs} histories of crashes, cuts, freezes, goodbyes and removals`, { timeout: 900_000 }, () => {
    const node = fc.nat(3);
    const happening = fc.oneof(
      fc.record({ kind: fc.constantFrom('crash' as const, 'start' as const, 'stop' as const), node }),
      fc.record({ kind: fc.constant('freeze' as const), node, ms: fc.nat(9_000) }),
      fc.record({ kind: fc.constant('split' as const), groups: fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }) }),
      fc.record({ kind: fc.constant('members' as const), listed: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) }),
    );
    const histories = fc.array(fc.record({ afterMs: fc.nat(50).map((steps) => 100 * steps), what: happening }), { maxLength: 10 });
    fc.assert(fc.property(histories, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (happenings, seed) => {
      new MembershipWorld(4, seed).run(happenings);
    }), { numRuns: runs, ...(process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) }) });
  });
});
