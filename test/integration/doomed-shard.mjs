// The compute thread of a laptop that is struck at a certain sum: the process is killed or frozen there.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const load = (...path) => import(pathToFileURL(join(resolve(process.env.HEARTH_DIST ?? 'dist'), 'engine', ...path)).href);
const { LinkedCollective } = await load('collective', 'linked-collective.js');
const { before, after, signal } = JSON.parse(process.env.HEARTH_DOOM);
const strike = () => process.kill(process.pid, signal);

const { allReduce } = LinkedCollective.prototype;
let sums = 0;
LinkedCollective.prototype.allReduce = function (...range) {
  sums += 1;
  if (sums === before) strike();
  const summing = allReduce.apply(this, range);
  if (sums === after) void Promise.resolve(summing).then(strike);
  return summing;
};
await load('shard', 'shard-worker.js');
