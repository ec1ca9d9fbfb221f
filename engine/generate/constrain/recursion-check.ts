import type { Automaton } from './automaton.js';
import { UnsupportedSchemaError } from './unsupported-schema.js';

/**
 * A rule that calls itself before any byte would never get anywhere, and one that cannot but call itself would never
 * end: neither describes any text.
 *
 * @throws UnsupportedSchemaError
 */
export function checkRecursion(automaton: Automaton): void {
  refuseCallsBeforeBytes(automaton);
  refuseEndless(automaton);
}

function refuseCallsBeforeBytes(automaton: Automaton): void {
  const entered = new Map<number, 'open' | 'done'>();
  const enter = (rule: number): void => {
    if (entered.get(rule) === 'done') return;
    if (entered.get(rule) === 'open') throw new UnsupportedSchemaError([], 'a $ref leads back to itself');
    entered.set(rule, 'open');
    for (const called of callsFirst(automaton, rule)) enter(called);
    entered.set(rule, 'done');
  };
  for (let rule = 0; rule < automaton.rules; rule++) enter(rule);
}

/** Rules that `rule` may call before its first byte; a call always takes bytes, so what follows one is not first. */
function callsFirst(automaton: Automaton, rule: number): Set<number> {
  const seen = new Set([automaton.start(rule)]);
  const called = new Set<number>();
  for (const at of seen) {
    for (const to of automaton.at(at).empty) seen.add(to);
    for (const call of automaton.at(at).calls) called.add(call.rule);
  }
  return called;
}

function refuseEndless(automaton: Automaton): void {
  const ends = new Set<number>();
  for (let found = true; found; ) {
    found = false;
    // Inner rules were declared after outer ones.
    for (let rule = automaton.rules - 1; rule >= 0; rule--) {
      if (ends.has(rule) || !canEnd(automaton, rule, ends)) continue;
      ends.add(rule);
      found = true;
    }
  }
  if (ends.size < automaton.rules) throw new UnsupportedSchemaError([], 'a value that it requires would have to hold itself');
}

function canEnd(automaton: Automaton, rule: number, ends: ReadonlySet<number>): boolean {
  const seen = new Set([automaton.start(rule)]);
  for (const at of seen) {
    const state = automaton.at(at);
    if (state.final) return true;
    for (const { to } of state.bytes) seen.add(to);
    for (const to of state.empty) seen.add(to);
    for (const call of state.calls) if (ends.has(call.rule)) seen.add(call.to);
  }
  return false;
}
