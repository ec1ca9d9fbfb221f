import { expect, test } from 'vitest';
import { guideAnswers, heldOut, offTopic, refusal, trainingQuestions } from '../../eval/guide-questions.js';

function wordsOf(text: string): string[] {
  return text.toLowerCase().replaceAll(/['’]/g, '').match(/[a-z0-9]+/g) ?? [];
}

function runsOfFour(text: string): string[] {
  const words = wordsOf(text);
  return words.slice(3).map((_, at) => words.slice(at, at + 4).join(' '));
}

const answers = guideAnswers();
const learned = trainingQuestions();
const frozen = [...heldOut.map(({ question }) => question), ...offTopic];

test('several hundred intents have an answer of their own, each learned from many phrasings', () => {
  expect(answers.size).toBeGreaterThanOrEqual(205);
  expect(new Set([...answers.values(), refusal]).size).toBe(answers.size + 1);
  const counts = new Map<string, number>();
  for (const { intent } of learned) counts.set(intent, (counts.get(intent) ?? 0) + 1);
  expect([...answers.keys()].filter((intent) => (counts.get(intent) ?? 0) < 5)).toEqual([]);
  expect(counts.get('off-topic')).toBeGreaterThan(1000);
});

test('the frozen questions are many, different, and each about an intent that there is', () => {
  expect(heldOut.length).toBeGreaterThanOrEqual(200);
  expect(offTopic).toHaveLength(100);
  expect(new Set(frozen).size).toBe(frozen.length);
  expect(heldOut.filter(({ intent }) => !answers.has(intent))).toEqual([]);
});

test('no frozen question shares a run of four words with anything the guide learned from, or is among it', () => {
  const texts = [...learned.map(({ question }) => question), ...answers.values()];
  const runs = new Set(texts.flatMap(runsOfFour));
  const whole = new Set(texts.map((text) => wordsOf(text).join(' ')));
  expect(frozen.filter((question) => whole.has(wordsOf(question).join(' ')))).toEqual([]);
  expect(frozen.flatMap(runsOfFour).filter((run) => runs.has(run))).toEqual([]);
});
