import { expect, test } from 'vitest';
import type { ClusterPlan } from '../../../engine/cluster/plan.js';
import { NodeLostError } from '../../../engine/collective/node-lost-error.js';
import { ClusterFailedError } from '../../../engine/errors.js';
import { AnswerPauses } from '../../../engine/home/answer-pauses.js';
import type { HomeModelEvent } from '../../../engine/home/home-event.js';

const plan = { nodes: [{ deviceId: 'M', name: 'desk' }, { deviceId: 'A', name: 'kitchen' }] } as unknown as ClusterPlan;

test('a pause says who was lost and why, and one end follows several', () => {
  const events: HomeModelEvent[] = [];
  const pauses = new AnswerPauses((event) => events.push(event));
  pauses.end();
  pauses.begin(plan, new NodeLostError(1, 'it was silent for 4 s.'));
  pauses.begin(plan, new NodeLostError(1, 'it left.'));
  pauses.end();
  pauses.end();
  expect(events).toMatchObject([
    { kind: 'paused', deviceId: 'A', name: 'kitchen', why: 'it was silent for 4 s.' },
    { kind: 'paused', name: 'kitchen', why: 'it left.' },
    { kind: 'resumed' },
  ]);
  expect(pauses.count).toBe(2);
});

test('an answer is given up when nobody can be named time after time', () => {
  const pauses = new AnswerPauses(() => undefined);
  const nobody = new ClusterFailedError('TIMEOUT', 'The others took too long.');
  for (let times = 0; times < 3; times++) pauses.begin(plan, nobody);
  expect(pauses.isHopeless).toBe(false);
  pauses.begin(plan, new NodeLostError(1, 'it left.'));
  for (let times = 0; times < 3; times++) pauses.begin(plan, nobody);
  expect(pauses.isHopeless).toBe(false);
  pauses.begin(plan, nobody);
  expect(pauses.isHopeless).toBe(true);
});
