import { expect, test } from 'vitest';
import { peersOf } from '../../../engine/world/worker-plan.js';

test('workers are told of each other where activations go, and where block files can be had', () => {
  const workers = [
    { rank: 1, deviceId: 'one', host: '10.0.0.1', dataPort: 1001, blockPort: 2001 },
    { rank: 2, deviceId: 'two', host: '10.0.0.2', dataPort: 1002, blockPort: undefined },
  ];
  expect(peersOf({ deviceId: 'zero', dataPort: 1000 }, workers)).toEqual([
    { rank: 0, deviceId: 'zero', dataPort: 1000 },
    { rank: 1, deviceId: 'one', host: '10.0.0.1', dataPort: 1001, blockPort: 2001 },
    { rank: 2, deviceId: 'two', host: '10.0.0.2', dataPort: 1002 },
  ]);
});
