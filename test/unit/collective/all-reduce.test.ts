import { allReduceCompliance } from './all-reduce-compliance.js';
import { memoryWorld, tlsWorld } from './linked-worlds.js';
import { sharedSumWorld } from './shared-sum.js';

allReduceCompliance('A sum in shared memory', (n) => Promise.resolve(sharedSumWorld(n)), { ordered: true, loses: false });

for (const [shape, ordered] of [['star', true], ['ring', false]] as const) {
  allReduceCompliance(
    `A ${shape} over memory links`, (n) => Promise.resolve(memoryWorld(shape, n, 16_384, 0)), { ordered, loses: true },
  );
  allReduceCompliance(
    `A ${shape} over memory links that deliver 1,001 bytes at a time`,
    (n) => Promise.resolve(memoryWorld(shape, n, 1001, 50)), { ordered, loses: true },
  );
  allReduceCompliance(`A ${shape} over TLS links`, (n) => tlsWorld(shape, n, 50), { ordered, loses: true, rounds: 6 });
}
