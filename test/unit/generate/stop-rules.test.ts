import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WrongUseError } from '../../../engine/errors.js';
import { StopRules, type FinishReason, type StopLimits } from '../../../engine/generate/stop-rules.js';

const unlimited: StopLimits = { endTokens: [], stopStrings: [], maxTokens: 1e9, maxPositions: 2e9 };
const runs = { numRuns: 3_000, ...(process.env['HEARTH_SEED'] ? { seed: Number(process.env['HEARTH_SEED']) } : {}) };

/** Shows an answer that comes in `pieces`. */
function show(
  stopStrings: string[], pieces: string[],
): { shown: string; steps: string[]; finish: FinishReason | null } {
  const rules = new StopRules({ ...unlimited, stopStrings }, 0);
  const steps: string[] = [];
  for (const piece of pieces) {
    const { text, finish } = rules.accept(5, piece);
    steps.push(text);
    if (finish) return { shown: steps.join('') + rules.flush(), steps, finish };
  }
  return { shown: steps.join('') + rules.flush(), steps, finish: null };
}

/** The text before the stop string that is complete first. */
function cutPlainly(stopStrings: string[], text: string): { shown: string; stopped: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const ending = stopStrings.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => stop.length);
    if (ending.length > 0) return { shown: text.slice(0, end - Math.max(...ending)), stopped: true };
  }
  return { shown: text, stopped: false };
}

// Few letters, so that stop strings begin, break off, overlap and nest all the time.
const letters = (maxLength: number, minLength = 0) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '😀'), minLength, maxLength });

describe('the text of an answer', () => {
  it('never contains a stop string, and loses nothing else, however it comes in pieces', () => {
    fc.assert(fc.property(fc.array(letters(4, 1), { maxLength: 4 }), fc.array(letters(5), { maxLength: 12 }),
      (stopStrings, pieces) => {
        const { shown, steps, finish } = show(stopStrings, pieces);
        const plain = cutPlainly(stopStrings, pieces.join(''));
        expect(shown).toBe(plain.shown);
        expect(finish).toBe(plain.stopped ? 'stop' : null);
        let soFar = '';
        for (const step of steps) {
          soFar += step;
          expect(plain.shown.startsWith(soFar)).toBe(true);
          for (const stop of stopStrings) expect(soFar).not.toContain(stop);
        }
      }), runs);
  });

  it('waits only as long as a stop string could be beginning', () => {
    expect(show(['</end>'], ['Hi <', '/en', 'tity> ', 'yes']).steps).toEqual(['Hi ', '', '</entity> ', 'yes']);
    expect(show(['\n\n'], ['one\n', 'two\n', '\nthree']).steps).toEqual(['one', '\ntwo', '']);
    expect(show([], ['as ', 'it ', 'comes']).steps).toEqual(['as ', 'it ', 'comes']);
  });

  it('ends with what the token stream gives last, unless that completes a stop string', () => {
    const rules = () => {
      const made = new StopRules({ ...unlimited, stopStrings: ['ab'] }, 0);
      expect(made.accept(1, 'xa')).toEqual({ text: 'x', finish: null });
      return made;
    };
    expect(rules().flush('c')).toBe('ac');
    expect(rules().flush('bc')).toBe('');
    expect(rules().flush()).toBe('a');
  });

  it('shows nothing more after a stop string', () => {
    const rules = new StopRules({ ...unlimited, stopStrings: ['ab'] }, 0);
    expect(rules.accept(1, 'xabyz')).toEqual({ text: 'x', finish: 'stop' });
    expect(rules.flush('more')).toBe('');
  });
});

describe('an answer', () => {
  it('ends at every end token, without its text', () => {
    const rules = () => new StopRules({ ...unlimited, endTokens: [7, 9] }, 0);
    expect(rules().accept(7, '')).toEqual({ text: '', finish: 'end' });
    expect(rules().accept(9, '</s>')).toEqual({ text: '', finish: 'end' });
    expect(rules().accept(8, 'x')).toEqual({ text: 'x', finish: null });
    expect(rules().isEnd(9)).toBe(true);
  });

  it('still gives out what waited when it ends', () => {
    const rules = new StopRules({ ...unlimited, endTokens: [7], stopStrings: ['###'] }, 0);
    expect(rules.accept(1, 'a##').text).toBe('a');
    expect(rules.accept(7, '').finish).toBe('end');
    expect(rules.flush()).toBe('##');
  });

  it.each([
    [3, 100, 0, 3],
    [50, 20, 15, 5],
    [0, 100, 0, 0],
    [5, 10, 12, 0],
  ])('of at most %d tokens, with %d positions of which %d are taken, has room for %d', (...numbers) => {
    const [maxTokens, maxPositions, prompt, room] = numbers;
    const rules = new StopRules({ ...unlimited, maxTokens, maxPositions }, prompt);
    expect(rules.room).toBe(room);
    const finishes = Array.from({ length: room }, () => rules.accept(1, 'x').finish);
    expect(finishes).toEqual(finishes.map((_, i) => (i === room - 1 ? 'length' : null)));
  });

  it('that meets its end and its limit at once has ended, not been cut', () => {
    const limits = { ...unlimited, endTokens: [7], stopStrings: ['x'], maxTokens: 1 };
    expect(new StopRules(limits, 0).accept(7, '').finish).toBe('end');
    expect(new StopRules(limits, 0).accept(1, 'x').finish).toBe('stop');
  });

  it('refuses an empty stop string', () => {
    expect(() => new StopRules({ ...unlimited, stopStrings: ['a', ''] }, 0)).toThrow(WrongUseError);
  });
});
